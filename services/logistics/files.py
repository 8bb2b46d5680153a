"""The files of a shipment's papers, as they are listed and read."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from services.logistics.storage import document_file

ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}

WITHOUT_CONTENT = [column for column in document_file.c if column is not document_file.c.content]


def files_of(session: Session, shipment_id: UUID) -> Sequence[Row[Any]]:
    """All versions of all papers, without what is in them."""
    query = select(*WITHOUT_CONTENT).where(document_file.c.shipment_id == shipment_id)
    return session.execute(query.order_by(document_file.c.code, document_file.c.version)).all()


def by_paper(session: Session, shipment_id: UUID) -> dict[str, list[dict[str, Any]]]:
    """The versions of each paper as the API tells them, the newest first."""
    papers: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in reversed(files_of(session, shipment_id)):
        papers[row.code].append(
            {
                "version": row.version,
                "number": row.number,
                "issued_on": row.issued_on,
                "media_type": row.media_type,
                "bytes": row.bytes,
                "sha256": row.sha256.hex(),
                "uploaded_at": row.uploaded_at,
            }
        )
    return papers


def find_file(session: Session, shipment_id: UUID, code: str, version: int) -> Row[Any] | None:
    query = select(document_file).where(
        document_file.c.shipment_id == shipment_id,
        document_file.c.code == code,
        document_file.c.version == version,
    )
    return session.execute(query).one_or_none()
