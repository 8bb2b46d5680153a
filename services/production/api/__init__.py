"""The production API: ``/production/v1/…``, a module for each thing that it is about."""

from services.production.api import agreements, facilities, materials, work_orders

ROUTES = (work_orders.api, facilities.api, agreements.api, materials.api)
