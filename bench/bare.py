"""The yardstick: a Flask route that commits one row, served as our own web processes are."""

import multiprocessing
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, Response, jsonify, request
from sqlalchemy import text

from bench.waiting import until
from kendi.processes import serve
from kendi.system import System
from shared.database import make_engine

TABLE = "CREATE TABLE IF NOT EXISTS bench_row (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, quantity int NOT NULL)"


def create_app() -> Flask:
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    engine = make_engine(os.environ["BENCH_DATABASE_URL"])

    @app.post("/row")
    def add() -> Response:
        with engine.begin() as connection:
            connection.execute(
                text("INSERT INTO bench_row (quantity) VALUES (:quantity)"), request.get_json()
            )
        return jsonify(status="ok")

    return app


@contextmanager
def serving(system: System) -> Iterator[str]:
    """The yardstick's address while it is served."""
    engine = make_engine(system.addresses.owner_urls["orders"], pool_size=1)
    with engine.begin() as connection:
        connection.execute(text(TABLE))
    engine.dispose()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(port, system.addresses.owner_urls["orders"])
    )
    process.start()
    try:
        until(lambda: _answers(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.join()


def _serve(port: int, url: str) -> None:
    os.environ["BENCH_DATABASE_URL"] = url
    serve(create_app, host="127.0.0.1", port=port, threads=8)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
