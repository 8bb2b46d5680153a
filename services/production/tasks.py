"""What the production service does by itself, when rows are due."""

from threading import Event

from sqlalchemy.orm import Session

from services.production import warnings
from services.production.handlers import closing, rating, waiting
from services.production.handlers import warnings as warning
from shared.database import Database
from shared.messaging.jobs import Job
from shared.web import purging


def has_work_to_check(session: Session) -> bool:
    return warnings.check_is_due(session)


def check_for_warnings(database: Database, _: object, stop: Event) -> None:
    """Look through all open work, then move the promises that can't be kept, each in a transaction of its own."""
    with database.transaction() as session:
        warning.check(session)
        unkept = warning.promises_to_move(session)
    for warning_id in unkept:
        if stop.is_set():
            return
        with database.transaction() as session:
            warning.move_promise(session, warning_id=warning_id)


def share_out(database: Database, _: object, stop: Event) -> None:
    """Share out what waits and was not tried on this day, a part in each transaction."""
    more = True
    while more and not stop.is_set():
        with database.transaction() as session:
            more = waiting.share_out_untried(session)


def rate(database: Database, _: object, stop: Event) -> None:
    with database.transaction() as session:
        rating.rate(session)


def tell_closed_months(database: Database, _: object, stop: Event) -> None:
    with database.transaction() as session:
        closing.tell_closed_months(session)


JOBS = (
    Job("warnings", has_work_to_check, check_for_warnings, every_seconds=5),
    Job("share_out", waiting.some_are_untried, share_out, every_seconds=60),
    Job("ratings", rating.some_are_unrated, rate, every_seconds=60),
    Job("months", closing.some_are_untold, tell_closed_months, every_seconds=60),
    purging.JOB,
)
