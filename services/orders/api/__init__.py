"""The orders API: ``/orders/v1/…``, a module for each thing that it is about."""

from services.orders.api import catalogue, feed, orders, webhooks

ROUTES = (orders.api, catalogue.api, webhooks.api, feed.api)
