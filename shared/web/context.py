"""What a request needs of its process, and the transaction it works in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from flask import current_app, g
from sqlalchemy.orm import Session

from shared.card import Card
from shared.database import Database
from shared.failpoints import reach
from shared.messaging.outbox import Nudge
from shared.settings import Settings
from shared.sight import NOTHING, SERVICE


@dataclass(frozen=True)
class Serving:
    """What a request needs of its process."""

    card: Card
    settings: Settings
    database: Database
    nudge: Nudge

    def close(self) -> None:
        """Give back all connections."""
        self.nudge.close()
        self.database.close()


def serving() -> Serving:
    return cast(Serving, current_app.extensions["kendi"])


@contextmanager
def transaction(*, sees: str | None = None) -> Iterator[Session]:
    """One transaction on behalf of the request's principal, who sees what is theirs; in ``all_in_one`` a part of that.

    ``sees`` is for who comes without a name, such as a reader of a tracking address; it is always a transaction of
    its own.
    """
    if sees is None and "whole" in g:
        with _part(g.whole) as session:
            yield session
        return
    principal = g.get("principal")
    seen, who = (principal.sees, principal.holder) if principal else (NOTHING, "")
    with serving().database.transaction(sees=sees or seen, principal=who) as session:
        if principal:
            session.info["actor_role"] = principal.role
        session.info["traceparent"] = g.get("traceparent")
        yield session
        reach("web.committing")
    reach("web.committed")


@contextmanager
def all_in_one() -> Iterator[Session]:
    """Each transaction of the block is a part of this one, and nothing is committed before its end.

    What is to be kept whatever becomes of it is written after that, when its connection is free again.
    """
    g.afterwards = []
    try:
        with transaction() as session:
            g.whole = session
            try:
                yield session
            finally:
                del g.whole
    finally:
        for write in g.pop("afterwards"):
            keep_whatever_comes(write)


def keep_whatever_comes(write: Callable[[Session], object]) -> None:
    """Write something that stays though what was asked for is refused, as the service and not as who asked."""
    if "afterwards" in g:
        g.afterwards.append(write)
        return
    with transaction(sees=SERVICE) as session:
        write(session)


@contextmanager
def _part(session: Session) -> Iterator[Session]:
    """A part is undone by itself, and leaves nothing in the session that the next one would take for the row."""
    before = dict(session.info)
    try:
        with session.begin_nested():
            yield session
    except BaseException:
        session.info.clear()
        session.info.update(before)
        raise
    finally:
        session.expunge_all()
