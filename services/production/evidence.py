"""What is read of evidence: a facility sees its own, the regional office all."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.production.domain.evidence import Evidence
from services.production.storage import evidence


def evidence_of(session: Session, code: str) -> Sequence[Evidence]:
    """A facility's evidence, newest first, the withdrawn too."""
    query = select(Evidence).where(evidence.c.facility == code).order_by(evidence.c.id.desc())
    return session.execute(query).scalars().all()


def find_evidence(session: Session, code: str, id: UUID) -> Evidence | None:
    query = select(Evidence).where(evidence.c.id == id, evidence.c.facility == code)
    return session.execute(query).scalar_one_or_none()
