"""Agreements: who may work for whom, until when, at what tariff."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request

from services.production import agreements as views
from services.production.domain.agreement import LANES, MOST_TOLERANCE_PCT
from services.production.duties import READERS
from services.production.handlers import agreements
from services.production.schemas.agreements import AgreementRequest
from shared.refusal import Refused, Sentence
from shared.web import pages
from shared.web.access import KANWIL, current
from shared.web.context import transaction
from shared.web.problems import not_found

desk = Blueprint("agreements_page", __name__, url_prefix="/production", template_folder="../templates")

MOST = 50
PER_CENT = [str(pct) for pct in range(MOST_TOLERANCE_PCT + 1)]
REQUEST = AgreementRequest()
CHANGE = "/agreements/<uuid:agreement_id>/<any(amend, end):action>"


@desk.get("/agreements")
@desk.get(CHANGE)
@pages.desk(*READERS)
def home(**_: Any) -> str:
    """The newest agreements; also at a form's address, where it stands when the form was refused."""
    return _page()


@desk.post("/agreements")
@pages.desk(KANWIL)
def make() -> Any:
    return _answered(None, "make")


@desk.post(CHANGE)
@pages.desk(KANWIL)
def change(agreement_id: UUID, action: str) -> Any:
    return _answered(agreement_id, action)


def _answered(at: UUID | None, action: str) -> Any:
    try:
        with transaction() as session:
            if at is None:
                at = agreements.make(session, **_typed()).id
            else:
                found = views.find(session, current(), at)
                if found is None:
                    raise not_found("agreement")
                if action == "end":
                    agreements.end(
                        session, agreement_id=at, on=_day("on"), reason=request.form.get("reason", "")
                    )
                else:
                    _must_be_unchanged(found.version)
                    changes = {
                        "valid_to": _day("valid_to"),
                        "tariffs": _tariffs(),
                        "tolerance_pct": _per_cent(),
                    }
                    agreements.amend(session, agreement_id=at, **changes)
    except Refused as refusal:
        return _page(at=at if action != "make" else None, action=action, refusal=refusal), 422
    return pages.back_to("agreements_page.home", _anchor=f"agreement-{at}")


def _page(at: UUID | None = None, action: str = "", refusal: Refused | None = None) -> str:
    with transaction() as session:
        found = views.list_agreements(session, current(), limit=MOST)[:MOST]
    return render_template(
        "agreements.html",
        agreements=found,
        lanes=LANES,
        most_tolerance=MOST_TOLERANCE_PCT,
        at=at,
        action=action,
        refusal=refusal,
        typed=request.form,
    )


def _typed() -> dict[str, Any]:
    """A new agreement as it was typed, checked as the API checks one."""
    typed = {name: request.form.get(name, "").strip() for name in ("number", "partner", "facility")}
    days = {name: _day(name).isoformat() for name in ("valid_from", "valid_to")}
    tariffs = {sku: str(idr) for sku, idr in _tariffs().items()}
    asked = {
        **typed,
        **days,
        "lanes": request.form.getlist("lanes"),
        "tariffs": tariffs,
        "tolerance_pct": _per_cent(),
    }
    if wrong := REQUEST.validate(asked):
        field, said = next(iter(wrong.items()))
        first = said[0] if isinstance(said, list) else next(iter(said.values()))[0]
        raise Refused(Sentence(str(first)), field=field)
    return dict(REQUEST.load(asked))


def _tariffs() -> dict[str, Decimal]:
    """An article and its rupiah on each line."""
    tariffs = {}
    for line in request.form.get("tariffs", "").splitlines():
        if not line.strip():
            continue
        sku, _, rupiah = line.strip().partition(" ")
        try:
            amount = Decimal(rupiah.strip())
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or not 0 < amount <= 1_000_000_000 or amount != round(amount, 2):
            raise Refused(
                "Give an article and its rupiah on each line, such as CR-BALL-07 2943.", field="tariffs"
            )
        tariffs[sku] = amount
    return tariffs


def _per_cent() -> int:
    """What a form that says nothing of it means is nothing."""
    typed = request.form.get("tolerance_pct", "").strip() or "0"
    if typed not in PER_CENT:
        raise Refused(
            "Give a whole number of per cent from 0 to {most}.",
            field="tolerance_pct",
            most=MOST_TOLERANCE_PCT,
        )
    return int(typed)


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise Refused("Give a day.", field=name) from None


def _must_be_unchanged(version: int) -> None:
    if request.form.get("version") != str(version):
        raise Refused("Somebody changed this agreement meanwhile; look at it again.")
