"""docker-compose.yml tells the truth: each command in it starts, with that file's own environment."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml

from kendi.servers import Addresses
from kendi.servers.broker import BROKER_SETTINGS, Broker
from kendi.servers.kept import Kept
from shared.database import Database
from shared.settings import PORTS
from tests.awaiting import until
from tests.conftest import REPOSITORY, SIGNING_KEYS

COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}
KEPT_RUNNING = [name for name, service in OURS.items() if service["command"][0] in ("web", "worker", "relay")]


def environment_of(name: str, addresses: Addresses) -> dict[str, str]:
    """The service's environment in the file, each address in it replaced by the test's."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith("KENDI_")}
    for variable, value in OURS[name]["environment"].items():
        ours[variable] = _pointed_here(variable, str(value), addresses)
    return ours


def _pointed_here(variable: str, value: str, addresses: Addresses) -> str:
    if value.startswith("postgresql"):
        service = variable.split("_")[1].lower()
        return (addresses.owner_urls if f"{service}_owner:" in value else addresses.app_urls)[service]
    if value.startswith("redis"):
        return addresses.broker_urls[variable.split("_")[1].lower()]
    if value == "${SIGNING_KEYS}":
        return SIGNING_KEYS
    assert "$" not in value, f"the test does not know what to put for {variable}"
    return value


@contextmanager
def running(name: str, addresses: Addresses, **more: str) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "kendi", *OURS[name]["command"]]
    process = subprocess.Popen(command, cwd=REPOSITORY, env=environment_of(name, addresses) | more)
    try:
        yield process
        assert process.poll() is None, f"{name} ended by itself"
    finally:
        process.terminate()
        assert process.wait(30) in (0, -15)


def comes(condition: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    """What a process is to bring about comes while it lives."""

    def it_lives() -> None:
        assert process.poll() is None, "the process ended"

    until(condition, seconds=40, meanwhile=it_lives)


def test_the_file_lists_the_processes_that_kendi_up_starts() -> None:
    expected = {(kind, service) for kind in ("web", "worker", "relay") for service in PORTS}
    assert {tuple(OURS[name]["command"]) for name in KEPT_RUNNING} == expected
    assert all("healthcheck" in COMPOSE["services"][name] for name in ("postgres", "broker", *KEPT_RUNNING))


def test_its_broker_has_the_settings_and_users_of_kendi_up(tmp_path: Path) -> None:
    """The start script of the broker's container, with a command that shows the file it would start with."""
    passwords = {f"{service.upper()}_PASSWORD": f"secret of {service}" for service in PORTS}
    script = [*COMPOSE["services"]["broker"]["entrypoint"][:-1], str(REPOSITORY / "deploy/broker/start.sh")]
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), **passwords}
    done = subprocess.run([*script, "cat"], env=environment, capture_output=True, text=True, check=True)
    kept = Kept(tmp_path / "kept.json")
    kept.make_passwords(tuple(PORTS))
    values = json.loads((tmp_path / "kept.json").read_text())
    values |= {f"{service}_broker": f"secret of {service}" for service in PORTS}
    (tmp_path / "kept.json").write_text(json.dumps(values))
    broker = Broker(tmp_path, kept, tuple(PORTS), port=1)
    told = set(done.stdout.splitlines())
    assert set(broker._users()) - told == {user for user in broker._users() if user.startswith("user admin")}
    inside = {"bind", "protected-mode", "daemonize", "set-proc-title"}
    assert {f"{name} {value}" for name, value in BROKER_SETTINGS.items() if name not in inside} <= told
    assert "secret" not in done.stdout


@pytest.mark.parametrize("name", ["migrate", "load"])
def test_each_preparation_succeeds_and_may_be_repeated(
    name: str, addresses: Addresses, database_of: Callable[[str], Database]
) -> None:
    database_of("orders")  # emptied: policies that were published once can't be replaced
    for _ in range(2):
        subprocess.run(
            [sys.executable, "-m", "kendi", *OURS[name]["command"]],
            cwd=REPOSITORY,
            env=environment_of(name, addresses),
            check=True,
            timeout=60,
            stdout=subprocess.DEVNULL,
        )


@pytest.mark.parametrize("name", [name for name in KEPT_RUNNING if name.endswith("web")])
def test_each_web_process_starts_and_is_healthy(name: str, addresses: Addresses) -> None:
    service = OURS[name]["command"][1]
    port = "18" + str(PORTS[service])[1:]
    health = OURS[name]["healthcheck"]["test"][-1]
    assert f"127.0.0.1:{PORTS[service]}/{service}/readyz" in health
    with running(
        name, addresses, KENDI_HOST="127.0.0.1", **{f"KENDI_{service.upper()}_PORT": port}
    ) as process:
        comes(lambda: _answers(f"http://127.0.0.1:{port}/{service}/readyz"), process)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def is_healthy(name: str, addresses: Addresses) -> bool:
    """What the container's own health check says."""
    command = OURS[name]["healthcheck"]["test"][2:]
    asked = subprocess.run(
        [sys.executable, "-m", "kendi", *command],
        cwd=REPOSITORY,
        env=environment_of(name, addresses),
        check=False,
        stderr=subprocess.DEVNULL,
    )
    return asked.returncode == 0


@pytest.mark.parametrize("name", [name for name in KEPT_RUNNING if name.endswith("worker")])
def test_each_worker_starts_and_waits_for_messages(name: str, addresses: Addresses) -> None:
    queue = f"{OURS[name]['command'][1]}.receive"
    with redis.Redis.from_url(addresses.admin_broker_url) as broker, running(name, addresses) as process:
        comes(lambda: any(client["cmd"] == "brpop" for client in broker.client_list()), process)
        assert broker.llen(queue) == 0
        comes(lambda: is_healthy(name, addresses), process)
    assert not is_healthy(name, addresses)


@pytest.mark.parametrize("name", [name for name in KEPT_RUNNING if name.endswith("relay")])
def test_each_relay_starts_and_marks_the_brokers_epoch(name: str, addresses: Addresses) -> None:
    with redis.Redis.from_url(addresses.admin_broker_url) as broker:
        broker.delete("kendi.epoch")
        with running(name, addresses) as process:
            comes(lambda: bool(broker.exists("kendi.epoch")), process)
            comes(lambda: is_healthy(name, addresses), process)
