"""What buyers acknowledged of lines, as it is read: the newest word of each line."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from services.orders import dossiers, facilities
from services.orders.domain.acknowledgement import NEED, NEWEST, TEXTS, Said, Standing
from services.orders.domain.order import Line, Order
from services.orders.storage import acknowledgement


def newest(session: Session, order_id: UUID) -> dict[int, Said]:
    """What was said last of each line of an order, by the lines' numbers."""
    query = (
        select(acknowledgement)
        .ext(distinct_on(acknowledgement.c.line_number))
        .where(acknowledgement.c.order_id == order_id)
        .order_by(acknowledgement.c.line_number, acknowledgement.c.id.desc())
    )
    names = tuple(Said.__dataclass_fields__)
    return {
        row["line_number"]: Said(**{name: row[name] for name in names})
        for row in session.execute(query).mappings()
    }


def standing(line: Line, said: Said | None) -> Standing | None:
    """Whether the buyer is asked, or has said it; none where nothing asks for it or it is too late to ask."""
    if said and said.counts(line):
        return "given"
    return "asked" if NEED in line.needs and not line.blocked and line.left_to("export") else None


def to_read(session: Session, order: Order, line: Line, language: str) -> dict[str, Any]:
    """What is known of who made a line's goods and of the law, the text, and what was said of it."""
    said = newest(session, order.id).get(line.number)
    counts = said is not None and said.counts(line)
    codes, names = {lot.facility for lot in line.lots} | set(line.planned_at), facilities.names(session)
    found = dossiers.of_lots(session, [lot.code for lot in line.lots])
    return {
        "order_id": order.id,
        "line": line.number,
        "state": standing(line, said),
        "made_by": line.lane,
        "facilities": [{"code": code, "name": names[code]} for code in sorted(codes & names.keys())],
        "lots": [
            {
                "lot": lot.code,
                "quantity": lot.quantity,
                "made_by": lot.lane,
                "facility": lot.facility,
                "dossier": found[lot.code][-1]["version"],
                "completeness": found[lot.code][-1]["completeness"],
            }
            for lot in line.lots
        ],
        "consignee": {
            "name": line.consignee_name,
            "address": line.consignee_address,
            "country": line.destination,
        },
        "route": line.transit,
        "policies": line.policies,
        "law": line.law,
        "explanation": line.explanation_id if language == "id" else line.explanation_en,
        "text_version": NEWEST,
        "text": TEXTS[NEWEST],
        "said_by": said.said_by_name if said and counts else None,
        "said_at": said.said_at if said and counts else None,
        "said_in": said.language if said and counts else None,
        "said_of_version": said.text_version if said and counts else None,
    }
