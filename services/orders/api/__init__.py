"""The orders API: ``/orders/v1/…``, a module for each thing that it is about."""

from services.orders.api import (
    amendments,
    cancellations,
    catalogue,
    drafts,
    feed,
    imports,
    keys,
    orders,
    quotes,
    webhooks,
)

ROUTES = (
    orders.api,
    amendments.api,
    cancellations.api,
    drafts.api,
    imports.api,
    quotes.api,
    catalogue.api,
    webhooks.api,
    feed.api,
    keys.api,
)
