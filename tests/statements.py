"""What a database is asked, statement by statement."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from shared.database import Database


def asked_by(database: Database, act: Callable[[], object]) -> list[str]:
    """The statements that this does over the pool of the database."""
    asked: list[str] = []

    def ask(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", ask)
    act()
    event.remove(database.engine, "before_cursor_execute", ask)
    return asked
