"""Work that is a row first and runs by itself when the row is due, such as a webhook."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from shared.database import Database
from shared.settings import Settings


@dataclass(frozen=True)
class Job:
    """The relay asks ``is_due`` and wakes the worker, which calls ``run``."""

    name: str
    is_due: Callable[[Session], bool]
    run: Callable[[Database, Settings], None]
