"""The orders API: ``/orders/v1/…``, a module for each thing that it is about."""

from services.orders.api import catalogue, feed, keys, orders, webhooks

ROUTES = (orders.api, catalogue.api, webhooks.api, feed.api, keys.api)
