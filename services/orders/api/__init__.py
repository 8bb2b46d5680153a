"""The orders API: ``/orders/v1/…``, a module for each thing that it is about."""

from services.orders.api import catalogue, orders, quotes, webhooks

ROUTES = (orders.api, quotes.api, catalogue.api, webhooks.api)
