"""The production API: ``/production/v1/…``, a module for each thing that it is about."""

from services.production.api import (
    agreements,
    calendars,
    evidence,
    facilities,
    inspections,
    materials,
    papers,
    photos,
    premi,
    tools,
    warnings,
    welfare,
    work_orders,
)

ROUTES = (
    work_orders.api,
    inspections.api,
    photos.api,
    papers.api,
    facilities.api,
    calendars.api,
    tools.api,
    agreements.api,
    materials.api,
    warnings.api,
    evidence.api,
    premi.api,
    welfare.api,
)
