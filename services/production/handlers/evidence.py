"""Evidence is recorded and withdrawn; orders learns of it at once, and of no person."""

from datetime import date
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.production.domain import evidence
from services.production.domain.agreement import Agreement
from services.production.domain.evidence import Evidence
from services.production.local_time import today_at
from services.production.storage import agreement, facility
from services.production.storage import evidence as table
from shared.events.production import EvidenceRecorded, EvidenceWithdrawn
from shared.messaging import outbox
from shared.refusal import Refused


def record(
    session: Session,
    *,
    code: str,
    by: str,
    item: str,
    finding: str,
    document: str,
    issuer: str,
    issued_on: date,
    valid_until: date | None,
    sha256: str | None,
    agreement_id: UUID | None,
) -> Evidence:
    """A document as evidence of one item, once for each item as long as it stands."""
    session.execute(select(facility.c.code).where(facility.c.code == code).with_for_update()).one()
    same = (table.c.facility == code, table.c.item == item, table.c.document == document)
    if session.execute(select(table.c.id).where(*same, table.c.withdrawn_on.is_(None))).first():
        raise Refused(
            "{document} is recorded already; withdraw it first.", field="document", document=document
        )
    of_it = (agreement.c.id == agreement_id, agreement.c.facility == code)
    stands_in = session.execute(select(Agreement).where(*of_it)).scalar_one_or_none()
    if agreement_id is not None and stands_in is None:
        raise Refused("Choose an agreement of this facility.", field="agreement_id")
    made = evidence.record(
        id=uuid7s.uuid7(),
        facility=code,
        item=item,
        finding=finding,
        document=document,
        issuer=issuer,
        issued_on=issued_on,
        valid_until=valid_until,
        sha256=sha256,
        agreement=stands_in,
        today=today_at(session, code),
        by=by,
    )
    session.add(made)
    told = ("item", "finding", "document", "issuer", "issued_on", "valid_until", "sha256", "agreement_id")
    facts = {name: getattr(made, name) for name in told}
    outbox.record(session, EvidenceRecorded(code=code, evidence_id=made.id, **facts))
    return made


def withdraw(session: Session, *, evidence_id: UUID, reason: str, by: str) -> Evidence:
    """Take evidence back; what was built on it shows that at once."""
    found = session.get_one(Evidence, evidence_id, with_for_update=True, populate_existing=True)
    why = found.withdraw(reason=reason, on=today_at(session, found.facility), by=by)
    outbox.record(
        session,
        EvidenceWithdrawn(code=found.facility, evidence_id=found.id, item=found.item, reason=why),
    )
    return found
