"""The logistics API: ``/logistics/v1/…``, a module for each thing that it is about."""

from services.logistics.api import cartons, declarations, documents, milestones, regrouping, scans, shipments

ROUTES = (
    cartons.api,
    scans.api,
    shipments.api,
    regrouping.api,
    documents.api,
    declarations.api,
    milestones.api,
)
