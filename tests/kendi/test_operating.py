"""``kendi status`` and ``kendi events`` over the services' databases and the broker."""

import importlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis
from click.testing import CliRunner, Result
from sqlalchemy import func, insert, select, text

from kendi.cli import main
from kendi.servers import Addresses, Servers
from shared.database import Database
from shared.events.orders import OrderClosed
from shared.messaging.inbox import PARK_AFTER, apply_due
from shared.messaging.outbox import record
from shared.messaging.reactions import NotYet
from shared.messaging.tables import Inbox, inbox, operator_action, outbox_delivery, parked_message
from shared.sight import SERVICE
from tests.carrying import Services
from tests.conftest import REPOSITORY
from tests.hearing import Hearing

SERVICES = ("orders", "production", "logistics")
ORDER = UUID(int=7)
REASON = "Told by mistake; the buyer was called."


@dataclass
class System:
    """Three empty databases, a broker, and the command over them."""

    databases: dict[str, Database]
    environment: dict[str, str]
    failing: Exception | None = None

    def __post_init__(self) -> None:
        self.hearing = Hearing(self.databases["production"], {OrderClosed: self._on_closed})

    def _on_closed(self, *_: Any) -> None:
        if self.failing:
            raise self.failing

    def kendi(self, *arguments: str, **environment: str) -> Result:
        everything = {"COLUMNS": "0"} | self.environment | environment  # not folded, unless a test asks
        return CliRunner().invoke(main, [*arguments], env=everything)

    def said(self, *arguments: str) -> Any:
        """What the command says in JSON."""
        answer = self.kendi(*arguments, "--json")
        assert answer.exit_code == 0, answer.output
        return json.loads(answer.output)

    def park(self) -> str:
        """An event of orders that production parked, and another that waits behind it."""
        self.failing = ValueError("poison")
        self.hearing.hears(OrderClosed(order_id=ORDER))
        for _ in range(PARK_AFTER):
            self.run("production", "UPDATE inbox SET next_at = now() WHERE state < 2")
            apply_due(self.databases["production"], self.hearing.reactions)
        self.failing = None
        self.hearing.hears(OrderClosed(order_id=ORDER))
        return str(self.one("production", select(inbox.c.event_id).where(inbox.c.state == Inbox.PARKED)))

    def go_on(self) -> None:
        apply_due(self.databases["production"], self.hearing.reactions)

    def states(self) -> list[int]:
        with self.databases["production"].transaction() as session:
            return list(session.execute(select(inbox.c.state).order_by(inbox.c.sequence)).scalars())

    def run(self, service: str, statement: str) -> None:
        with self.databases[service].transaction() as session:
            session.execute(text(statement))

    def one(self, service: str, query: Any) -> Any:
        with self.databases[service].transaction() as session:
            return session.execute(query).scalar_one()


@pytest.fixture
def system(addresses: Addresses, database_of: Callable[[str], Database]) -> System:
    environment = {"KENDI_BROKER_URL": addresses.admin_broker_url}
    for service in SERVICES:
        environment[f"KENDI_{service.upper()}_DATABASE_URL"] = addresses.app_urls[service]
    with redis.Redis.from_url(addresses.admin_broker_url) as broker:
        broker.flushall()
    return System({service: database_of(service) for service in SERVICES}, environment)


# Status


def test_status_tells_of_each_service_what_is_on_its_way(system: System, addresses: Addresses) -> None:
    system.park()
    with system.databases["orders"].transaction() as session:
        record(session, OrderClosed(order_id=ORDER))
    with redis.Redis.from_url(addresses.admin_broker_url) as broker:
        broker.lpush("production.receive", "a batch", "another")
    said = system.said("status")
    assert list(said) == list(SERVICES)
    assert [each["pending"] for each in said["orders"]["outbox"]] == [1, 1]
    assert (said["production"]["parked"], said["production"]["waiting"]) == (1, 1)
    assert said["production"]["queues"] == {"receive": 2, "receipt": 0, "wake": 0}
    assert said["production"]["warnings"] == ["parked events: 1"]


def figures(output: str) -> dict[str, list[str]]:
    """The lines of the table by their names."""
    rows = [re.split(r"  +", line) for line in output.splitlines()]
    return {row[0]: row[1:] for row in rows}


def test_status_is_a_column_for_each_service_and_a_line_for_each_warning(system: System) -> None:
    system.park()
    system.run("production", "INSERT INTO heartbeat VALUES ('production worker', 'a', 1, now(), now())")
    output = system.kendi("status").output
    assert figures(output) == {
        "": [*SERVICES],
        "to send": ["0", "0", "0"],
        "unconfirmed": ["0", "0", "0"],
        "oldest": ["–", "–", "–"],
        "waiting": ["0", "1", "0"],
        "oldest of them": ["–", "0 s", "–"],
        "parked": ["0", "1", "0"],
        "in queue": ["0", "0", "0"],
        "workers alive": ["none", "1", "none"],
        "relays alive": ["none", "none", "none"],
        "last receipt": ["never", "never", "never"],
        "production: parked events: 1": [],
    }


def test_status_shows_what_it_can_reach_and_fails_for_the_rest(system: System) -> None:
    nowhere = "postgresql+psycopg://a:b@127.0.0.1:1/c"
    answer = system.kendi(
        "status", KENDI_ORDERS_DATABASE_URL=nowhere, KENDI_BROKER_URL="redis://127.0.0.1:1/0"
    )
    assert answer.exit_code == 1
    shown = figures(answer.stdout)
    assert {name: row[0] for name, row in shown.items() if name} == dict.fromkeys([*shown][1:], "?")
    assert (shown["parked"], shown["in queue"]) == (["?", "0", "0"], ["?", "?", "?"])
    assert "orders: the database does not answer" in answer.stderr
    assert "production: the broker does not answer" in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_an_event_that_waits_for_more_than_an_hour_is_warned_of(system: System) -> None:
    system.failing = NotYet("orders", "item/X")
    system.hearing.hears(OrderClosed(order_id=ORDER))
    system.run("production", "UPDATE inbox SET received_at = now() - interval '61 min'")
    said = system.said("status")["production"]
    assert said["warnings"] == ["events that wait for orders to tell of item/X: 1, the oldest for 61 min"]
    assert [wait["waits_for"] for wait in said["long_waits"]] == ["orders item/X"]


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["status", str(ORDER)],
        ["events", "list"],
        ["events", "parked"],
        ["events", "show", "ID"],
        ["events", "retry", "--all", "--dry-run"],
    ],
)
def test_on_a_narrow_terminal_lines_are_folded_between_words(system: System, command: list[str]) -> None:
    id = system.park()
    system.run("production", f"UPDATE inbox SET last_error = 'ValueError({'x' * 500})' WHERE state = 3")
    system.failing = NotYet("orders", f"order/{UUID(int=9)}")
    system.hearing.hears(OrderClosed(order_id=UUID(int=8)))
    system.run("production", "UPDATE inbox SET received_at = now() - interval '1 day'")
    with system.databases["orders"].transaction() as session:
        record(session, *(OrderClosed(order_id=ORDER) for _ in range(1000)))
    arguments = [id if argument == "ID" else argument for argument in command]
    narrow, wide = (system.kendi(*arguments, COLUMNS=columns).output for columns in ("80", "2000"))
    assert max(map(len, narrow.splitlines())) <= 80
    assert set(re.findall(r"\S+/[0-9a-f-]{36}", wide)) == set(re.findall(r"\S+/[0-9a-f-]{36}", narrow))


def test_status_needs_no_address_beside_a_folder_of_kendi_up(servers: Servers, system: System) -> None:
    nothing = dict.fromkeys(system.environment, "")
    answer = system.kendi("status", "--data", str(servers.data), **nothing)
    assert (answer.exit_code, figures(answer.output)[""]) == (0, [*SERVICES])


def test_without_an_address_or_a_folder_it_is_said_what_to_set(system: System, tmp_path: Path) -> None:
    nothing = dict.fromkeys(system.environment, "")
    answer = system.kendi("status", "--data", str(tmp_path), **nothing)
    assert answer.exit_code == 1
    assert "KENDI_ORDERS_DATABASE_URL is not set" in answer.stderr


def test_status_watches_until_it_is_interrupted(system: System) -> None:
    watching = subprocess.Popen(
        [sys.executable, "-m", "kendi", "status", "--watch", "--json"],
        cwd=REPOSITORY,
        env=os.environ | system.environment,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=_hear_ctrl_c,  # noqa: PLW1509  # nothing here runs threads
    )
    assert watching.stdout
    try:
        looks = [json.loads(watching.stdout.readline())["production"]["parked"]]
        system.park()
        deadline = time.monotonic() + 30
        while looks[-1] == 0 and time.monotonic() < deadline:
            looks.append(json.loads(watching.stdout.readline())["production"]["parked"])
        watching.send_signal(signal.SIGINT)
        watching.communicate(timeout=10)
    finally:
        watching.kill()
    assert (looks[0], looks[-1], watching.returncode) == (0, 1, 0)


def _hear_ctrl_c() -> None:
    """A shell that starts tests in the background has them ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


# Why does this order wait?


def test_an_order_behind_a_parked_event_is_said_to_wait_for_an_operator(system: System) -> None:
    id = system.park()
    (line,) = system.kendi("status", str(ORDER)).output.splitlines()
    assert line.startswith(
        f"production parked kendi.orders.order_closed.v1 (1 of order/{ORDER}) after 8 tries: ValueError('poison')"
    )
    assert f"kendi events retry {id}, or discard" in line
    assert line.endswith("; 1 more behind it")


def test_what_holds_up_the_subject_that_an_order_waits_for_is_said_too(system: System) -> None:
    other = uuid4()
    system.park()
    system.failing = NotYet("orders", f"order/{ORDER}")
    system.hearing.hears(OrderClosed(order_id=other))
    with system.databases["orders"].transaction() as session:
        record(session, OrderClosed(order_id=ORDER))
    said = system.said("status", str(other))
    assert [(each["why"], each["waiting"], each["owed_by"]) for each in said["awaited"]] == [
        ("parked", "production", "production"),
        ("not yet", "production", "orders"),
        ("not confirmed", "orders", "logistics"),
        ("not confirmed", "orders", "production"),
    ]
    assert f"until orders tells of order/{ORDER}" in system.kendi("status", str(other)).output


def test_an_order_of_which_all_took_effect_waits_for_nothing(system: System) -> None:
    system.hearing.hears(OrderClosed(order_id=ORDER))
    with system.databases["orders"].transaction() as session:
        record(session, OrderClosed(order_id=ORDER))
    system.run("orders", "UPDATE outbox_delivery SET state = 2")
    (line,) = system.kendi("status", str(ORDER)).output.splitlines()
    assert (
        line == f"nothing about order {ORDER} is on its way: orders told 1 events of it, production applied 1"
    )


def test_what_each_line_waits_for_is_said_with_who_owes_it(
    system: System, addresses: Addresses, database_of: Callable[[str], Database]
) -> None:
    services = Services.empty(addresses, database_of)
    order = services.place()
    services.carry()
    said = system.said("status", str(order))
    assert said["awaited"] == []
    (step,) = said["next"]
    assert step["owners"]
    assert f"{step['text']}: owed by" in system.kendi("status", str(order)).output.splitlines()[-1]


def test_an_order_that_nobody_knows_is_said_so(system: System) -> None:
    answer = system.kendi("status", str(ORDER))
    assert (answer.exit_code, answer.stderr) == (1, f"kendi: No service knows the order {ORDER}.\n")


# Events


def test_events_are_listed_once_with_what_each_service_knows_of_them(system: System) -> None:
    with system.databases["orders"].transaction() as session:
        (row,) = record(session, OrderClosed(order_id=ORDER))
    system.hearing.ids = iter([row.event_id.int])
    system.hearing.hears(OrderClosed(order_id=ORDER))
    (event,) = system.said("events", "list", "--order", str(ORDER))["events"]
    places = [(entry["told_by"], entry["subscriber"], entry["state"]) for entry in event["entries"]]
    assert sorted(places) == [
        ("orders", "logistics", "due"),
        ("orders", "production", "due"),
        ("production", "production", "done"),
    ]
    lines = system.kendi("events", "list").output.splitlines()
    assert lines[0].startswith(f"{row.event_id}  kendi.orders.order_closed.v1  1 of order/{ORDER}")
    assert lines[1:] == [
        "    orders → logistics: due",
        "    orders → production: due",
        "    in production: done",
    ]


def test_a_page_of_events_names_where_the_next_begins(system: System) -> None:
    with system.databases["orders"].transaction() as session:
        record(session, *(OrderClosed(order_id=ORDER) for _ in range(3)))
    first = system.said("events", "list", "--limit", "2")
    second = system.said("events", "list", "--limit", "2", "--before", first["before"])
    numbers = [event["entries"][0]["sequence"] for page in (first, second) for event in page["events"]]
    assert (numbers, second["before"]) == ([3, 2, 1], None)


def test_parked_events_and_messages_are_listed_with_their_errors(system: System) -> None:
    id = system.park()
    with system.databases["logistics"].transaction() as session:
        session.execute(insert(parked_message).values(reason="forged", message={}))
    said = system.said("events", "parked")
    assert [event["event_id"] for event in said["events"]] == [id]
    assert [(each["service"], each["reason"]) for each in said["messages"]] == [("logistics", "forged")]
    shown = system.kendi("events", "parked").output
    assert "in production: parked after 8 tries: ValueError('poison') (fingerprint " in shown
    assert "message 1 in logistics" in shown
    assert system.said("events", "parked", "--older-than", "1h")["events"] == []


def test_an_event_is_shown_from_both_sides_with_what_operators_did(system: System) -> None:
    id = system.park()
    system.kendi("events", "discard", id, "--reason", REASON)
    shown = system.kendi("events", "show", id).output
    assert "production, as subscriber:" in shown
    assert "state: discarded" in shown
    assert f"discard: {REASON}" in shown
    (known,) = system.said("events", "show", id)["known"]
    assert known["data"] == {"order_id": str(ORDER)}


@pytest.mark.parametrize("by", ["id", "fingerprint", "all", "order", "type", "age"])
def test_a_retried_event_and_what_waited_behind_it_take_effect(system: System, by: str) -> None:
    id = system.park()
    fingerprint = system.one(
        "production", select(inbox.c.error_fingerprint).where(inbox.c.state == Inbox.PARKED)
    )
    which = {
        "id": [id],
        "fingerprint": ["--fingerprint", fingerprint],
        "all": ["--all"],
        "order": ["--order", str(ORDER)],
        "type": ["--type", "kendi.orders.order_closed.v1"],
        "age": ["--older-than", "0s"],
    }[by]
    assert system.said("events", "retry", *which)["retried"] == {"production": [id]}
    system.go_on()
    assert system.states() == [Inbox.DONE, Inbox.DONE]


def test_what_fits_is_said_before_it_is_tried_again(system: System) -> None:
    id = system.park()
    assert system.kendi("events", "retry", "--order", str(ORDER)).output.splitlines() == [
        "fit in production: 1",
        f"    {id}  kendi.orders.order_closed.v1  1 of order/{ORDER}",
        "tried again in production: 1",
    ]


@pytest.mark.parametrize("command", [["retry"], ["discard", "--reason", REASON]])
def test_a_dry_run_says_what_fits_and_does_nothing(system: System, command: list[str]) -> None:
    id = system.park()
    said = system.said("events", *command, "--order", str(ORDER), "--dry-run")
    assert said["fits"]["production"]["count"] == 1
    assert [event["event_id"] for event in said["fits"]["production"]["events"]] == [id]
    assert {name: done for name, done in said.items() if name != "fits"} in (
        {"retried": {}},
        {"discarded": {}},
    )
    assert system.states() == [Inbox.PARKED, Inbox.PENDING]
    assert system.kendi("events", *command, id, "--dry-run").output == "nothing was done\n"


@pytest.mark.parametrize("command", [["retry"], ["discard", "--reason", REASON]])
def test_of_events_that_are_named_all_are_done_or_none(system: System, command: list[str]) -> None:
    id, unknown = system.park(), uuid4()
    answer = system.kendi("events", *command, id, str(unknown))
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert answer.stderr == (
        f"kendi: Nothing was done, as no service has this parked or waiting: {unknown}.\n"
    )
    assert system.states() == [Inbox.PARKED, Inbox.PENDING]


def test_what_one_service_refuses_is_done_in_no_other(system: System) -> None:
    id, other = system.park(), uuid4()
    system.run(
        "logistics",
        f"""INSERT INTO inbox (source, event_id, subject, sequence, type, occurred_at, actor_role, data, state)
        VALUES ('orders', '{other}', 'order/1', 5, 'x', now(), 'system', '{{}}', 3)""",
    )
    answer = system.kendi("events", "discard", id, str(other), "--reason", REASON)
    assert answer.exit_code == 1
    assert "The event is number 5 of order/1, and number 1 comes first" in answer.stderr
    assert system.states() == [Inbox.PARKED, Inbox.PENDING]
    assert system.one("production", select(func.count()).select_from(operator_action)) == 0


def test_a_discarded_event_lets_what_waited_behind_it_go_on(system: System) -> None:
    id = system.park()
    answer = system.kendi("events", "discard", id, "--reason", REASON)
    assert (answer.exit_code, answer.output) == (0, "discarded in production: 1\n")
    system.go_on()
    assert system.states() == [Inbox.DISCARDED, Inbox.DONE]
    with system.databases["production"].transaction() as session:
        action = session.execute(select(operator_action)).one()
    assert (action.action, action.what, action.reason, action.actor_role) == (
        "discard",
        id,
        REASON,
        "command line",
    )
    assert "@" in action.actor


def test_what_fits_is_discarded_when_it_was_said_and_agreed_to(system: System) -> None:
    id = system.park()
    command = ("events", "discard", "--order", str(ORDER), "--reason", REASON)
    asked = system.kendi(*command)
    assert asked.exit_code == 1
    assert asked.stdout.startswith(f"fit in production: 1\n    {id}  kendi.orders.order_closed.v1")
    assert "for ever?" in asked.stderr
    assert system.states() == [Inbox.PARKED, Inbox.PENDING]
    assert system.said(*command, "--yes")["discarded"] == {"production": [id]}
    assert system.states() == [Inbox.DISCARDED, Inbox.PENDING]


@pytest.mark.parametrize(
    "which", [["--since", "1h"], ["--order", str(ORDER)], ["--type", "kendi.orders.order_closed.v1"]]
)
def test_what_a_subscriber_lost_is_sent_again(system: System, which: list[str]) -> None:
    with system.databases["orders"].transaction() as session:
        (row,) = record(session, OrderClosed(order_id=ORDER))
    system.run("orders", "UPDATE outbox_delivery SET state = 2, attempts = 3")
    dry = system.said("events", "resend", "--to", "production", *which, "--dry-run")
    assert (dry["fits"]["orders"]["count"], dry["sent"]) == (1, {})
    answer = system.kendi("events", "resend", "--to", "production", *which)
    assert (answer.exit_code, answer.output.splitlines()[-1]) == (0, "sent again to production: 1")
    assert f"    {row.event_id}  kendi.orders.order_closed.v1  1 of order/{ORDER}" in answer.output
    due = select(outbox_delivery.c.subscriber).where(outbox_delivery.c.state == 0)
    assert system.one("orders", due) == "production"


def test_a_long_resend_says_how_far_it_is(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.messaging.resending.STEP", 10)
    with system.databases["orders"].transaction() as session:
        record(session, *(OrderClosed(order_id=ORDER) for _ in range(25)))
    answer = system.kendi("events", "resend", "--to", "production", "--since", "1h")
    assert answer.stderr.splitlines() == [
        *("orders: 20 fit so far", "orders: 25 fit so far"),
        *("orders: 10 of 25", "orders: 20 of 25", "orders: 25 of 25"),
    ]
    assert "fit in orders: 25\n" in answer.stdout
    assert "    and 5 more\n" in answer.stdout


def test_of_events_to_be_sent_again_all_are_or_none(system: System) -> None:
    with system.databases["orders"].transaction() as session:
        (row,) = record(session, OrderClosed(order_id=ORDER))
    system.run("orders", "UPDATE outbox_delivery SET state = 2")
    unknown = uuid4()
    answer = system.kendi("events", "resend", str(row.event_id), str(unknown), "--to", "production")
    assert answer.stderr == (f"kendi: Nothing was sent, as no service told production of this: {unknown}.\n")
    assert system.one("orders", select(func.min(outbox_delivery.c.state))) == 2


def test_parked_messages_are_listed_page_by_page(system: System) -> None:
    with system.databases["logistics"].transaction() as session:
        forged = [{"reason": "forged", "message": {"payload": n}, "times": n} for n in (1, 2, 3)]
        session.execute(insert(parked_message), forged)
    first = system.kendi("events", "parked", "--limit", "2").output.splitlines()
    assert [line.partition(" ago")[2] for line in first[:2]] == [", 3 times: forged", ", 2 times: forged"]
    assert first[-1] == "older messages: --messages-before 2 --service logistics"
    (last,) = system.said("events", "parked", "--messages-before", "2", "--service", "logistics")["messages"]
    assert (last["id"], last["times"]) == (1, 1)


def test_a_parked_message_is_dismissed_with_a_reason(system: System) -> None:
    with system.databases["logistics"].transaction() as session:
        session.execute(insert(parked_message).values(reason="forged", message={}))
    answer = system.kendi("events", "dismiss", "1", "--service", "logistics", "--reason", REASON)
    assert (answer.exit_code, answer.output) == (0, "dismissed in logistics: message 1\n")
    assert system.said("events", "parked")["messages"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["retry", "--all"], "Nothing parked fits"),
        (["retry", str(ORDER)], f"Nothing was done, as no service has this parked or waiting: {ORDER}"),
        (["retry", "--fingerprint", "x"], "Nothing parked fits"),
        (["discard", "--order", str(ORDER), "--reason", REASON, "--yes"], "Nothing parked fits"),
        (
            ["discard", str(ORDER), "--reason", REASON],
            f"Nothing was done, as no service has this parked or waiting: {ORDER}",
        ),
        (["show", str(ORDER)], f"No service knows the event {ORDER}"),
        (["resend", str(ORDER), "--to", "production"], "Nothing was sent, as no service told production of"),
        (
            ["resend", "--to", "orders", "--service", "orders", "--since", "1h"],
            "orders does not hear this service",
        ),
        (["dismiss", "9", "--service", "orders", "--reason", REASON], "There is no parked message 9"),
        (
            ["dismiss", str(2**64), "--service", "orders", "--reason", REASON],
            f"There is no parked message {2**64}",
        ),
        (
            ["dismiss", "9", "--service", "orders", "--reason", "a" * 2001],
            "Give a reason of 10 characters or more, 2000 at most",
        ),
    ],
)
def test_what_can_not_be_done_is_said_in_one_line(system: System, arguments: list[str], said: str) -> None:
    answer = system.kendi("events", *arguments)
    assert answer.exit_code == 1
    assert answer.stderr.startswith(f"kendi: {said}")
    assert answer.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["retry"], "give ids, or filters such as --fingerprint, or --all"),
        (["retry", "--all", "--fingerprint", "x"], "give ids, or filters such as --fingerprint, or --all"),
        (["retry", str(ORDER), "--order", str(ORDER)], "give ids, or filters"),
        (["discard", "--reason", REASON], "give ids, or filters"),
        (["discard", "--order", str(ORDER)], "--reason"),
        (["resend", "--to", "production"], "give ids, or filters such as --since"),
        (["parked", "--messages-before", "2"], "say with --service"),
        (["resend", "--to", "production", "--since", "2026-01-31T08:00:00"], "no time with a zone"),
        (["resend", "--to", "production", "--since", "noon"], "no time with a zone"),
        (["resend", "--to", "nobody", "--since", "1h"], "nobody"),
        (["list", "--older-than", "soon"], "no length of time"),
        (["list", "--order", "12"], "12"),
        (["list", "--type", "\udcff"], "give plain text"),
        (["retry", "--fingerprint", ""], "give plain text"),
        (["parked", "--messages-before", str(2**63), "--service", "orders"], "is not in the range"),
        (["list", "--state", "lost"], "lost"),
        (["discard", str(ORDER)], "--reason"),
    ],
)
def test_what_is_not_understood_is_refused_with_what_would_be_right(
    system: System, arguments: list[str], said: str
) -> None:
    answer = system.kendi("events", *arguments)
    assert answer.exit_code == 2
    assert said in answer.stderr
    assert system.states() == []


def test_an_event_that_waits_in_two_services_is_discarded_in_the_one_that_is_named(system: System) -> None:
    id = system.park()
    with system.databases["production"].transaction() as session:
        row = session.execute(select(inbox).where(inbox.c.event_id == UUID(id))).mappings().one()
    with system.databases["logistics"].transaction() as session:
        session.execute(insert(inbox).values(**row))
    answer = system.kendi("events", "discard", id, "--reason", REASON)
    assert answer.stderr == (
        f"kendi: The event {id} waits in production and logistics; say which with --service.\n"
    )
    answer = system.kendi("events", "discard", id, "--reason", REASON, "--service", "logistics")
    assert answer.exit_code == 0
    assert system.states()[0] == Inbox.PARKED


def test_a_database_without_its_newest_tables_is_told_to_be_migrated(
    system: System, addresses: Addresses
) -> None:
    owner = Database(addresses.owner_urls["production"], sees=SERVICE, pool_size=1)
    with owner.transaction() as session:
        session.execute(text("ALTER TABLE heartbeat RENAME TO other"))
    try:
        answer = system.kendi("status")
    finally:
        with owner.transaction() as session:
            session.execute(text("ALTER TABLE other RENAME TO heartbeat"))
        owner.close()
    assert answer.exit_code == 1
    assert "production: run kendi migrate first" in answer.stderr


def test_every_command_of_operators_has_an_example() -> None:
    events = importlib.import_module("kendi.operating").events
    for name in ("status", *(f"events {command}" for command in events.commands)):
        assert f"Example: kendi {name}" in CliRunner().invoke(main, [*name.split(), "--help"]).output
