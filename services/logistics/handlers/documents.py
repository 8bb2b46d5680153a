"""Papers of a shipment arrive, by their number or as files."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select
from sqlalchemy.orm import Session

from services.logistics import rules, scans, standing
from services.logistics.domain.certificate import need_true
from services.logistics.domain.documents import Document, Treatment, find
from services.logistics.domain.shipment import Shipment
from services.logistics.handlers import checklists
from services.logistics.handlers.shipments import locked, told
from services.logistics.storage import document_file
from services.logistics.storage import shipment as shipments
from shared.clock import business_now, business_today
from shared.refusal import Refused

MOST_VERSIONS = 50


@dataclass(frozen=True)
class Sent:
    """A file, and who sent it."""

    content: bytes
    by: str


def record_document(
    session: Session,
    *,
    shipment_id: UUID,
    code: str,
    number: str,
    issued_on: date,
    treatment: Treatment | None = None,
    file: Sent | None = None,
) -> Shipment:
    """Note the number and date of a paper that arrived, and keep its file if one came with it.

    One that nobody asks for is kept, too, if it may be of these goods.
    """
    shipment = locked(session, shipment_id)
    need_true(code, [carton.lot.lane for carton in shipment.cartons])
    shipment.documents += [each for each in checklists.unasked(session, shipment) if each.code == code]
    session.flush()
    if file:
        _keep_file(session, shipment, find(shipment.documents, code), file, number, issued_on)
    events = shipment.record_document(
        code,
        number=number,
        issued_on=issued_on,
        today=business_today(session),
        graph=rules.milestones(session),
        unpaid=standing.unpaid_orders(session, shipment_id),
        goods=standing.in_shipment(session, shipment_id),
    )
    find(shipment.documents, code).treated_by(treatment)
    return told(session, shipment, events)


def _keep_file(
    session: Session, shipment: Shipment, document: Document, file: Sent, number: str, issued_on: date
) -> None:
    """As the next version; the same file again is the version that is there."""
    media_type, digest = scans.media_type_of(file.content), sha256(file.content).digest()
    last = _last_version(session, shipment.id, document.code)
    if last is not None and last.sha256 == digest:
        return
    version = last.version + 1 if last is not None else 1
    if version > MOST_VERSIONS:
        raise Refused(
            "{code} has {most} versions; no more are kept.",
            field="file",
            code=document.code,
            most=MOST_VERSIONS,
        )
    if not document.serves_many:
        _need_of_no_other(session, shipment, digest)
    session.execute(
        insert(document_file).values(
            shipment_id=shipment.id,
            code=document.code,
            version=version,
            number=number,
            issued_on=issued_on,
            media_type=media_type,
            bytes=len(file.content),
            sha256=digest,
            content=file.content,
            uploaded_at=business_now(session),
            uploaded_by=file.by,
        )
    )


def _last_version(session: Session, shipment_id: UUID, code: str) -> Row[Any, Any] | None:
    query = select(document_file.c.version, document_file.c.sha256).where(
        document_file.c.shipment_id == shipment_id, document_file.c.code == code
    )
    query = query.order_by(document_file.c.version.desc()).limit(1)
    return session.execute(query).one_or_none()


def _need_of_no_other(session: Session, shipment: Shipment, digest: bytes) -> None:
    query = (
        select(shipments.c.number, document_file.c.code)
        .join(shipments, shipments.c.id == document_file.c.shipment_id)
        .where(document_file.c.sha256 == digest, document_file.c.shipment_id != shipment.id)
        .limit(1)
    )
    other = session.execute(query).one_or_none()
    if other:
        raise Refused(
            "This file is {code} of {number}; send the paper of {this}.",
            field="file",
            code=other.code,
            number=other.number,
            this=shipment.number,
        )
