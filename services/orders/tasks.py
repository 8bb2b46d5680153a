"""What the orders service does by itself, when rows are due."""

from services.orders import webhooks
from shared.messaging.jobs import Job
from shared.web import purging

JOBS = (Job("webhooks", webhooks.is_due, webhooks.deliver_due), purging.JOB)
