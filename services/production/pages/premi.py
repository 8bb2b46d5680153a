"""Premi: what is owed, to be shared out, paid, and put right by reversal."""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request

from services.production import ledger
from services.production.duties import MAY, duties_of
from services.production.handlers import premi
from services.production.handlers.reading import noted
from services.production.pages.typed import MOST_DIGITS, entry_id
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import current
from shared.web.context import transaction
from shared.web.problems import Problem

desk = Blueprint("premi_page", __name__, url_prefix="/production", template_folder="../templates")

FORM = "/premi/<any(share, pay, reverse):action>"


@desk.get("/premi")
@desk.get(FORM)
@pages.desk(*MAY["people"])
def home(**_: Any) -> str:
    return _page()


@desk.post(FORM)
@pages.desk(*MAY["people"])
def act(action: str) -> Any:
    if action == "reverse" and current().role not in MAY["reverse"]:
        raise Problem(403, "Not for you", f"This is for {' or '.join(MAY['reverse'])}.")
    try:
        with transaction() as session:
            COMMANDS[action](session, current().account or "")
    except Refused as refusal:
        return _page(action, refusal), 422
    return pages.back_to("premi_page.home", _anchor=action)


def _page(action: str = "", refusal: Refused | None = None) -> str:
    code = current().account or ""
    with transaction() as session:
        entries, owed = ledger.entries_of(session, code), ledger.owed_at(session, code)
        noted(session, current(), "premi", {one["id"] for one in owed} | set(ledger.workers_in(entries)))
        return render_template(
            "premi.html",
            lots=ledger.waiting_lots(session, code),
            entries=entries,
            accounts=ledger.accounts_of(session, code),
            owed=owed,
            may=duties_of(current().role),
            action=action,
            refusal=refusal,
            typed=request.form,
        )


def _share(session: Any, facility: str) -> None:
    premi.share(session, facility=facility, lot=request.form.get("lot", ""))


def _pay(session: Any, facility: str) -> None:
    try:
        worker_id = UUID(request.form.get("worker", ""))
    except ValueError:
        raise Refused("Choose a worker of this facility.", field="worker") from None
    premi.pay(session, facility=facility, worker_id=worker_id, idr=_whole("idr"))


def _reverse(session: Any, facility: str) -> None:
    reason = request.form.get("reason", "")
    premi.reverse(session, facility=facility, entry_id=entry_id(), reason=reason)


def _whole(name: str) -> int:
    """A whole number as people write it: 61.499 and 61499 are the same."""
    text = request.form.get(name, "").strip().replace(".", "").replace(" ", "")
    if not (text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS):
        raise Refused("Give a whole number.", field=name)
    return int(text)


COMMANDS = {"share": _share, "pay": _pay, "reverse": _reverse}
