"""What the logistics service does by itself, when rows are due."""

from shared.web import purging

JOBS = (purging.JOB,)
