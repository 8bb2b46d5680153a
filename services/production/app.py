"""The web application of the production service: the only wiring."""

from flask import Flask

from services.production import CARD
from services.production.api import ROUTES
from services.production.domain.anonymity import LEAST
from services.production.handlers import holding
from services.production.handlers.erasing import ERASERS
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
from services.production.storage import purge_step
from shared import settings
from shared.web import retention, serving
from shared.web.retention import Keeping

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
    retention.blueprint(
        Keeping(card=CARD, erasers=ERASERS, steps=purge_step, holds=holding.standing, least=LEAST)
    ),
)


def create_app() -> Flask:
    """The application as its settings want it; what the web server loads."""
    return serving.create(CARD, settings.load(CARD.name, "web"), api=ROUTES, desks=DESKS)
