"""The orders API: ``/orders/v1/…``, a module for each thing that it is about."""

from services.orders.api import catalogue, drafts, feed, imports, orders, quotes, webhooks

ROUTES = (orders.api, drafts.api, imports.api, quotes.api, catalogue.api, webhooks.api, feed.api)
