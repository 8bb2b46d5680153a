"""Papers as downloads, for systems and for people alike: our own, and those that were sent."""

from functools import partial
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from services.logistics import dossier, epcis_facts, files, papers, views_of_cartons
from services.logistics.asked_for import the_goods_of
from services.logistics.documents import PalletPaper
from services.logistics.documents.delivery_note import delivery_note
from services.logistics.documents.labels import carton_labels
from services.logistics.documents.labels import pallet_label as label_of_pallet
from services.logistics.domain.shipment import Shipment
from services.logistics.epcis import document_in_pieces
from services.logistics.making import LONG, maker_of_part, makers_of, with_progress
from shared.web.access import current
from shared.web.context import serving, transaction
from shared.web.problems import not_found

KNOWN_VERSIONS = 1_000


def paper(shipment_id: UUID, name: str, part: int | None = None) -> Response:
    """Read in a transaction, made after it: a long list takes seconds."""
    with transaction() as session:
        shipment = the_goods_of(session, shipment_id)
        number = f"{shipment.number}-{part}" if part is not None else shipment.number
        if part is None:
            make = makers_of(session, shipment).get(name)
        else:
            make = maker_of_part(session, shipment, name, part)
    if make is None:
        raise not_found("paper")
    return _pdf(make(), f"{name}-{number}.pdf")


def long_paper(shipment_id: UUID, name: str) -> Response:
    """A paper of thousands of cartons, whose making is told while it lasts."""
    with transaction() as session:
        paper = papers.paper_of(session, the_goods_of(session, shipment_id))
    told = with_progress(partial(LONG[name], paper), len(paper.cartons))
    headers = {"Content-Disposition": f'attachment; filename="{name}-{paper.number}.pdf"'}
    return Response(told, mimetype="application/octet-stream", headers=headers)


def lot_labels(session: Session, lot: str) -> Response:
    """The labels of all cartons of a lot, for the printer at the packing table."""
    found = papers.lot_papers(session, lot)
    if not found:
        raise not_found("packed lot")
    return _pdf(carton_labels(found, title=f"Carton labels {lot}"), f"labels-{lot}.pdf")


def lot_note(session: Session, lot: str) -> Response:
    """The delivery note of a lot's cartons, for the truck from the facility to the hub."""
    note = papers.note_to_hub(session, lot)
    if note is None:
        raise not_found("packed lot")
    return _pdf(delivery_note(note), f"delivery-note-{lot}.pdf")


def pallet_label(session: Session, sscc: str) -> Response:
    """The label of a pallet, which tells how many cartons stand on it now, and who made them."""
    found = views_of_cartons.find_pallet(session, sscc)
    if found is None:
        raise not_found("pallet")
    told = {name: found[name] for name in ("sscc", "hub", "cartons", "pieces", "gross_g")}
    makers = views_of_cartons.makers_on(session, sscc)
    return _pdf(label_of_pallet(PalletPaper(**told, makers=makers)), f"pallet-{sscc}.pdf")


def epcis(shipment_id: UUID) -> Response:
    """What happened to the cartons, sent event by event; the same facts give the same document."""
    with transaction() as session:
        shipment = the_goods_of(session, shipment_id)
        facts = epcis_facts.facts_of(session, shipment)
        created_at = epcis_facts.newest_of(shipment, facts)
    return Response(document_in_pieces(facts, created_at=created_at), mimetype="application/json")


def whole_dossier(shipment_id: UUID) -> Response:
    """All papers as one ZIP, sent while it is made."""
    with transaction() as session:
        shipment = the_goods_of(session, shipment_id)
        reading = partial(serving().database.transaction, sees=current().sees, principal=current().holder)
        members, number = dossier.members_of(session, shipment, reading), shipment.number
    headers = {"Content-Disposition": f'attachment; filename="documents-{number}.zip"'}
    return Response(dossier.zipped(members), mimetype="application/zip", headers=headers)


def sent_file(session: Session, shipment: Shipment, code: str, version: int) -> Response:
    """A paper as it was sent, as a download that no browser takes for anything else."""
    found = files.find_file(session, shipment.id, code, version) if version < KNOWN_VERSIONS else None
    if found is None:
        raise not_found("file")
    name = f"{found.code}-{shipment.number}-v{version}.{files.ENDINGS[found.media_type]}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(found.content, mimetype=found.media_type, headers=headers)


def _pdf(made: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(made, mimetype="application/pdf", headers=headers)
