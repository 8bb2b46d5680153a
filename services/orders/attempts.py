"""Attempts to release that were refused: who, what and why; kept outside the transaction that was undone."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.orders.domain.hold import Signer
from services.orders.handlers import releasing
from services.orders.storage import order as orders
from services.orders.storage import release_attempt
from shared.refusal import Refused, Sentence
from shared.sight import SERVICE
from shared.web.access import current
from shared.web.context import transaction
from shared.web.problems import Problem

P = ParamSpec("P")
R = TypeVar("R")


def keeping_refused(view: Callable[P, R]) -> Callable[P, R]:
    """The decorated view asks for a release of ``line`` of ``order_id``: each refusal of it is kept."""

    @wraps(view)
    def watched(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return view(*args, **kwargs)
        except Refused as refusal:
            keep(kwargs, refusal.sentence)
            raise
        except Problem as problem:
            if problem.status == 403:
                keep(kwargs, Sentence(problem.detail))
            raise

    return watched


def keep(asked: Any, why: Sentence) -> None:
    """Keep one refused attempt of the person or system that is calling."""
    by = Signer(current().id, current().name, current().role)
    with transaction(sees=SERVICE) as session:
        releasing.keep_refused(session, order_id=asked["order_id"], line=asked["line"], by=by, why=why)


def newest(session: Session, *, limit: int) -> Sequence[dict[str, Any]]:
    """The attempts that were refused last, with the number of the order if there is one."""
    query = (
        select(release_attempt, orders.c.po_number)
        .outerjoin(orders, orders.c.id == release_attempt.c.order_id)
        .order_by(release_attempt.c.id.desc())
        .limit(limit)
    )
    return [_shown(row) for row in session.execute(query).mappings()]


def _shown(row: Any) -> dict[str, Any]:
    said = Sentence(row["message"], **row["values"])
    return {**row, "said": said}
