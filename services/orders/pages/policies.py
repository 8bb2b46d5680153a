"""The policies: which rules count now, and which open lines did a change catch?"""

from flask import Blueprint, render_template

from services.orders import rescreenings
from shared.clock import business_today
from shared.web import pages
from shared.web.access import COMPLIANCE, KANWIL
from shared.web.context import transaction

desk = Blueprint("policies", __name__, url_prefix="/orders/policies", template_folder="../templates")

NEWEST = 100
"""Caught lines, and goods at sea, on the page; all are counted."""


@desk.get("/")
@pages.desk(COMPLIANCE, KANWIL)
def in_force() -> str:
    """What changes caught, goods at sea first, and the rules themselves."""
    with transaction() as session:
        in_work = rescreenings.in_work(session, business_today(session))
        return render_template(
            "policies.html",
            alarms=rescreenings.alarms(session, limit=NEWEST),
            alarming=rescreenings.count_alarms(session).all,
            counts=rescreenings.counts(session),
            lines=rescreenings.caught(session, limit=NEWEST),
            newest=NEWEST,
            in_work=in_work,
            still_open=rescreenings.count_open(session) if in_work else 0,
            versions=rescreenings.versions_in_force(session),
            explanation=f"explanation_{pages.language()}",
        )
