"""A web process's figures for Prometheus: its requests, and how the service's messaging stands."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from flask import Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import text

from shared.clock import real_now
from shared.messaging.standing import Standing

GAUGES = {
    "kendi_outbox_unacknowledged": "Deliveries that no subscriber has confirmed yet",
    "kendi_outbox_oldest_seconds": "Age of the oldest event among them",
    "kendi_inbox_pending": "Received events that did not take effect yet",
    "kendi_inbox_oldest_seconds": "Age of the oldest of them",
    "kendi_inbox_not_yet": "Those of them that wait for another subject",
    "kendi_inbox_long_waiting": "Those of them that miss something or fail for more than an hour; should be 0",
    "kendi_inbox_parked": "Events that kept failing; should be 0",
    "kendi_messages_parked": "Messages in conflict or not trusted that nobody dismissed; should be 0",
    "kendi_messages_untrusted": "Those of them that were not trusted, as often as they came",
    "kendi_absorbed_events": "Events that came again and had no effect, since the database began",
    "kendi_absorbed_receipts": "Receipts for what was confirmed already or before a restore, and answers to old questions, likewise",
    "kendi_reconciled_sent_again": "Deliveries that a comparison with a subscriber had sent again",
    "kendi_reconciled_unknown": "Events that a subscriber has and we do not know; should be 0",
    "kendi_reconciled_oldest_seconds": "Since when the subscriber compared longest ago agrees; without any, since our first event",
}

RECONCILED = text("""
    SELECT coalesce(sum(sent_again), 0) AS kendi_reconciled_sent_again,
           coalesce(sum(unknown), 0) AS kendi_reconciled_unknown,
           coalesce(extract(epoch FROM now() - min(coalesce(
               agreed_until, (SELECT recorded_at FROM outbox_event ORDER BY id LIMIT 1)
           )) FILTER (WHERE peer_is = 'subscriber')), 0) AS kendi_reconciled_oldest_seconds,
           (SELECT coalesce(sum(times), 0) FROM absorbed WHERE what = 'event') AS kendi_absorbed_events,
           (SELECT coalesce(sum(times), 0) FROM absorbed WHERE what = 'receipt') AS kendi_absorbed_receipts
    FROM reconciled""")


class Figures:
    """The registry of one application, so that several may live in one process."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "kendi_requests", "Answered requests", ["route", "status"], registry=registry
        )
        self._seconds = Histogram("kendi_request_seconds", "Time to answer", ["route"], registry=registry)
        self._gauges = {name: Gauge(name, said, registry=registry) for name, said in GAUGES.items()}
        about = "Since a process of this kind last made progress"
        self._progress = Gauge("kendi_progress_age_seconds", about, ["process"], registry=registry)

    def install(self, app: Flask) -> None:
        """Measure every request of the application."""
        app.extensions["figures"] = self
        app.before_request(_begin)
        app.after_request(self._count)

    def _count(self, response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "unknown"
        began: datetime = g.began
        self._requests.labels(route, response.status_code).inc()
        self._seconds.labels(route).observe((real_now() - began).total_seconds())
        return response

    def text(self, standing: Standing, more: Mapping[Any, Any]) -> bytes:
        """All figures as Prometheus reads them; ``more`` are values of gauges by their names."""
        for name, value in more.items():
            self._gauges[name].set(float(value))
        self._gauges["kendi_outbox_unacknowledged"].set(standing.unacknowledged)
        self._gauges["kendi_outbox_oldest_seconds"].set(standing.oldest_seconds)
        self._gauges["kendi_inbox_pending"].set(standing.waiting)
        self._gauges["kendi_inbox_oldest_seconds"].set(standing.oldest_waiting_seconds or 0)
        self._gauges["kendi_inbox_not_yet"].set(standing.not_yet)
        self._gauges["kendi_inbox_long_waiting"].set(standing.long_waiting)
        self._gauges["kendi_inbox_parked"].set(standing.parked)
        self._gauges["kendi_messages_parked"].set(standing.conflicts + standing.untrusted)
        self._gauges["kendi_messages_untrusted"].set(standing.untrusted)
        for process in {each.process for each in standing.progress}:
            ages = [each.silent_seconds for each in standing.progress if each.process == process]
            self._progress.labels(process).set(min(ages))
        return generate_latest(self._registry)


def _begin() -> None:
    g.began = real_now()


def figures() -> Figures:
    return cast(Figures, current_app.extensions["figures"])
