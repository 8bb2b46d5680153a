"""The orders API: ``/orders/v1/…``, a module for each thing that it is about."""

from services.orders.api import amendments, cancellations, catalogue, orders, webhooks

ROUTES = (orders.api, amendments.api, cancellations.api, catalogue.api, webhooks.api)
