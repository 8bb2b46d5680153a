"""The web application of the orders service: the only wiring."""

from flask import Flask

from services.orders import CARD
from services.orders.api import ROUTES
from services.orders.handlers.erasing import ERASERS
from services.orders.pages import (
    acknowledging,
    changing,
    claiming,
    counsel_notes,
    deciding,
    dossiers,
    holds,
    importing,
    keys,
    ordering,
    papers,
    paying,
    picturing,
    policies,
    portal,
    sampling,
    segregating,
    webhooks,
)
from services.orders.storage import purge_step
from shared import settings
from shared.web import retention, serving
from shared.web.retention import Keeping

DESKS = (
    portal.desk,
    changing.desk,
    acknowledging.desk,
    segregating.desk,
    deciding.desk,
    papers.desk,
    paying.desk,
    claiming.desk,
    ordering.desk,
    importing.desk,
    sampling.desk,
    picturing.desk,
    holds.desk,
    counsel_notes.desk,
    policies.desk,
    dossiers.desk,
    webhooks.desk,
    keys.desk,
    retention.blueprint(Keeping(card=CARD, erasers=ERASERS, steps=purge_step)),
)


def create_app() -> Flask:
    """The application as its settings want it; what the web server loads."""
    return serving.create(CARD, settings.load(CARD.name, "web"), api=ROUTES, desks=DESKS)
