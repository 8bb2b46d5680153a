"""One database for each service: its engine, its transactions, and what follows a commit."""

import select
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    any_,
    bindparam,
    create_engine,
    event,
    literal,
    literal_column,
    text,
)
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from shared.failpoints import reach
from shared.sight import NOTHING, see

NAMING = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}

# A worker that was stopped for long and wakes up inside a transaction must not hold its locks.
SESSION_LIMITS = (
    "-c statement_timeout=15s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s -c timezone=UTC"
)


CONNECTING: Mapping[str, Any] = {
    # A host that does not answer: there is always something better to do than to wait for it.
    "connect_timeout": 3,
    # One that vanished without a word (a cut cable, a failover) would be waited for by the hour: Linux asks
    # first after two. So an idle connection is asked after 10 s, and given up after three silent answers.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    # What was sent and is not confirmed by then (in milliseconds) never will be.
    "tcp_user_timeout": 20_000,
}
"""How every process connects to PostgreSQL: that nobody is there any more is found out within 25 seconds."""


def connect(url: str) -> psycopg.Connection[Any]:
    """A connection outside of any pool, each statement a transaction: to listen, notify, or look by itself."""
    url = url.replace("postgresql+psycopg://", "postgresql://")
    return psycopg.connect(url, autocommit=True, **CONNECTING)


LARGEST_ID = 2**63 - 1
"""No row has a greater number than an identity column can count to."""


class Instant(TypeDecorator[datetime]):
    """A point in time, always with a zone: a naive one is refused when it is bound."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"a time needs a zone: {value!r}")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value is not None else None


def metadata() -> MetaData:
    """A catalogue of tables whose constraints have predictable names, as migrations need."""
    return MetaData(naming_convention=NAMING)


def among(column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Whether it is one of these: one parameter in the same statement, however many they are."""
    return column == any_(literal(list(values), ARRAY(column.type)))


def among_those(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """The same in a statement that is put together once, and is given the values by this name."""
    return column == any_(bindparam(name, type_=ARRAY(column.type)))


def at_most(rows: int) -> ColumnElement[int]:
    """A limit that stands in the statement itself: PostgreSQL plans such a statement once.

    One with a limit that it hears of later is planned each time, since only the number tells what is cheapest.
    """
    return literal_column(str(rows), Integer)


class Database:
    """A service's database, as one process uses it.

    ``sees`` is whose rows each transaction sees unless it says otherwise; ``shared.sight`` has the kinds.
    ``after_commit`` is called once after each transaction that left the relay something to do
    (``session.info["due"]``), outside of it: a NOTIFY inside the transaction would serialise commits.
    """

    def __init__(
        self, url: str, *, sees: str, pool_size: int = 8, after_commit: Callable[[], None] | None = None
    ) -> None:
        self.engine = make_engine(url, sees=sees, pool_size=pool_size)
        self._one_by_one = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self.after_commit = after_commit

    @contextmanager
    def transaction(self, *, sees: str | None = None, principal: str = "") -> Iterator[Session]:
        """All or nothing: commits at the end of the block, rolls back if it raises."""
        with Session(self.engine, expire_on_commit=False) as session:
            with session.begin():
                if sees is not None:
                    see(session, sees, principal)
                yield session
            if self.after_commit is not None and session.info.get("due"):
                reach("transaction.committed")
                self.after_commit()

    @contextmanager
    def one_by_one(self) -> Iterator[Session]:
        """Each statement a transaction of its own: for a single look, which is then all that is asked of the server."""
        with Session(self._one_by_one) as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that sees one moment and writes nothing."""
        with Session(self.engine) as session, session.begin():
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            session.execute(text("SET TRANSACTION READ ONLY"))
            yield session

    def close(self) -> None:
        self.engine.dispose()


TROUBLE = ("08", "40", "53", "57P", "58", "25006", "25P03", "55P03")
"""SQLSTATEs of connections, deadlocks, lacking resources, shutdown, a standby, and locks held by others.

Not among them: a statement that takes too long (57014) or is too large (54), which whoever sent it may
be to blame for.
"""


def is_its_own_trouble(error: Exception) -> bool:
    """Whether the database failed for a reason that says nothing about what was asked of it."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    return state.startswith(TROUBLE) if state else isinstance(error, OperationalError | InterfaceError)


def said_without_rows(error: Exception) -> str:
    """What failed, as it may be kept: a database's detail quotes the rows, and its words of bad data (22) the data."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not (isinstance(cause, psycopg.Error) and cause.sqlstate):
        return repr(error)
    said = cause.sqlstate if cause.sqlstate.startswith("22") else cause.diag.message_primary
    return f"{type(cause).__name__}({said!r})"


def make_engine(url: str, *, sees: str = NOTHING, pool_size: int = 8) -> Engine:
    """An engine whose sessions have time limits, speak UTC, and see these rows."""
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=2,
        pool_use_lifo=True,  # the connection that has prepared the statements is the one that is used again
        hide_parameters=True,
        connect_args={"options": f"{SESSION_LIMITS} -c kendi.sees={sees}", **CONNECTING},
    )
    event.listen(engine, "checkout", _must_be_open)
    return engine


def _must_be_open(connection: psycopg.Connection[Any], *_: Any) -> None:
    """Have the pool replace a connection that was closed while it lay there.

    Nothing comes from a server that was asked nothing but its farewell. The kernel knows of it at once;
    to ask the server itself (``pool_pre_ping``) costs each transaction a way there and back.
    """
    if not connection.closed:
        waiting = select.poll()
        waiting.register(connection.fileno(), select.POLLIN)
        if not waiting.poll(0):
            return
    raise DisconnectionError("closed while nobody used it")


shared_metadata = metadata()
"""The tables that every service has: messaging, access, the business clock."""
