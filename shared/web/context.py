"""What a request needs of its process, and the transaction it works in."""

from collections.abc import Iterator
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
from shared.sight import NOTHING


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
    """One transaction on behalf of the request's principal, who sees what is theirs.

    ``sees`` is for who comes without a name, such as a reader of a tracking address.
    """
    principal = g.get("principal")
    seen, who = (principal.sees, principal.id) if principal else (NOTHING, "")
    with serving().database.transaction(sees=sees or seen, principal=who) as session:
        if principal:
            session.info["actor_role"] = principal.role
        session.info["traceparent"] = g.get("traceparent")
        yield session
        reach("web.committing")
    reach("web.committed")
