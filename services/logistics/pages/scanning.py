"""Scanning at a hub, and one carton: for gloves, a wedge scanner at a PC, or a phone."""

from typing import Any

from flask import Blueprint, render_template, request

from services.logistics import downloads, views, views_of_cartons
from services.logistics.api.scans import REPORTS, SCANS
from services.logistics.domain.scanning import Outcome, Scan
from services.logistics.handlers.pallets import build_pallet
from services.logistics.photos_of_labels import sscc_on
from services.logistics.schemas.scans import NEEDS
from shared.photos import MOST_BYTES
from shared.refusal import Refused
from shared.text import has_identity_number
from shared.web import pages
from shared.web.access import KANWIL, LOGISTICS
from shared.web.api import takes
from shared.web.context import serving, transaction
from shared.web.problems import not_found

desk = Blueprint("scanning", __name__, url_prefix="/logistics", template_folder="../templates")

Chosen = dict[str, str]
"""What somebody does at which hub, onto which pallet, into which shipment."""

REPORTED = ("quarantined", "quarantine_lifted", "damaged", "lost", "found", "unpacked", "explained")
"""What the page of one carton reports; that cartons were moved is told of a whole truck."""


@desk.get("/scanning")
@pages.desk(LOGISTICS, KANWIL)
def scanner() -> str:
    return _scanner(_chosen(request.args))


@desk.post("/scanning")
@takes(MOST_BYTES + 65_536)
@pages.desk(LOGISTICS)
def scan() -> Any:
    """One label. What is wrong with it is told on the page, in red and with the reason."""
    chosen = _chosen(request.form)
    try:
        read = _read()
        with transaction() as session:
            outcomes = SCANS[chosen["what"]](session, scans=[read], **_at(chosen))
    except Refused as refusal:
        return _scanner(chosen, Outcome(sscc=_typed(), outcome="refused", message=refusal.sentence)), 422
    (outcome,) = outcomes
    return _scanner(chosen, outcome), 200 if outcome.outcome in ("accepted", "repeated") else 422


@desk.get("/pallets")
@pages.desk(LOGISTICS, KANWIL)
def pallets() -> str:
    return _scanner(_chosen({"what": "palletised"}))


@desk.post("/pallets")
@pages.desk(LOGISTICS)
def new_pallet() -> Any:
    hub = request.form.get("hub", "")
    try:
        with transaction() as session:
            built = build_pallet(session, hub=hub, prefix=serving().settings.gs1_prefix).sscc
    except Refused as refusal:
        chosen = _chosen({"what": "palletised", "hub": hub})
        return _scanner(chosen, Outcome(sscc="", outcome="refused", message=refusal.sentence)), 422
    return pages.back_to("scanning.scanner", what="palletised", hub=hub, pallet=built)


@desk.get("/pallet/<pallet>/label.pdf")
@pages.desk(LOGISTICS, KANWIL)
def pallet_label(pallet: str) -> Any:
    with transaction() as session:
        return downloads.pallet_label(session, pallet)


@desk.get("/carton/<sscc>")
@pages.desk(LOGISTICS, KANWIL)
def one_carton(sscc: str) -> str:
    return _carton(sscc)


@desk.post("/carton/<sscc>")
@pages.desk(LOGISTICS)
def report(sscc: str) -> Any:
    """What became of the carton, in the words of who saw it."""
    what, reason = request.form.get("what", ""), request.form.get("reason", "").strip()[:500]
    try:
        if not reason or what not in REPORTED:
            raise Refused("Say what became of the carton, and why.", field="reason")
        if has_identity_number(reason):
            raise Refused("Give it without anybody's identity number.", field="reason")
        with transaction() as session:
            REPORTS[what](session, ssccs=[sscc], reason=reason)
    except Refused as refusal:
        return _carton(sscc, refusal), 422
    return pages.back_to("scanning.one_carton", sscc=sscc)


def _chosen(told: Any) -> Chosen:
    chosen = {name: str(told.get(name, "")).strip()[:30] for name in ("what", "hub", "pallet", "shipment")}
    return chosen | ({} if chosen["what"] in SCANS else {"what": "gathered"})


def _at(chosen: Chosen) -> Chosen:
    """What is told beside the labels for what is done."""
    needed = NEEDS[chosen["what"]]
    return {needed: chosen[needed]} if needed else {}


def _typed() -> str:
    return request.form.get("sscc", "").strip()[:200]


def _read() -> Scan:
    """What was typed or scanned, else what the photo shows."""
    photo, grams = request.files.get("photo"), request.form.get("grams", "").strip()
    if grams and not (grams.isascii() and grams.isdigit() and 0 < int(grams[:9]) < 10**7 and len(grams) < 9):
        raise Refused("Give the weight in grams, in digits.", field="grams")
    sscc = _typed() or (sscc_on(photo.stream.read(MOST_BYTES + 1)) if photo and photo.filename else "")
    if not sscc:
        raise Refused("Scan a label, type its number, or send a photo.", field="sscc")
    return Scan(
        sscc=sscc,
        grams=int(grams) if grams else None,
        seal=request.form.get("seal", "").strip()[:40] or None,
    )


def _scanner(chosen: Chosen, outcome: Outcome | None = None) -> str:
    with transaction() as session:
        hubs = views.hubs(session)
        shown = {
            "hubs": hubs,
            "here": next((each for each in hubs if each["code"] == chosen["hub"]), hubs[0] if hubs else None),
            "carton": views_of_cartons.find_carton(session, outcome.sscc) if outcome else None,
            "pallet": views_of_cartons.find_pallet(session, chosen["pallet"]),
            "to_explain": views_of_cartons.to_explain(session),
        }
    return render_template("scanning.html", chosen=chosen, outcome=outcome, **shown)


def _carton(sscc: str, refusal: Refused | None = None) -> str:
    with transaction() as session:
        found = views_of_cartons.find_carton(session, sscc)
        if found is None:
            raise not_found("carton")
        carton, history = views_of_cartons.told_there(session, found)
    return render_template(
        "carton.html",
        carton=carton,
        history=history,
        reported=REPORTED,
        refusal=pages.said(refusal) if refusal else "",
        typed=request.form,
    )
