"""Re-plan: what if all open work were planned anew, is it better, and what moves?"""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template

from services.production import proposals
from services.production.handlers import replanning
from services.production.open_work import open_work
from services.production.solving import propose
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import KANWIL
from shared.web.context import transaction

desk = Blueprint("replanning_page", __name__, url_prefix="/production", template_folder="../templates")

SECONDS = 20
"""As long as somebody waits for a page; the command may take longer."""
MOST = 200
"""Changed lines on the page."""
DECIDE = "/replan/<uuid:proposal_id>/<any(accept, discard):decision>"


@desk.get("/replan")
@desk.get(DECIDE)
@pages.desk(KANWIL)
def home(**_: Any) -> str:
    """The newest proposal; also at a form's address, where it stands when the form was refused."""
    return _page()


@desk.post("/replan")
@pages.desk(KANWIL, once=False)
def make() -> Any:
    """Make a proposal: no transaction waits for the solver."""
    with transaction() as session:
        work = open_work(session)
    proposed = propose(work, seconds=SECONDS)
    with transaction() as session:
        replanning.keep(session, work=work, proposed=proposed)
    return pages.back_to("replanning_page.home")


@desk.post(DECIDE)
@pages.desk(KANWIL)
def decide(proposal_id: UUID, decision: str) -> Any:
    try:
        with transaction() as session:
            DECISIONS[decision](session, proposal_id=proposal_id)
    except Refused as refusal:
        return _page(refusal), 422
    return pages.back_to("replanning_page.home")


DECISIONS = {"accept": replanning.accept, "discard": replanning.discard}


def _page(refusal: Refused | None = None) -> str:
    with transaction() as session:
        found = proposals.newest(session)
    return render_template("replan.html", proposal=found, most=MOST, refusal=refusal)
