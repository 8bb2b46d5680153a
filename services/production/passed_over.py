"""Why facilities that could make a line have no part of it: the regional office reads all, a facility its own."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select, true, tuple_
from sqlalchemy.orm import Session

from services.production.storage import passed_over
from shared.web.access import IN_A_FACILITY, Principal


def of_lines(
    session: Session, principal: Principal, lines: Collection[tuple[UUID, int]]
) -> dict[tuple[UUID, int], list[dict[str, Any]]]:
    """The facilities that were passed over for each line, with the reason."""
    mine = passed_over.c.facility == principal.account if principal.role in IN_A_FACILITY else true()
    query = (
        select(passed_over)
        .where(tuple_(passed_over.c.order_id, passed_over.c.line).in_(set(lines)), mine)
        .order_by(passed_over.c.facility)
    )
    found = defaultdict(list)
    for row in session.execute(query):
        found[row.order_id, row.line].append({"facility": row.facility, "reason": row.reason})
    return dict(found)
