"""What the production service does by itself, when rows are due."""

from threading import Event

from services.production.handlers import waiting
from shared.database import Database
from shared.messaging.jobs import Job
from shared.settings import Settings
from shared.web import purging


def share_out(database: Database, settings: Settings, stop: Event) -> None:
    """Share out what waits and was not tried on this day, a part in each transaction."""
    more = True
    while more and not stop.is_set():
        with database.transaction() as session:
            more = waiting.share_out_untried(session)


JOBS = (purging.JOB, Job("share_out", waiting.some_are_untried, share_out, every_seconds=60))
