"""The web application of the orders service: the only wiring."""

from flask import Flask

from services.orders import CARD
from services.orders.api import ROUTES
from services.orders.pages import changing, holds, portal
from shared import settings
from shared.web import serving


def create_app() -> Flask:
    """The application as its settings want it; what the web server loads."""
    return serving.create(
        CARD, settings.load(CARD.name, "web"), api=ROUTES, desks=[portal.desk, changing.desk, holds.desk]
    )
