"""Real events end to end, beside bare Celery tasks that do nothing, over the same broker in one run."""

import multiprocessing
import time
import uuid
from dataclasses import replace

from celery import Celery
from redis import Redis
from sqlalchemy import text

from bench.waiting import until
from kendi.system import System
from shared.database import Database
from shared.events import contract_of
from shared.events.orders import ItemPublished
from shared.messaging.outbox import Nudge, record
from shared.sight import SERVICE

EVENTS = 10_000
TASKS = 5_000
AT_ONCE = 50
"""Events in one transaction of the publisher."""
QUEUE = "bare"


def bare_tasks(system: System) -> float:
    """Tasks a second of one solo worker with Celery's default settings, which find their queue full."""
    url = system.addresses.admin_broker_url
    app = _bare_app(url)
    for _ in range(TASKS):
        app.send_task("bare.nothing", queue=QUEUE)
    worker = multiprocessing.get_context("spawn").Process(target=_bare_worker, args=(url,))
    worker.start()
    with Redis.from_url(url) as broker:
        until(lambda: broker.llen(QUEUE) < TASKS)
        began, left = time.monotonic(), broker.llen(QUEUE)
        until(lambda: broker.llen(QUEUE) == 0)
        rate = left / (time.monotonic() - began)
    worker.terminate()
    worker.join()
    return float(rate)


def events(system: System) -> float:
    """Events a second from the publisher's transaction to the last receipt of one subscriber.

    Each is an ``ItemPublished`` of its own subject, whose reaction writes a row; the other
    subscriber gets them too, on the same machine.
    """
    url = system.addresses.app_urls["orders"]
    orders = Database(url, sees=SERVICE, pool_size=1, after_commit=Nudge(url))
    sample = _some_item(orders)
    began = time.monotonic()
    for _ in range(EVENTS // AT_ONCE):
        with orders.transaction() as session:
            record(session, *(_another(sample) for _ in range(AT_ONCE)))
    until(lambda: _unacknowledged(orders) == 0, seconds=120)
    rate = EVENTS / (time.monotonic() - began)
    orders.close()
    return rate


def _some_item(orders: Database) -> ItemPublished:
    """One that the reference data brought."""
    contract = contract_of(ItemPublished)
    query = text("SELECT data FROM outbox_event WHERE type = :type LIMIT 1")
    with orders.transaction() as session:
        item: ItemPublished = contract.load(session.execute(query, {"type": contract.type}).scalar_one())
    return item


def _another(item: ItemPublished) -> ItemPublished:
    return replace(item, sku=f"X-{uuid.uuid4().hex[:12]}")


def _unacknowledged(orders: Database) -> int:
    query = "SELECT count(*) FROM outbox_delivery WHERE state = {} AND subscriber = 'production'"
    with orders.transaction() as session:
        return sum(int(session.execute(text(query.format(state))).scalar_one()) for state in (0, 1))


def _bare_app(url: str) -> Celery:
    app = Celery("bare", broker=url, set_as_current=False)
    app.conf.update(task_ignore_result=True, worker_hijack_root_logger=False)

    @app.task(name="bare.nothing", shared=False)
    def nothing() -> None:
        return None

    return app


def _bare_worker(url: str) -> None:
    quiet = ["--without-mingle", "--without-gossip", "--loglevel", "ERROR"]
    _bare_app(url).worker_main(["worker", "--pool", "solo", "-Q", QUEUE, *quiet])
