"""Whose rows a transaction may see: PostgreSQL's row security behind the code's own conditions.

Who forgets a condition finds nothing of others, since each policy asks the setting ``kendi.sees``. A
connection of a web process stands at the door, where it may find out who is calling, and sees no row of
anybody until its transaction says for whom it works; workers, relays, migrations and operators' commands
say that they are the service itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

NOTHING = ""
SERVICE = "service"
"""The service's own work: every row."""
ALL = "all"
"""Staff who see every buyer's and every facility's rows, but nobody's keys, sessions and answers."""
RETENTION = "retention"
"""Erasing what was kept long enough: only the rows of people, and only from these may rows be deleted that never change."""
DOOR = "door"
"""Finding out who calls: keys, people and sessions only."""

SET = "SELECT set_config('kendi.sees', %s, true), set_config('kendi.principal', %s, true)"


def only(kind: str, code: str) -> str:
    """The rows of one buyer or facility, or what one tracking address is about."""
    return f"{kind}:{code}"


def see(session: Session, sees: str, principal: str = "") -> None:
    """From here to the end of the transaction it sees this, and the notes of this principal's requests."""
    session.connection().exec_driver_sql(SET, (sees, principal))
    session.info["sees"] = sees, principal


@contextmanager
def as_the_service(session: Session) -> Iterator[None]:
    """See every row for the length of a block, for a rule that is about more than the principal's own."""
    before = session.info.get("sees")
    if before is None:  # a process that is the service anyhow
        yield
        return
    see(session, SERVICE, before[1])
    try:
        yield
    except DBAPIError:  # the transaction takes no statement any more
        raise
    except BaseException:
        see(session, *before)
        raise
    see(session, *before)


@contextmanager
def erasing(session: Session) -> Iterator[None]:
    """For the length of a block the service may delete rows of people, and sees nothing else."""
    see(session, RETENTION)
    try:
        yield
    except DBAPIError:  # the transaction takes no statement any more
        raise
    except BaseException:
        see(session, SERVICE)
        raise
    see(session, SERVICE)
