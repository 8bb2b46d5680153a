"""What the logistics service does by itself, when rows are due: nothing yet."""

from shared.messaging.jobs import Job

JOBS: tuple[Job, ...] = ()
