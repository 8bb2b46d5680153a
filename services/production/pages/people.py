"""Workers by code: who consented to what, what is owed, and what is counted of refusals, grievances and visits."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request
from marshmallow import Schema

from services.production import ledger, workers
from services.production.documents.statement import Statement, statement
from services.production.domain.consent import LANGUAGES, PURPOSES, WITNESSES
from services.production.domain.premi import hourly
from services.production.duties import MAY
from services.production.handlers import people
from services.production.handlers.reading import noted
from services.production.local_time import now_at, today_at
from services.production.pages.typed import typed
from services.production.schemas import people as forms
from services.production.welfare import Month
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import current
from shared.web.context import transaction
from shared.web.problems import not_found

desk = Blueprint("people_page", __name__, url_prefix="/production", template_folder="../templates")

FORM = "/people/<any(register, consent, withdraw, leave, refusals, grievance, close, visit):action>"


@desk.get("/people")
@desk.get(FORM)
@pages.desk(*MAY["people"])
def home(**_: Any) -> str:
    """All codes of the facility, who left in a fold; also at a form's address, where it stands when the form was refused."""
    return _page()


@desk.post(FORM)
@pages.desk(*MAY["people"])
def act(action: str) -> Any:
    try:
        with transaction() as session:
            command, schema = ACTIONS[action]
            command(session, facility=current().account or "", **typed(schema))
    except Refused as refusal:
        return _page(action, refusal), 422
    return pages.back_to("people_page.home", _anchor=action)


@desk.get("/people/<uuid:worker_id>")
@pages.desk(*MAY["people"])
def show(worker_id: UUID) -> str:
    """The statement of one code."""
    return render_template("worker.html", **_statement(worker_id, "statement").__dict__, worker_id=worker_id)


@desk.get("/people/<uuid:worker_id>.pdf")
@pages.desk(*MAY["people"])
def paper(worker_id: UUID) -> Response:
    """The same on paper, to be handed over. Its name says nothing of whose it is."""
    made = statement(_statement(worker_id, "statement.pdf"))
    headers = {"Content-Disposition": 'inline; filename="statement.pdf"', "Cache-Control": "no-store"}
    return Response(made, mimetype="application/pdf", headers=headers)


def _statement(worker_id: UUID, page: str) -> Statement:
    code = current().account or ""
    with transaction() as session:
        one = workers.find_worker(session, code, worker_id)
        if one is None:
            raise not_found("worker")
        noted(session, current(), page, [one])
        today = today_at(session, code)
        wages = ledger.minimum_wages_at(session, code)
        wage = ledger.wage_of(wages, today)
        months = [
            {
                **month,
                "hourly": hourly(month["idr"], month["minutes"]),
                "minimum": ledger.wage_of(wages, min(today, Month(month["month"]).last)),
            }
            for month in workers.months_of(session, worker_id)
        ]
        return Statement(
            code=one["code"],
            facility=code,
            day=today,
            left_on=one["left_on"],
            entries=workers.statement_of(session, worker_id),
            months=months,
            minimum_hourly=wage["hourly"] if wage else None,
            minimum_source=wage["source"] if wage else None,
        )


def _page(action: str = "", refusal: Refused | None = None) -> str:
    code = current().account or ""
    with transaction() as session:
        here = now_at(session, code)
        today = here.date()
        found, left = workers.workers_of(session, code, today), workers.left(session, code, today)
        noted(session, current(), "people", found + left)
        agreements = workers.agreements_of(session, code, today)
        concerns = workers.concerns_of(session, code)
    return render_template(
        "people.html",
        workers=found,
        left=left,
        agreements=agreements,
        concerns=concerns,
        lists={
            "languages": LANGUAGES,
            "purposes": PURPOSES,
            "witnesses": WITNESSES,
            "grievances": forms.GRIEVANCES,
            "outcomes": forms.OUTCOMES,
            "visitors": forms.VISITORS,
            "findings": forms.FINDINGS,
        },
        today=today,
        zone=here.tzinfo,
        action=action,
        refusal=refusal,
        typed=request.form,
    )


ACTIONS: dict[str, tuple[Callable[..., Any], Schema]] = {
    "register": (people.register, forms.RegisterForm()),
    "consent": (people.give_consent, forms.ConsentForm()),
    "withdraw": (people.withdraw_consent, forms.WithdrawForm()),
    "leave": (people.leave, forms.OfWorkers()),
    "refusals": (people.count_refusals, forms.RefusalsForm()),
    "grievance": (people.receive_grievance, forms.GrievanceForm()),
    "close": (people.close_grievance, forms.CloseForm()),
    "visit": (people.note_visit, forms.VisitForm()),
}
