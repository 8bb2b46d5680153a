"""The campaign's counts: what is in flight, what took effect, and whether what was promised is there."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from random import Random
from typing import Any, ClassVar, cast
from uuid import uuid4

import pytest

from kendi.faults.client import Client
from kendi.faults.ground import SERVICES, Ground
from kendi.faults.kinds import KINDS, Scene
from kendi.faults.ledger import Ledger
from kendi.faults.proxy import Spoil
from kendi.faults.stream import Stream, StreamBroke
from kendi.faults.verdict import TRACES, Verdict, judge
from kendi.faults.watching import Gauge
from tests.awaiting import until

pytestmark = pytest.mark.flow

HEARD = """
    INSERT INTO inbox (source, event_id, subject, sequence, type, occurred_at, actor_role, data)
    VALUES ('orders', %s, %s, %s, 'kendi.orders.order_placed.v1', now(), 'buyer', '{}')"""
TOOK_EFFECT = """
    INSERT INTO campaign_effect (source, event_id, subject, sequence)
    VALUES ('orders', md5(%s::text)::uuid, %s, %s)"""


@pytest.fixture(scope="module")
def ground(prepared: Callable[[str], Path]) -> Iterator[Ground]:
    """A system in which nothing moves by itself: there are neither workers nor relays."""
    data = prepared("ground")
    with Ground(data, free_ports=True, fsync=False, kinds=("web",), say=lambda _: None) as running:
        yield running


@pytest.fixture
def stream(ground: Ground) -> Iterator[Stream]:
    clients = Stream(ground, seed=1)
    yield clients
    clients.stop()


@pytest.fixture
def gauge(ground: Ground) -> Iterator[Gauge]:
    looking = Gauge(ground)
    yield looking
    looking.close()


def effects(ground: Ground, subject: str, *numbers: int) -> Verdict:
    for number in numbers:
        ground.execute("production", TOOK_EFFECT, f"{subject} {number}", subject, number)
    return judge(ground, Ledger())


def test_a_delivery_that_is_neither_confirmed_nor_applied_counts_once(
    ground: Ground, stream: Stream, gauge: Gauge
) -> None:
    order = stream.place("PO-ONCE")
    query = "SELECT event_id FROM outbox_event WHERE subject = %s ORDER BY sequence"
    first, *_ = ground.column("orders", query, f"order/{order}")
    before = gauge.under_way()
    ground.execute("production", HEARD, first, f"order/{order}", 1)
    assert gauge.under_way() == before
    confirm = """
        UPDATE outbox_delivery SET state = 2 FROM outbox_event
        WHERE id = event_pk AND event_id = %s AND subscriber = 'production'"""
    ground.execute("orders", confirm, first)
    assert gauge.under_way() == before
    ground.execute("production", "DELETE FROM inbox WHERE event_id = %s", first)
    assert gauge.under_way() == (before or 0) - 1


def test_what_waits_behind_planted_poison_is_not_in_flight(
    ground: Ground, stream: Stream, gauge: Gauge
) -> None:
    order = stream.place("PO-POISONED")
    under_way = gauge.under_way()
    assert under_way == gauge.in_flight()
    ground.poisoned.add(f"order/{order}")
    assert gauge.under_way() == under_way
    assert (gauge.in_flight() or 0) < (under_way or 0)
    ground.poisoned.clear()


def test_poison_that_got_no_answer_is_sent_again_and_mended_with_the_rest(
    ground: Ground, stream: Stream
) -> None:
    (strike,) = (each.strike for each in KINDS if each.name == "poison that raises")
    steps = strike(Scene(ground, stream, Random(1)))
    ground.proxies["postgres"].spoil(Spoil(lost_commits=1))
    next(steps)
    assert not ground.poisoned
    ground.proxies["postgres"].spoil(Spoil())
    until(lambda: next(steps) and ground.poisoned)
    ground.poisoned.clear()


def test_an_effect_that_took_place_twice_is_doubled(ground: Ground) -> None:
    assert effects(ground, "order/a", 1, 2).doubled == 0
    verdict = effects(ground, "order/a", 2)
    assert (verdict.doubled, verdict.out_of_order) == (1, 0)
    assert "production: number 2 of order/a of orders took effect 2 times" in verdict.examples


def test_effects_in_another_order_than_their_numbers_are_out_of_order(ground: Ground) -> None:
    assert effects(ground, "order/b", 2, 1).out_of_order == 2


def test_an_event_that_is_marked_as_done_without_an_effect_is_lost(ground: Ground) -> None:
    before = judge(ground, Ledger()).lost
    ground.execute("logistics", HEARD, "0" * 32, "order/c", 1)
    ground.execute("logistics", "UPDATE inbox SET state = 2 WHERE subject = 'order/c'")
    assert "logistics: number 1 of order/c of orders is marked as done and took no effect" in (
        judge(ground, Ledger()).examples
    )
    assert judge(ground, Ledger()).lost > before


@pytest.mark.parametrize("what", sorted(TRACES))
def test_what_was_promised_and_is_not_there_is_lost(ground: Ground, what: str) -> None:
    ledger, before = Ledger(), judge(ground, Ledger()).lost
    ledger.note(what, "that nobody has heard of", "failed")
    ledger.note(what, "that nobody has heard of", "unknown")
    assert judge(ground, ledger).lost == before
    ledger.note(what, "that nobody has heard of", "ok")
    assert judge(ground, ledger).lost == before + 1


def test_an_order_that_was_refused_and_is_there_is_too_much(ground: Ground, stream: Stream) -> None:
    stream.place("PO-REFUSED")
    ledger, before = Ledger(), judge(ground, stream.ledger).not_conserved
    ledger.note("order", "PO-REFUSED", "failed")
    assert judge(ground, ledger).not_conserved == before + 1


SOMEBODY, SOMETHING = uuid4(), uuid4()
TWICE: dict[str, tuple[str, int, str, str]] = {
    "cancel": (
        "twice",
        1,
        """INSERT INTO cancellation (id, line_number, order_id, asked, reason, unpack, asked_on, stopped, lots,
               going_on, kept, answered_on)
           VALUES (gen_random_uuid(), 1, '{something}', 1, 'twice', false, now(), 1, '[]', '[]', '[]', now())""",
        "DELETE FROM cancellation WHERE reason = 'twice'",
    ),
    "amend": (
        f"{SOMETHING} 20 2027-01-31 Consignee twice",
        1,
        """INSERT INTO outbox_event (event_id, subject_kind, subject, sequence, type, occurred_at, actor_role, data)
           VALUES (gen_random_uuid(), 'order', 'order/{something}', {number},
               'kendi.orders.order_line_amended.v1', now(), 'buyer',
               '{{"order_id": "{something}", "line": 1, "ordered": 20, "requested_date": "2027-01-31",
                  "consignee": {{"name": "Consignee twice", "address": ["x"], "country": "ID"}},
                  "screening": "allow", "policies": []}}')""",
        "DELETE FROM outbox_event WHERE subject = 'order/{something}'",
    ),
    "hours": (
        f"{SOMETHING} {SOMEBODY}",
        15,
        """INSERT INTO hours_entry (facility, worker_id, work_order_id, worked_on, minutes, recorded_at)
           VALUES ('LPS-SRG', '{somebody}', '{something}', now(), 15, now())""",
        "DELETE FROM hours_entry",
    ),
    "share": (
        "twice",
        1,
        """INSERT INTO premi_entry (facility, kind, booked_on, recorded_at, lot)
           VALUES ('LPS-SRG', 'shared', now(), now(), 'twice')""",
        "DELETE FROM premi_entry",
    ),
    "pay": (
        str(SOMEBODY),
        5,
        """WITH entry AS (INSERT INTO premi_entry (facility, kind, booked_on, recorded_at)
               VALUES ('LPS-SRG', 'paid', now(), now()) RETURNING id)
           INSERT INTO premi_line (entry_id, number, account, worker_id, idr)
           SELECT id, 1, 'worker', '{somebody}', 5 FROM entry""",
        "DELETE FROM premi_line; DELETE FROM premi_entry",
    ),
    "pack": (
        "twice",
        5,
        """INSERT INTO carton (sscc, lot, pieces, gross_g, length_mm, width_mm, height_mm, packed_at)
           VALUES ('00000000000000000{number}', 'twice', 5, 1, 1, 1, 1, now())""",
        "DELETE FROM carton WHERE lot = 'twice'",
    ),
    **{
        what: (
            "LPS-SMG twice",
            1,
            f"""INSERT INTO carton_history (sscc, what, at, role, place)
                VALUES ('twice', '{noted}', now(), 'logistics', 'LPS-SMG')""",
            "DELETE FROM carton_history WHERE sscc = 'twice'",
        )
        for what, noted in (("gather", "gathered"), ("move", "moved"))
    },
    "shipment": (
        "LPS-SMG",
        1,
        """INSERT INTO shipment (id, number, hub, destination, planned_on)
           VALUES (gen_random_uuid(), 'twice {number}', 'LPS-SMG', 'BE', now())""",
        "DELETE FROM shipment WHERE hub = 'LPS-SMG'",
    ),
}
"""For each: about what, how much each time, how it comes to be as no command would leave it, and how it goes."""


@pytest.mark.parametrize("what", TWICE)
def test_what_was_asked_for_once_and_is_there_twice_is_too_much(ground: Ground, what: str) -> None:
    about, amount, insert, delete = TWICE[what]
    names = {"somebody": SOMEBODY, "something": SOMETHING}
    ledger = Ledger()
    ledger.note(what, about, "ok", amount)
    as_nobody_may(ground, TRACES[what][0], *(insert.format(number=number, **names) for number in (1, 2)))
    once = judge(ground, ledger)
    ledger.note(what, about, "ok", amount)
    twice = judge(ground, ledger)
    as_nobody_may(ground, TRACES[what][0], delete.format(**names))
    assert once.not_conserved == twice.not_conserved + 1
    assert (once.lost, once.doubled) == (twice.lost, twice.doubled)


ACCRUED = (("partner", 29430), ("workers", -14715), ("capital", -10301), ("state", -4414))
"""Of ten pieces at 2,943 rupiah: a half for the workers, 35 and 15 of a hundred for the others."""
LOT = """
    INSERT INTO premi_lot (lot, facility, work_order_id, agreement_id, sku, pieces, accepted_on)
    SELECT 'SRG-1', 'LPS-SRG', gen_random_uuid(), id, 'CR-BALL-07', 10, now() FROM agreement
    WHERE facility = 'LPS-SRG'"""
NO_LOT = "DELETE FROM premi_line; DELETE FROM premi_entry; DELETE FROM premi_lot"


def entry(kind: str, *lines: tuple[str, int]) -> str:
    """A statement that books this about the lot; a worker's line is somebody's."""
    about = "'SRG-1'" if kind != "paid" else "NULL"
    scheme = (
        "(SELECT s.id FROM premi_scheme s JOIN agreement a ON a.id = agreement_id WHERE facility = 'LPS-SRG')"
    )
    somebody = f"'{SOMEBODY}'"
    rows = ", ".join(
        f"({number}, '{account}', CAST({somebody if account == 'worker' else 'NULL'} AS uuid), {idr})"
        for number, (account, idr) in enumerate(lines, 1)
    )
    return f"""
        WITH entry AS (INSERT INTO premi_entry (facility, kind, booked_on, recorded_at, lot, scheme_id)
            VALUES ('LPS-SRG', '{kind}', now(), now(), {about}, {scheme if kind == "accrued" else "NULL"})
            RETURNING id)
        INSERT INTO premi_line (entry_id, number, account, worker_id, idr)
        SELECT id, number, account, worker_id, idr FROM entry,
            (VALUES {rows}) line (number, account, worker_id, idr)"""


SHARED_OUT = (("workers", 14715), ("worker", -14715))


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ([entry("accrued", *ACCRUED), entry("shared", *SHARED_OUT)], None),
        ([], "premi, lot SRG-1: 29430 rupiah are due by the scheme, 0 are booked"),
        ([entry("accrued", *ACCRUED)] * 2, "premi, lot SRG-1: 29430 rupiah are due by the scheme, 58860 are booked"),
        ([entry("accrued", *ACCRUED), entry("paid", ("paid", -1))], "its lines add up to -1 rupiah"),
        (
            [entry("accrued", *ACCRUED), entry("shared", ("workers", 14715), ("worker", -14714), ("paid", -1))],
            "premi, lot SRG-1: 14715 rupiah are the workers' share, 14714 are shared out",
        ),
        (
            [
                entry("accrued", ("partner", 29430), ("workers", -10000), ("capital", -19430)),
                entry("shared", ("workers", 10000), ("worker", -10000)),
            ],
            "premi, lot SRG-1: 10000 rupiah are the workers' share, 10000 are shared out",
        ),
        (
            [
                entry("accrued", *ACCRUED),
                entry("shared", *SHARED_OUT),
                entry("paid", ("worker", 14717), ("paid", -14717)),
            ],
            f"premi, worker {SOMEBODY}: 2 rupiah more are paid than are owed",
        ),
    ],
    ids=["right", "not booked", "booked twice", "unbalanced", "shared out short", "another share", "overpaid"],
)  # fmt: skip
def test_premi_that_is_not_what_the_scheme_says_is_not_conserved(
    ground: Ground, entries: list[str], found: str | None
) -> None:
    before = judge(ground, Ledger()).not_conserved
    as_nobody_may(ground, "production", LOT, *entries)
    verdict = judge(ground, Ledger())
    as_nobody_may(ground, "production", NO_LOT)
    assert verdict.not_conserved == before + (found is not None)
    assert found is None or found in " ".join(verdict.examples)


def as_nobody_may(ground: Ground, service: str, *statements: str) -> None:
    """Past all keys and triggers."""
    with ground.database(service) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in statements:
            connection.execute(cast(Any, statement))


CLAIM = """
    SET session_replication_role = replica;
    INSERT INTO claim (id, order_id, line_number, sscc, quantity, reason, made_by, made_on, decision, accepted,
        decision_reason, decided_on, settlement, replacement_order_id, settled_on)
    VALUES ('{claim}', '{order}', 1, '0', 2, 'x', 'x', now(), 'accepted', 2, 'x', now(), {settled})"""
"""As no command would leave it: without a carton, of an order of twenty pieces that has nothing delivered, or of none."""


@pytest.mark.parametrize(
    ("settled", "found"),
    [
        ("NULL, NULL, NULL", "line 1 of order {order}: 2 pieces are claimed, 0 were delivered"),
        ("'replacement', '{order}', now()", "claim {claim}: 2 pieces were accepted, 20 are ordered anew"),
        ("'return', NULL, now()", "claim {claim}: 2 pieces come back, 0 are expected"),
    ],
    ids=["not delivered", "replaced", "coming back"],
)
def test_a_claim_that_does_not_add_up_is_not_conserved(
    ground: Ground, stream: Stream, settled: str, found: str
) -> None:
    order, claim = stream.place(f"PO-{settled}"), uuid4()
    before = judge(ground, Ledger()).not_conserved
    about = order if "claimed" in found else uuid4()
    with ground.database("orders") as connection:
        statement = CLAIM.format(claim=claim, order=about, settled=settled.format(order=order))
        connection.execute(cast(Any, statement))
    verdict = judge(ground, Ledger())
    ground.execute("orders", "DELETE FROM claim")
    assert found.format(order=order, claim=claim) in verdict.examples
    assert verdict.not_conserved == before + 1


def test_the_recovery_from_a_fault_that_takes_the_databases_away_counts_too(
    ground: Ground, gauge: Gauge
) -> None:
    os.kill(ground.servers.postgres.pid, signal.SIGKILL)
    gauge.healed("PostgreSQL killed")
    gauge.look()
    deadline = time.monotonic() + 20
    while gauge.under_way() is None and time.monotonic() < deadline:
        ground.watch()
    gauge.look()
    assert gauge.longest == {}
    for service in SERVICES:
        ground.execute(service, "UPDATE outbox_delivery SET state = 2")
    gauge.look()
    assert gauge.longest.keys() == {"PostgreSQL killed"}


class Nonsense(BaseHTTPRequestHandler):
    """Answers everything with what is no answer of ours."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<p>It works!</p>")

    def do_POST(self) -> None:
        self.do_GET()


class CommittedAndStale(BaseHTTPRequestHandler):
    """Commits a change, says that it is in trouble, and finds the same change stale when it comes again."""

    answers: ClassVar[Iterator[int]] = iter(())

    def do_PATCH(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(next(self.answers))
        self.end_headers()
        self.wfile.write(b"{}")


@pytest.mark.parametrize(("first", "outcome"), [(500, "unknown"), (503, "unknown"), (412, "failed")])
def test_a_change_that_is_stale_after_an_answer_of_trouble_may_be_there(first: int, outcome: str) -> None:
    CommittedAndStale.answers = iter((first, 412))
    with HTTPServer(("127.0.0.1", 0), CommittedAndStale) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = Client(
            f"http://127.0.0.1:{server.server_port}", "key", Ledger(), threading.Event(), session={}
        )
        assert client.patch("/", {}, etag='"1"', what="amend").outcome == outcome
        client.close()
        server.shutdown()


def test_a_client_that_breaks_off_is_told(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    with HTTPServer(("127.0.0.1", 0), Nonsense) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setitem(ground.urls, "orders", f"http://127.0.0.1:{server.server_port}")
        clients = Stream(ground, seed=1)
        clients.check()
        clients.start()
        with pytest.raises(StreamBroke, match="a client broke off"):
            until(lambda: False, meanwhile=clients.check)
        clients.stop()
        server.shutdown()
