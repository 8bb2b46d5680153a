"""The web application of the production service: the only wiring."""

from flask import Flask

from services.production import CARD
from services.production.api import ROUTES
from services.production.pages import (
    agreements,
    board,
    evidence,
    facilities,
    hours,
    inspecting,
    kept,
    materials,
    people,
    photographing,
    premi,
    printing,
    replanning,
    reports,
    tools,
    warnings,
    welfare,
)
from shared import settings
from shared.web import serving

DESKS = (
    board.desk,
    kept.desk,
    reports.desk,
    inspecting.desk,
    photographing.desk,
    printing.desk,
    tools.desk,
    facilities.desk,
    agreements.desk,
    materials.desk,
    replanning.desk,
    warnings.desk,
    evidence.desk,
    people.desk,
    hours.desk,
    premi.desk,
    welfare.desk,
)


def create_app() -> Flask:
    """The application as its settings want it; what the web server loads."""
    return serving.create(CARD, settings.load(CARD.name, "web"), api=ROUTES, desks=DESKS)
