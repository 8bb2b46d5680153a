"""The web application of the logistics service: the only wiring."""

from flask import Flask

from services.logistics import CARD
from services.logistics.api import ROUTES
from services.logistics.handlers.erasing import ERASERS
from services.logistics.pages import (
    attempts,
    calendar,
    choosing,
    desk,
    papers,
    regrouping,
    scanning,
    shipment,
    tracking,
    way,
)
from services.logistics.storage import purge_step
from shared import settings
from shared.web import retention, serving
from shared.web.retention import Keeping

DESKS = (
    desk.desk,
    shipment.desk,
    regrouping.desk,
    way.desk,
    calendar.desk,
    papers.desk,
    scanning.desk,
    choosing.desk,
    attempts.desk,
    tracking.desk,
    retention.blueprint(Keeping(card=CARD, erasers=ERASERS, steps=purge_step)),
)


def create_app() -> Flask:
    """The application as its settings want it; what the web server loads."""
    return serving.create(CARD, settings.load(CARD.name, "web"), api=ROUTES, desks=DESKS)
