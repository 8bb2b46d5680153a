"""The orders API: ``/orders/v1/…``, a module for each thing that it is about."""

from services.orders.api import (
    amendments,
    cancellations,
    catalogue,
    claims,
    decisions,
    drafts,
    feed,
    images,
    imports,
    keys,
    orders,
    payments,
    proforma,
    quotes,
    samples,
    webhooks,
)

ROUTES = (
    orders.api,
    amendments.api,
    cancellations.api,
    decisions.api,
    payments.api,
    claims.api,
    proforma.api,
    drafts.api,
    imports.api,
    quotes.api,
    catalogue.api,
    images.api,
    samples.api,
    webhooks.api,
    feed.api,
    keys.api,
)
