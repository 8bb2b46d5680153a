"""The three kinds of process of a service: what ``kendi web``, ``kendi worker`` and ``kendi relay`` run."""

import gc
import importlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from kendi import forks
from shared.card import all_cards, card_of
from shared.settings import Process, Settings, load

if TYPE_CHECKING:
    from flask import Flask

    from shared.messaging.jobs import Job
    from shared.web.receiving import Receiving


class Parts(Protocol):
    """What the processes need of a service's ``handlers`` and ``tasks``."""

    REACTIONS: dict[type[Any], Any]
    JOBS: "tuple[Job, ...]"


LOGGED_AS_OURS: dict[str, Any] = {
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}},
}
"""What the web server says goes through our own handler, a JSON object a line."""


def run_child(kind: str, service: str, environment: Mapping[str, str], log: Path) -> None:
    """Become one of the processes below, tied to the program that asked for it."""
    forks.stand_alone()
    if sys.platform == "linux":
        multiprocessing.set_start_method("fork", force=True)  # granian's worker has everything imported too
    with log.open("ab") as file, Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    {"web": run_web, "worker": run_worker, "relay": run_relay}[kind](service)


def run_web(service: str) -> None:
    """Serve the service's API and pages until told to stop."""
    settings = _begin(service, "web")
    app = importlib.import_module(f"services.{service}.app").create_app
    certificate = (
        (Path(settings.tls_certificate), Path(settings.tls_key)) if settings.tls_certificate else None
    )
    serve(app, host=settings.host, port=settings.port, threads=settings.web_threads, certificate=certificate)


def serve(
    create_app: "Callable[[], Flask]",
    *,
    host: str,
    port: int,
    threads: int,
    certificate: tuple[Path, Path] | None = None,
) -> None:
    """Serve a Flask application until told to stop, by https with a certificate and its key.

    Its worker is started again when it dies.
    """
    from granian import Granian
    from granian.constants import Interfaces

    Granian(
        "",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=1,
        workers_kill_timeout=3,
        respawn_failed_workers=True,
        websockets=False,
        ssl_cert=certificate[0] if certificate else None,
        ssl_key=certificate[1] if certificate else None,
        log_level=cast(Any, "warning"),
        log_dictconfig=LOGGED_AS_OURS,
    ).serve(target_loader=partial(_receiving, create_app, threads), wrap_loader=False)


def _receiving(create_app: "Callable[[], Flask]", threads: int) -> "Receiving":
    """What the server's own process loads."""
    from shared.web.receiving import Receiving

    application = create_app()
    _collect_seldom()
    return Receiving(application, threads=threads)


def run_worker(service: str) -> None:
    """Take messages from the service's three queues until told to stop."""
    settings = _begin(service, "worker")
    from shared.database import Database
    from shared.messaging.celery_settings import WORKER
    from shared.messaging.heartbeat import Heartbeat
    from shared.messaging.outbox import Nudge
    from shared.messaging.wire import Wire, celery_app, queues
    from shared.messaging.worker import add_tasks, beat
    from shared.sight import SERVICE

    app = celery_app(settings, all_cards())
    database = Database(
        settings.database_url, sees=SERVICE, pool_size=4, after_commit=Nudge(settings.database_url)
    )
    wire = Wire(app, card_of(service), settings.signing_keys)
    jobs = add_tasks(app, settings, database, wire, _reactions(service), _jobs(service))
    heartbeat = Heartbeat(database, f"{service} worker")
    beat(app, heartbeat)
    names = ",".join(queue.name for queue in queues(service).values())
    _collect_seldom()
    try:
        sys.exit(app.worker_main(["--quiet", "worker", "-Q", names, *WORKER]))
    finally:
        jobs.close()
        heartbeat.end()


def run_relay(service: str) -> None:
    """Send what is due and apply what waits until told to stop."""
    settings = _begin(service, "relay")
    from shared.database import Database
    from shared.messaging.outbox import Nudge
    from shared.messaging.relay import Relay
    from shared.messaging.wire import Wire, celery_app
    from shared.sight import SERVICE

    card = card_of(service)
    database = Database(
        settings.database_url, sees=SERVICE, pool_size=4, after_commit=Nudge(settings.database_url)
    )
    wire = Wire(celery_app(settings, all_cards()), card, settings.signing_keys)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    relay = Relay(
        card, database, wire, _reactions(service), broker_url=settings.broker_url, jobs=_jobs(service)
    )
    _collect_seldom()
    relay.run(stop)


def _collect_seldom() -> None:
    """What is loaded by now stays, so no collection of garbage walks through it; and garbage in cycles is rare."""
    gc.freeze()
    gc.set_threshold(10_000)


def _reactions(service: str) -> dict[type[Any], Any]:
    return cast(Parts, importlib.import_module(f"services.{service}.handlers")).REACTIONS


def _jobs(service: str) -> "tuple[Job, ...]":
    return cast(Parts, importlib.import_module(f"services.{service}.tasks")).JOBS


def _begin(service: str, process: Process) -> Settings:
    from shared import telemetry

    settings = load(service, process)
    telemetry.log_as_json(service, process, settings.log_level)
    return settings
