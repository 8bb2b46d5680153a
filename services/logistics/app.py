"""The web application of the logistics service: the only wiring."""

from flask import Flask

from services.logistics import CARD
from services.logistics.api import ROUTES
from services.logistics.pages import (
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
from shared import settings
from shared.web import serving

DESKS = (
    desk.desk,
    shipment.desk,
    regrouping.desk,
    way.desk,
    calendar.desk,
    papers.desk,
    scanning.desk,
    choosing.desk,
    tracking.desk,
)


def create_app() -> Flask:
    """The application as its settings want it; what the web server loads."""
    return serving.create(CARD, settings.load(CARD.name, "web"), api=ROUTES, desks=DESKS)
