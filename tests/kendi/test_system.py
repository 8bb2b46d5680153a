"""``kendi up``: everything starts, what dies comes back, and everything ends."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from kendi.demo.people import Client
from kendi.doctor import summary
from kendi.doctor.reconciling import reconcile
from kendi.system import System
from shared import reference
from shared.database import Database
from shared.sight import SERVICE
from shared.web.access import BUYER
from tests.awaiting import until
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.flow


@pytest.fixture(scope="module")
def said() -> list[str]:
    return []


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, said: list[str]) -> Iterator[System]:
    data = tmp_path_factory.mktemp("system")
    debug = {"KENDI_LOG_LEVEL": "DEBUG"}  # says most
    with System(data, free_ports=True, fsync=False, say=said.append, settings=debug) as running:
        yield running


def test_every_service_answers(system: System) -> None:
    for service, url in system.urls.items():
        for path in ("livez", "readyz", "metrics", "openapi.json"):
            with urllib.request.urlopen(f"{url}/{service}/{path}", timeout=5) as answer:
                assert answer.status == 200


def test_what_a_subscriber_lost_comes_again_by_command(system: System) -> None:
    def execute(service: str, statement: str) -> int:
        database = Database(system.addresses.app_urls[service], sees=SERVICE, pool_size=1)
        with database.transaction() as session:
            touched = session.execute(text(statement)).rowcount  # type: ignore[attr-defined]
        database.close()
        return int(touched)

    items = len(reference.catalogue())
    until(
        lambda: execute("logistics", "SELECT 1 FROM inbox WHERE subject LIKE 'item/%' AND state = 2") == items
    )
    until(lambda: execute("orders", "SELECT 1 FROM outbox_delivery WHERE state < 2") == 0)
    years_ago = "event_id = CAST('00' || substr(event_id::text, 3) AS uuid)"
    execute("orders", f"UPDATE outbox_event SET {years_ago}")
    for subscriber in ("production", "logistics"):
        execute(subscriber, f"UPDATE inbox SET {years_ago} WHERE source = 'orders'")
    assert execute("logistics", "DELETE FROM inbox WHERE subject = 'item/CR-BALL-07'") == 1
    found = reconcile(system.addresses.app_urls)
    assert all(each.answered for each in found)
    assert {(each.publisher, each.subscriber): each.sent_again for each in found if not each.good} == {
        ("orders", "logistics"): 1
    }
    until(lambda: execute("logistics", "SELECT 1 FROM inbox WHERE subject = 'item/CR-BALL-07'") == 1)
    until(lambda: all(each.good for each in reconcile(system.addresses.app_urls)))
    assert summary(system.addresses.app_urls).good


@pytest.mark.parametrize("name", ["orders web", "production worker", "logistics relay"])
def test_a_process_that_dies_is_started_again_and_it_is_said(
    system: System, said: list[str], name: str
) -> None:
    child = next(child for child in system.children if child.name == name)
    assert child.process is not None
    before = child.process.pid
    os.kill(before, signal.SIGKILL)

    def is_back() -> bool:
        system.watch()
        return child.process is not None and child.process.pid != before and child.process.is_alive()

    until(is_back)
    assert any(name in line and "died" in line for line in said)
    until(lambda: not _group_lives(before))


def _group_lives(leader: int) -> bool:
    """Whether any process is left of those that a killed one had started."""
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_server_that_dies_is_started_again_with_its_data(system: System, said: list[str]) -> None:
    with Client(system.urls["orders"], system.accounts.key(BUYER)) as buyer:
        items = len(buyer.get("/orders/v1/catalogue"))
        os.kill(system.servers.postgres.pid, signal.SIGKILL)

        def is_said() -> bool:
            system.watch()
            return any("PostgreSQL" in line for line in said)

        until(is_said)
        until(lambda: _ready(system))
        assert len(buyer.get("/orders/v1/catalogue")) == items


def test_no_secret_stands_in_a_log_or_in_the_list_of_processes(system: System) -> None:
    """Nor after an outage, of which every process that connects writes a line."""
    for server, complaint in ((system.servers.broker, "broker"), (system.servers.postgres, "database")):
        os.kill(server.pid, signal.SIGKILL)
        until(partial(_complained, system, f"the {complaint} is away"))
        until(partial(_ready, system), meanwhile=system.watch)
    servers = json.loads((system.data / "servers.json").read_text())
    secrets = [
        *(value for name, value in servers.items() if not name.endswith("port")),
        *(person.password for person in system.accounts.people),
        *(key.secret for key in system.accounts.keys),
        (system.data / "signing_keys").read_text().partition(":")[2],
    ]
    assert len(secrets) > 20
    logs = "\n".join(log.read_text(errors="replace") for log in (system.data / "logs").iterdir())
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert [secret for secret in secrets if secret in logs or secret in processes] == []


def _complained(system: System, line: str) -> bool:
    """Whether a relay wrote so."""
    logs = (system.data / "logs").glob("*relay*")
    return any(line in log.read_text(errors="replace") for log in logs)


def _ready(system: System) -> bool:
    try:
        with urllib.request.urlopen(f"{system.urls['orders']}/orders/readyz", timeout=2):
            return True
    except OSError:
        return False


def test_it_ends_on_ctrl_c_leaves_nothing_running_and_finds_its_data_again(tmp_path: Path) -> None:
    first, second = (_up_and_stop(tmp_path / "data") for _ in range(2))
    assert first == second != []
    assert _running_in(tmp_path) == []


def _up_and_stop(data: Path) -> list[str]:
    """Start it as a person does, press Ctrl-C when it is up; the keys it printed."""
    command = [sys.executable, "-u", "-m", "kendi", "up", "--data", str(data)]
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as up:
        assert up.stdout is not None
        lines = []
        for line in up.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        up.send_signal(signal.SIGINT)
        rest = up.stdout.read()
        assert up.wait(30) == 0, "".join(lines) + rest
    assert "Stopped" in rest
    return [line for line in lines if "pk_" in line]


def _running_in(folder: Path) -> list[str]:
    """Command lines of processes that name the folder."""
    listed = subprocess.run(
        ["ps", "-eo", "args"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [line for line in listed if str(folder) in line]
