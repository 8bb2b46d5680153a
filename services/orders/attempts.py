"""Attempts to release goods, or at what their release rests on, that were refused: who, what and why.

They are kept outside the transaction that was undone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.orders.domain.hold import Signer
from services.orders.handlers import releasing
from services.orders.handlers.releasing import Asked
from services.orders.storage import order as orders
from services.orders.storage import release_attempt
from shared.refusal import Refused, Sentence
from shared.web.access import WrongRole, current
from shared.web.context import keep_whatever_comes

P = ParamSpec("P")
R = TypeVar("R")

LAST_LINE = 999_999_999
"""Whoever asks about a later one, which no order has, is kept as asking about this."""


@contextmanager
def keeping(asked: Asked, about: Mapping[str, Any]) -> Iterator[None]:
    """What is done within decides: whatever it refuses is kept. What was mistyped is found before, and is no attempt."""
    try:
        yield
    except Refused as refusal:
        keep(asked, about, refusal.sentence)
        raise


def keeping_refused(asked: Asked) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The decorated view decides about a line or a lot of ``order_id``, or a note: whatever it refuses is kept."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def watched(*args: P.args, **kwargs: P.kwargs) -> R:
            with keeping(asked, kwargs):
                return view(*args, **kwargs)

        return keeping_without_right(asked)(watched)

    return decorate


def keeping_without_right(asked: Asked) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The decorated view is for other roles: that somebody of this one asked is kept.

    Another buyer's order is as none that is, and leaves no more behind than one that is not there.
    """

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def watched(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return view(*args, **kwargs)
            except WrongRole as problem:
                keep(asked, kwargs, problem.sentence)
                raise

        return watched

    return decorate


def keep(asked: Asked, about: Mapping[str, Any], why: Sentence) -> None:
    """Keep one refused attempt of the person or system that is calling."""
    line = about.get("line")
    keep_whatever_comes(
        partial(
            releasing.keep_refused,
            asked=asked,
            order_id=about.get("order_id"),
            line=None if line is None else min(line, LAST_LINE),
            lot=about.get("lot"),
            by=Signer(current().id, current().name, current().role),
            why=why,
        )
    )


def newest(session: Session, *, limit: int, before: int | None = None) -> Sequence[dict[str, Any]]:
    """The attempts that were refused last, or last before one of them, with the number of the order if there is one."""
    query = (
        select(release_attempt, orders.c.po_number)
        .outerjoin(orders, orders.c.id == release_attempt.c.order_id)
        .order_by(release_attempt.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(release_attempt.c.id < before)
    return [_shown(row) for row in session.execute(query).mappings()]


def _shown(row: Any) -> dict[str, Any]:
    return {**row, "said": Sentence.kept(row["message"], row["values"])}
