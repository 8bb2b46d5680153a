"""The servers of this machine: who may do what in them, and what of them outlives which death."""

import contextlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from kombu import Connection, Consumer, Exchange, Queue
from psycopg.errors import InsufficientPrivilege
from redis.exceptions import AuthenticationError, NoPermissionError

from kendi.servers import Addresses, Servers, ServersError
from tests.awaiting import until

pytestmark = pytest.mark.xdist_group("servers")

SERVICES = ["orders", "production"]
SECONDS = 20


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Running servers of these tests' own, below a folder that is closed to other users."""
    folder = tmp_path_factory.mktemp("running")
    folder.chmod(0o700)
    with Servers(folder, SERVICES, fsync=False) as running:
        yield running


@pytest.fixture(scope="module")
def addresses(servers: Servers) -> Addresses:
    return servers.addresses


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that a first start has filled and a stop has left."""
    data = tmp_path_factory.mktemp("made")
    with Servers(data, SERVICES, fsync=False) as servers:
        execute(servers.addresses.owner_urls["orders"], "CREATE TABLE kept AS SELECT 7 AS number")
    return data


@pytest.fixture
def stopped(made: Path) -> Iterator[Servers]:
    """Servers over data of earlier, not started yet; stopped after the test, whatever it did."""
    servers = Servers(made, SERVICES, fsync=False)
    yield servers
    servers.stop()


def connect(url: str, **other: Any) -> "psycopg.Connection[tuple[Any, ...]]":
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True, **other)


def execute(url: str, statement: str) -> list[tuple[Any, ...]]:
    with connect(url) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=5)


def has_ended(pid: int) -> bool:
    """Whether a process is gone. One that is dead but that nobody has buried has an empty command line."""
    with contextlib.suppress(OSError):
        if sys.platform == "linux":
            return not Path(f"/proc/{pid}/cmdline").read_bytes()
        os.kill(pid, 0)
        return False
    return True


def kept_number(servers: Servers) -> int:
    ((number,),) = execute(servers.addresses.app_urls["orders"], "SELECT number FROM kept")
    return int(number)


# PostgreSQL -------------------------------------------------------------------------------------


@pytest.mark.parametrize("database", ["kendi_production", "postgres", "template1"])
def test_a_service_reaches_no_database_but_its_own(addresses: Addresses, database: str) -> None:
    for url in (addresses.app_urls["orders"], addresses.owner_urls["orders"]):
        connect(url).close()
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            connect(url, dbname=database)


def test_a_service_changes_rows_and_its_owner_changes_tables(addresses: Addresses) -> None:
    owner, app = addresses.owner_urls["orders"], addresses.app_urls["orders"]
    execute(owner, "CREATE TABLE letter (id serial PRIMARY KEY, text text)")
    execute(app, "INSERT INTO letter (text) VALUES ('a'), ('b')")
    execute(app, "UPDATE letter SET text = 'c' WHERE text = 'a'")
    execute(app, "DELETE FROM letter WHERE text = 'b'")
    assert execute(app, "SELECT text FROM letter") == [("c",)]
    for statement in (
        "CREATE TABLE own (id int)",
        "CREATE TEMPORARY TABLE own (id int)",
        "ALTER TABLE letter ADD more text",
        "TRUNCATE letter",
        "DROP TABLE letter",
        "COPY letter TO PROGRAM 'true'",
    ):
        with pytest.raises(InsufficientPrivilege):
            execute(app, statement)


def test_no_role_of_a_service_is_more_than_a_role(addresses: Addresses) -> None:
    mighty = execute(
        addresses.admin_database_url,
        """SELECT rolname FROM pg_roles WHERE rolname NOT LIKE 'pg\\_%'
           AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)""",
    )
    assert mighty == [("kendi_admin",)]


def test_a_wrong_password_is_refused(addresses: Addresses) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(addresses.app_urls["orders"], password="wrong")


def test_nobody_enters_without_a_password(addresses: Addresses) -> None:
    rules = execute(addresses.admin_database_url, "SELECT DISTINCT auth_method FROM pg_hba_file_rules")
    assert rules == [("scram-sha-256",)]


def test_both_listen_on_loopback_only(addresses: Addresses) -> None:
    assert execute(addresses.admin_database_url, "SHOW listen_addresses") == [("127.0.0.1",)]
    assert execute(addresses.admin_database_url, "SHOW unix_socket_directories") == [("",)]
    with client(addresses.admin_broker_url) as admin:
        assert admin.config_get("bind") == {"bind": "127.0.0.1"}


def test_time_is_utc_and_text_is_unicode(addresses: Addresses) -> None:
    url = addresses.app_urls["orders"]
    assert execute(url, "SHOW timezone") == [("UTC",)]
    assert execute(url, "SHOW server_encoding") == [("UTF8",)]
    assert execute(url, "SELECT lower('É')") == [("é",)]


# The broker -------------------------------------------------------------------------------------


def test_the_broker_refuses_who_does_not_say_who_it_is(servers: Servers) -> None:
    for user in ("", "default:wrong@", "orders:wrong@"):
        url = f"redis://{user}127.0.0.1:{servers.broker.port}/0"
        with client(url) as stranger, pytest.raises(AuthenticationError):
            stranger.ping()


@pytest.mark.parametrize(
    "command",
    [
        ["FLUSHALL"],
        ["FLUSHDB"],
        ["KEYS", "*"],
        ["CONFIG", "GET", "*"],
        ["EVAL", "return 1", "0"],
        ["SCRIPT", "LOAD", "return 1"],
        ["ACL", "LIST"],
        ["SHUTDOWN"],
        ["MONITOR"],
        ["GET", "production.other"],
        ["RPOP", "production.receive"],
        ["LRANGE", "production.receive", "0", "-1"],
        ["DEL", "production.receive"],
        ["LPUSH", "production.wake", "x"],
        ["SET", "other", "x"],
    ],
    ids=" ".join,
)
def test_a_service_may_not(addresses: Addresses, command: list[str]) -> None:
    with client(addresses.broker_urls["orders"]) as orders, pytest.raises(NoPermissionError):
        orders.execute_command(*command)


def test_a_service_keeps_the_epoch_and_sees_how_long_another_s_queue_is(addresses: Addresses) -> None:
    with client(addresses.broker_urls["orders"]) as orders:
        orders.set("kendi.epoch", "1", nx=True)
        assert orders.get("kendi.epoch") == b"1"
        assert orders.llen("production.receive\x06\x163") == 0


def test_kombu_needs_no_more_rights_to_publish_consume_and_give_back_what_it_took(
    addresses: Addresses,
) -> None:
    with client(addresses.admin_broker_url) as admin:
        admin.acl_log_reset()
    orders, production = (kombu_connection(addresses, service) for service in SERVICES)
    queue = Queue("production.receive", Exchange("", type="direct"), routing_key="production.receive")
    with orders, production:
        with orders.Producer() as producer:
            producer.publish({"n": 1}, routing_key=queue.name, declare=[queue], priority=3)
        seen: Any = queue(orders.default_channel).queue_declare(passive=True)
        assert seen.message_count == 1
        take_one(production, queue)
        channel: Any = production.default_channel
        channel.qos.restore_unacked_once()
        assert take_one(production, queue, acknowledge=True) == {"n": 1}
    with client(addresses.admin_broker_url) as admin:
        assert admin.acl_log() == []


def kombu_connection(addresses: Addresses, service: str) -> Connection:
    options = {"ack_emulation": False, "socket_timeout": 5}
    return Connection(addresses.broker_urls[service], transport_options=options)


def take_one(connection: Connection, queue: Queue, *, acknowledge: bool = False) -> object:
    """Receive one message; without an acknowledgement it stays with this consumer until restored."""
    taken: list[object] = []

    def take(body: object, message: Any) -> None:
        taken.append(body)
        if acknowledge:
            message.ack()

    with Consumer(connection.default_channel, [queue], callbacks=[take], accept=["json"]):
        connection.drain_events(timeout=SECONDS)
    return taken[0]


# Life and death ---------------------------------------------------------------------------------


def test_a_second_start_finds_data_passwords_and_ports(stopped: Servers) -> None:
    before = stopped.start()
    stopped.stop()
    assert stopped.start() == before
    assert kept_number(stopped) == 7


def test_a_stop_ends_both_even_a_broker_that_hangs(stopped: Servers) -> None:
    stopped.start()
    pids = stopped.postgres.pid, stopped.broker.pid
    os.kill(stopped.broker.pid, signal.SIGSTOP)
    stopped.stop()
    assert all(has_ended(pid) for pid in pids)
    assert stopped.check() == []


def test_what_was_killed_is_named_and_starts_again_at_its_address(stopped: Servers) -> None:
    before = stopped.start()
    asking = threading.Thread(target=ask_for_long, args=(before.app_urls["orders"],))
    asking.start()
    until(lambda: execute(before.admin_database_url, LONG_QUERIES) == [(1,)])
    for pid in (stopped.postgres.pid, stopped.broker.pid):
        os.kill(pid, signal.SIGKILL)
    until(lambda: len(stopped.check()) == 2)
    assert stopped.restart_dead() == ["PostgreSQL", "the broker"]
    asking.join(SECONDS)
    assert not asking.is_alive()
    assert stopped.addresses == before
    assert kept_number(stopped) == 7
    with client(before.broker_urls["orders"]) as orders:
        assert orders.ping()


LONG_QUERY = "SELECT sum(a * b) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b"
LONG_QUERIES = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT sum%' AND state = 'active'"


def ask_for_long(url: str) -> None:
    with contextlib.suppress(psycopg.OperationalError):
        execute(url, LONG_QUERY)


def test_a_second_start_over_running_servers_is_refused(stopped: Servers) -> None:
    stopped.start()
    with pytest.raises(ServersError, match="is in use"):
        Servers(stopped.data, SERVICES).start()
    assert Servers(stopped.data, SERVICES).addresses == stopped.addresses
    assert kept_number(stopped) == 7


STARTER = """
import os, sys, threading
from pathlib import Path
from kendi.servers import Servers

def start():
    servers = Servers(Path(sys.argv[1]), sys.argv[2].split(","), fsync=False)
    print(servers.start().app_urls["orders"], servers.postgres.pid, servers.broker.pid, flush=True)
    if sys.argv[3] == "stop":
        servers.stop()

if sys.argv[3] == "thread":
    starting = threading.Thread(target=start)
    starting.start()
    starting.join()
else:
    start()
if sys.argv[3] != "stop":
    os.kill(os.getpid(), 9)
"""


def starter(data: Path, way: str, *before: str) -> tuple[str, int, int]:
    """Start servers in a process of their own, and end it in some way; returns a database and both pids."""
    command = [*before, sys.executable, "-c", STARTER, str(data), ",".join(SERVICES), way]
    told = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, cwd=Path(__file__).parents[2]
    )
    assert told.stdout, told.stderr
    url, postgres, broker = told.stdout.split()
    return url, int(postgres), int(broker)


def test_servers_that_outlived_their_starter_are_ended_by_the_next_start(stopped: Servers) -> None:
    _, *leftovers = starter(stopped.data, "thread")
    assert not any(has_ended(pid) for pid in leftovers)
    stopped.start()
    assert all(has_ended(pid) for pid in leftovers)
    assert kept_number(stopped) == 7


@pytest.mark.skipif(not shutil.which("setpriv"), reason="only Linux ties a process to its parent")
def test_servers_end_with_a_starter_that_is_killed(stopped: Servers) -> None:
    _, *pids = starter(stopped.data, "main thread")
    until(lambda: all(has_ended(pid) for pid in pids))


def test_a_stranger_that_has_the_number_of_a_leftover_is_left_alone(stopped: Servers) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        for pid_file in (stopped.postgres.pid_file, stopped.broker.pid_file):
            pid_file.write_text(f"{stranger.pid}\n")
        stopped.start()
        assert stranger.poll() is None
        stranger.kill()
    assert kept_number(stopped) == 7


def test_a_service_can_join_later(stopped: Servers) -> None:
    more = Servers(stopped.data, [*SERVICES, "billing"], fsync=False)
    with more:
        assert execute(more.addresses.app_urls["billing"], "SELECT current_user") == [("billing_app",)]
        assert kept_number(more) == 7
        with client(more.addresses.broker_urls["orders"]) as orders:
            assert orders.llen("billing.receive") == 0


def test_a_first_start_that_was_killed_half_way_begins_anew(tmp_path: Path) -> None:
    half = tmp_path / "postgres.new" / "cluster"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with Servers(tmp_path, ["orders"], fsync=False) as servers:
        execute(servers.addresses.admin_database_url, "COMMENT ON DATABASE kendi_orders IS NULL")
        execute(servers.addresses.admin_database_url, "GRANT CONNECT ON DATABASE kendi_orders TO PUBLIC")
    with Servers(tmp_path, ["orders"], fsync=False) as servers:
        public = "SELECT has_database_privilege('public', 'kendi_orders', 'CONNECT')"
        assert execute(servers.addresses.app_urls["orders"], public) == [(False,)]


def test_a_port_that_is_taken_is_named_in_one_line(stopped: Servers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for ports in ({"postgres_port": port}, {"broker_port": port}):
            with pytest.raises(ServersError, match=r"did not start: .*; see .*\.log") as told:
                Servers(stopped.data, SERVICES, fsync=False, **ports).start()
            assert "\n" not in str(told.value)


def test_lost_passwords_are_told_in_one_line(stopped: Servers) -> None:
    kept = stopped.data / "servers.json"
    aside = kept.rename(kept.with_suffix(".aside"))
    try:
        with pytest.raises(ServersError, match="password authentication failed"):
            stopped.start()
    finally:
        aside.replace(kept)


@pytest.mark.parametrize("name", ["admin", "Orders", "or ders", "", "1st", "a" * 50])
def test_a_name_that_is_no_name_for_a_service_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ServersError, match="can't name a service"):
        Servers(tmp_path, [name])


# Who runs them ----------------------------------------------------------------------------------


def test_what_holds_passwords_is_for_its_owner_only(servers: Servers) -> None:
    files = [servers.data / "servers.json", servers.data / "broker.conf"]
    files += (servers.data / "logs").iterdir()
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((servers.data / "postgres").stat().st_mode) == 0o700


def test_no_log_and_no_command_line_tells_a_password(servers: Servers, addresses: Addresses) -> None:
    passwords = {url.split("@")[0].rsplit(":", 1)[1] for url in (*addresses.app_urls.values(),)}
    passwords |= {url.split("@")[0].rsplit(":", 1)[1] for url in (*addresses.broker_urls.values(),)}
    told = "".join(file.read_text() for file in (servers.data / "logs").iterdir())
    told += (servers.data / "broker.conf").read_text()
    for pid in (servers.postgres.pid, servers.broker.pid):
        told += "".join(file.read_text() for file in Path("/proc").glob(f"{pid}/cmdline"))
    assert not [password for password in passwords if password in told]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the servers to another user")
def test_root_runs_neither_as_root(servers: Servers) -> None:
    written = {file.stat().st_uid for file in (servers.postgres.pid_file, servers.broker.pid_file)}
    assert 0 not in written


@pytest.mark.skipif(not shutil.which("setpriv"), reason="another user is tried with setpriv")
@pytest.mark.skipif(os.geteuid() != 0, reason="all the other tests ran as another user than root")
def test_another_user_than_root_starts_them_too(tmp_path: Path) -> None:
    """The user keeps the right to pass folders: the interpreter and the checkout may lie below /root."""
    os.chown(tmp_path, 65534, 65534)
    right = "dac_override"
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    as_nobody += [f"--inh-caps=+{right}", f"--ambient-caps=+{right}"]
    _, *pids = starter(tmp_path, "stop", *as_nobody)
    assert all(has_ended(pid) for pid in pids)
    assert {path.stat().st_uid for path in tmp_path.rglob("*")} == {65534}
