"""Claims: something is wrong with what was delivered; what was decided about it, and how was it settled?"""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from services.orders import claims, downloads, views
from services.orders.asked_for import the_line
from services.orders.handlers import claiming
from services.orders.schemas.claims import SETTLEMENTS, ClaimDecisionRequest, ClaimRequest, SettlementRequest
from shared.photos import MOST_BYTES
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import BUYER, COMPLIANCE, KANWIL, current
from shared.web.api import takes
from shared.web.context import transaction
from shared.web.files import sent_files
from shared.web.forms import Wrong, wrong_with
from shared.web.problems import not_found

desk = Blueprint("claiming", __name__, url_prefix="/orders", template_folder="../templates")

AT_ONCE = 4
"""Photos in one form, so that nobody can fill the disk with one; more are added on the claim's page."""
MOST_SENT = AT_ONCE * MOST_BYTES + 1024**2
CARTONS = 500
"""Cartons to choose from on one page; any other can be typed."""

CLAIM, DECISION, SETTLEMENT = ClaimRequest(), ClaimDecisionRequest(), SettlementRequest()
OF_A_CLAIM = ("sscc", "quantity", "reason", "photo")
OF_A_DECISION = ("accepted", "reason")
OF_A_SETTLEMENT = ("settlement", "credit", "requested_date")
NUMBERS = ("quantity", "accepted")

Typed = dict[str, str]


@desk.get("/order/<uuid:order_id>/lines/<int:number>/claim")
@pages.desk(BUYER)
def ask(order_id: UUID, number: int) -> str:
    """What is wrong, in which carton, with how many pieces?"""
    return _form(order_id, number)


@desk.post("/order/<uuid:order_id>/lines/<int:number>/claim")
@pages.desk(BUYER)
@takes(MOST_SENT)
def make(order_id: UUID, number: int) -> Any:
    """Claim pieces with their photos, all or nothing."""
    typed = _typed(OF_A_CLAIM)
    try:
        asked, photos = CLAIM.load(_filled(typed)), _photos()
        with transaction() as session:
            the_line(session, order_id, number)
            _need_carton(session, order_id, number, asked["sscc"])
            made = claiming.make_claim(session, order_id=order_id, made_by=current().id, **asked)
            for sent in photos:
                claiming.add_photo(session, claim_id=made.id, sent=sent)
    except (ValidationError, Refused) as error:
        return _form(order_id, number, typed, wrong_with(error, OF_A_CLAIM)), 422
    return pages.back_to("claiming.one", claim_id=made.id)


@desk.get("/claims/<uuid:claim_id>")
@desk.get("/claims/<uuid:claim_id>/<any(photos, decide, settle):_form>")
@pages.desk(BUYER, COMPLIANCE, KANWIL)
def one(claim_id: UUID, _form: str = "") -> str:
    """The claim with its photos, and how it was decided and settled."""
    return _page(claim_id)


@desk.get("/claims/<uuid:claim_id>/photos/<int:number>")
@pages.desk(BUYER, COMPLIANCE, KANWIL)
def photo(claim_id: UUID, number: int) -> Response:
    with transaction() as session:
        _claim(session, claim_id)
        return downloads.photo_of(session, claim_id, number)


@desk.post("/claims/<uuid:claim_id>/photos")
@pages.desk(BUYER)
@takes(MOST_SENT)
def add_photos(claim_id: UUID) -> Any:
    try:
        photos = _photos()
        with transaction() as session:
            _claim(session, claim_id)
            for sent in photos:
                claiming.add_photo(session, claim_id=claim_id, sent=sent)
    except Refused as refusal:
        return _page(claim_id, wrong=wrong_with(refusal, ("photo",))), 422
    return pages.back_to("claiming.one", claim_id=claim_id)


@desk.post("/claims/<uuid:claim_id>/decide")
@pages.desk(KANWIL)
def decide(claim_id: UUID) -> Any:
    typed = _typed(OF_A_DECISION)
    try:
        said = DECISION.load(_filled(typed))
        with transaction() as session:
            order_id = _claim(session, claim_id)["order_id"]
            claiming.decide_claim(session, order_id=order_id, claim_id=claim_id, **said)
    except (ValidationError, Refused) as error:
        return _page(claim_id, typed, wrong_with(error, OF_A_DECISION)), 422
    return pages.back_to("claiming.one", claim_id=claim_id)


@desk.post("/claims/<uuid:claim_id>/settle")
@pages.desk(KANWIL)
def settle(claim_id: UUID) -> Any:
    typed = _typed(OF_A_SETTLEMENT)
    try:
        said = SETTLEMENT.load(_filled(typed))
        with transaction() as session:
            claiming.settle_claim(
                session,
                order_id=_claim(session, claim_id)["order_id"],
                claim_id=claim_id,
                settlement=said["settlement"],
                credit=said.get("credit"),
                requested_date=said.get("requested_date"),
                by=current().id,
            )
    except (ValidationError, Refused) as error:
        return _page(claim_id, typed, wrong_with(error, OF_A_SETTLEMENT)), 422
    return pages.back_to("claiming.one", claim_id=claim_id)


def _typed(fields: tuple[str, ...]) -> Typed:
    return {name: request.form.get(name, "").strip() for name in fields if name != "photo"}


def _filled(typed: Typed) -> dict[str, Any]:
    """The form as the API would be sent it; what was left empty is not there."""
    return {
        name: int(value)
        if name in NUMBERS and value.isascii() and value.isdigit() and len(value) < 10
        else value
        for name, value in typed.items()
        if value
    }


def _photos() -> list[bytes]:
    sent = sent_files(request.files.getlist("photo"), field="photo", most_bytes=MOST_BYTES)
    if len(sent) > AT_ONCE:
        raise Refused(
            "Send up to {most} photos at once; more can be added later.", field="photo", most=AT_ONCE
        )
    return sent


def _form(order_id: UUID, number: int, typed: Typed | None = None, wrong: Wrong | None = None) -> str:
    with transaction() as session:
        order, line = the_line(session, order_id, number)
        return render_template(
            "claim_form.html",
            order=order,
            line=views.line_as_dict(order, line, pages.language()),
            cartons=claims.cartons_of(session, order_id, number, limit=CARTONS),
            typed=typed or {},
            wrong=wrong or {},
            at_once=AT_ONCE,
        )


def _page(claim_id: UUID, typed: Typed | None = None, wrong: Wrong | None = None) -> str:
    with transaction() as session:
        found = _claim(session, claim_id)
        order = views.find_order(session, current(), found["order_id"])
    return render_template(
        "claim.html",
        claim=found,
        order=order,
        role=current().role,
        settlements=SETTLEMENTS,
        typed=typed or {},
        wrong=wrong or {},
        at_once=AT_ONCE,
    )


def _claim(session: Session, claim_id: UUID) -> dict[str, Any]:
    found = claims.find_claim(session, current(), claim_id)
    if found is None:
        raise not_found("claim")
    return found


def _need_carton(session: Session, order_id: UUID, number: int, sscc: str) -> None:
    carton = claims.find_carton(session, current(), sscc)
    if carton is None or (carton.order_id, carton.line_number) != (order_id, number):
        raise Refused("No carton {sscc} was packed for line {line}.", field="sscc", sscc=sscc, line=number)
