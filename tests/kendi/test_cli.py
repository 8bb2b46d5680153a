"""The command says in one line what is wrong, and ends with a failure."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from kendi.cli import main
from tests.conftest import REPOSITORY

CLEAN = {key: value for key, value in os.environ.items() if not key.startswith("KENDI_")}


def kendi(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "kendi", *arguments],
        cwd=REPOSITORY,
        env=CLEAN | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "command",
    [
        "up",
        "demo",
        "migrate",
        "load",
        "doctor",
        "faults",
        "status",
        "web",
        "worker",
        "relay",
        "key create",
        "user add",
    ],
)
def test_every_command_has_help_with_an_example(command: str) -> None:
    shown = CliRunner().invoke(main, [*command.split(), "--help"])
    assert shown.exit_code == 0
    assert f"Example: kendi {command}" in shown.output


KEY = "5a" * 32
KEYS = {"KENDI_SIGNING_KEYS": f"k1:{KEY}"}


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["web", "orders"], {}, "KENDI_ORDERS_DATABASE_URL is not set"),
        (["migrate"], {}, "KENDI_ORDERS_DATABASE_URL is not set"),
        (
            ["relay", "orders"],
            {"KENDI_ORDERS_DATABASE_URL": "x", "KENDI_BROKER_URL": "y", "KENDI_LOG_LEVEL": "LOUD", **KEYS},
            "KENDI_LOG_LEVEL is 'LOUD'",
        ),
        (
            ["web", "orders"],
            {"KENDI_ORDERS_DATABASE_URL": "x", "KENDI_BROKER_URL": "y", "KENDI_TLS_KEY": "LICENSE", **KEYS},
            "KENDI_TLS_KEY is set alone; give KENDI_TLS_CERTIFICATE and KENDI_TLS_KEY, or neither",
        ),
    ],
)
def test_a_missing_or_bad_setting_is_named(
    arguments: list[str], environment: dict[str, str], said: str
) -> None:
    failed = kendi(*arguments, **environment)
    assert failed.returncode == 1
    assert said in failed.stderr
    assert failed.stderr.count("\n") == 1


@pytest.mark.parametrize("keys", ["k1:ab", f"k1:{KEY}, k2:zz", f"k1:{KEY},", f"k1:{KEY},k1:{KEY}", f":{KEY}"])
def test_signing_keys_that_are_wrong_are_refused_and_not_shown(keys: str) -> None:
    around = {"KENDI_ORDERS_DATABASE_URL": "x", "KENDI_BROKER_URL": "y", "KENDI_SIGNING_KEYS": keys}
    failed = kendi("relay", "orders", **around)
    assert failed.returncode == 1
    assert "KENDI_SIGNING_KEYS can't be read; it takes id:hex" in failed.stderr
    assert KEY not in failed.stderr + kendi("doctor", **around).stdout


@pytest.mark.parametrize(
    "password", ["hush/hush", "hush?hush", "hush#hush", "hush@hush", "12/hush", "/hush", "?hush", "#hush"]
)
@pytest.mark.parametrize("name", ["KENDI_ORDERS_DATABASE_URL", "KENDI_BROKER_URL"])
def test_an_address_that_its_password_cuts_short_is_refused_and_no_part_of_it_is_shown(
    name: str, password: str
) -> None:
    around = {"KENDI_ORDERS_DATABASE_URL": "x", "KENDI_BROKER_URL": "y", **KEYS}
    around[name] = f"redis://orders:{password}@127.0.0.1:1/0"
    failed = kendi("relay", "orders", **around)
    assert failed.returncode == 1
    assert f"{name} can't be read; it takes" in failed.stderr
    assert failed.stderr.count("\n") == 1
    assert "hush" not in failed.stderr + kendi("doctor", **around).stdout


@pytest.mark.parametrize("ports", ["1,2", "a,b,c", "8001,8001,8002", "0,1,99999"])
def test_ports_that_are_none_are_refused_with_an_example(ports: str, tmp_path: Path) -> None:
    failed = kendi("up", "--data", str(tmp_path), "--ports", ports)
    assert failed.returncode == 2
    assert "8001,8002,8003" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        failed = kendi("up", "--data", str(tmp_path / "data"), "--ports", f"{port},18991,18992")
    assert failed.returncode == 1
    assert f"port {port} is taken" in failed.stderr


def test_a_database_that_is_away_is_told_in_one_line() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        address = f"postgresql+psycopg://owner:hidden@127.0.0.1:{nobody.getsockname()[1]}/kendi"
        names = [f"KENDI_{service}_MIGRATE_DATABASE_URL" for service in ("ORDERS", "PRODUCTION", "LOGISTICS")]
        result = kendi("migrate", **dict.fromkeys(names, address))
    assert result.returncode == 1
    assert result.stderr.startswith("kendi: the database does not answer: ")
    assert "refused" in result.stderr and "hidden" not in result.stderr
    assert len(result.stderr.splitlines()) == 1
