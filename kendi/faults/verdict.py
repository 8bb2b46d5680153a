"""What became of everything that was asked for: counted from the databases, against the clients' ledger."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import psycopg

from kendi.doctor import Summary, summary
from kendi.faults.ground import SERVICES, Ground
from kendi.faults.ledger import Ledger
from kendi.faults.mutants import MUTANTS

DOUBLED = """
    SELECT format('number %s of %s of %s took effect %s times', sequence, subject, source, count(*))
    FROM campaign_effect GROUP BY source, event_id, subject, sequence HAVING count(*) > 1"""
OUT_OF_ORDER = """
    WITH first AS (
        SELECT source, subject, sequence, min(id) AS id FROM campaign_effect GROUP BY source, subject, sequence),
    turn AS (
        SELECT *, row_number() OVER (PARTITION BY source, subject ORDER BY id) AS place FROM first)
    SELECT format('number %s of %s of %s took effect as number %s', sequence, subject, source, place)
    FROM turn WHERE place <> sequence"""
WITHOUT = """
    SELECT format('number %s of %s of %s is marked as done and took no effect', i.sequence, i.subject, source)
    FROM inbox i LEFT JOIN campaign_effect e USING (source, event_id) WHERE i.state IN (2, 4) AND e.id IS NULL"""

UNANSWERED = """
    SELECT format('the cancellation %s was never answered', id) FROM cancellation WHERE answered_on IS NULL"""

CLAIMED_TOO_MUCH = """
    SELECT format('line %s of order %s: %s pieces are claimed, %s were delivered',
        l.number, l.order_id, sum(coalesce(accepted, quantity)), l.delivered)
    FROM claim c JOIN order_line l ON (l.order_id, l.number) = (c.order_id, c.line_number)
    GROUP BY l.order_id, l.number, l.delivered HAVING sum(coalesce(accepted, quantity)) > l.delivered"""
REPLACED = """
    SELECT format('claim %s: %s pieces were accepted, %s are ordered anew', c.id, accepted, sum(l.ordered))
    FROM claim c LEFT JOIN order_line l ON l.order_id = replacement_order_id
    WHERE settlement = 'replacement' GROUP BY c.id HAVING coalesce(sum(l.ordered), 0) <> accepted"""
COMING_BACK = "SELECT id::text, accepted FROM claim WHERE settlement = 'return'"
EXPECTED_BACK = "SELECT claim_id::text, quantity FROM goods_return"
UNBALANCED = """
    SELECT format('premi, entry %s: its lines add up to %s rupiah', e.id, coalesce(sum(idr), 0))
    FROM premi_entry e LEFT JOIN premi_line ON entry_id = e.id
    GROUP BY e.id HAVING coalesce(sum(idr), 0) <> 0 OR count(idr) < 2"""
ACCRUED = """
    SELECT format('premi, lot %s: %s rupiah are due by the scheme, %s are booked', lot, due, booked) FROM (
        SELECT l.lot, coalesce(r.idr * l.pieces, 0) AS due,
            (SELECT coalesce(sum(idr), 0) FROM premi_line JOIN premi_entry e ON e.id = entry_id
             WHERE e.lot = l.lot AND account = 'partner') AS booked
        FROM premi_lot l
        LEFT JOIN premi_scheme s ON s.agreement_id = l.agreement_id AND accepted_on BETWEEN valid_from AND valid_to
        LEFT JOIN premi_rate r ON (r.scheme_id, r.sku) = (s.id, l.sku)
        WHERE s.basis IS DISTINCT FROM 'hour') each
    WHERE due <> booked"""
SHARED = """
    SELECT format('premi, lot %s: %s rupiah are the workers'' share, %s are shared out', lot, theirs, shared) FROM (
        SELECT lot, sum(idr) FILTER (WHERE account = 'partner') * max(worker_pct) AS hundredfold,
            coalesce(-sum(idr) FILTER (WHERE account = 'workers' AND kind = 'accrued'), 0) AS theirs,
            -sum(idr) FILTER (WHERE account = 'worker') AS shared
        FROM premi_entry e JOIN premi_line ON entry_id = e.id LEFT JOIN premi_scheme s ON s.id = scheme_id
        WHERE lot IS NOT NULL GROUP BY lot) each
    WHERE shared <> theirs OR abs(hundredfold - 100 * theirs) >= 100"""
"""What rounding leaves is less than a rupiah."""
OVERPAID = """
    SELECT format('premi, worker %s: %s rupiah more are paid than are owed', worker_id, sum(idr)) FROM premi_line
    WHERE worker_id IS NOT NULL GROUP BY worker_id HAVING sum(idr) > 0"""
ADD_UP = {"orders": (CLAIMED_TOO_MUCH, REPLACED), "production": (UNBALANCED, ACCRUED, SHARED, OVERPAID)}
FOR_GOOD = {"doubled": DOUBLED, "out_of_order": OUT_OF_ORDER}
"""Wrongs that nothing can mend: an effect stays where it is."""

STOOD = (
    """SELECT format('%s %s', place, sscc), count(*) FROM carton_history WHERE what = '{what}' GROUP BY 1"""
)
TRACES = {
    "order": ("orders", "SELECT po_number, 1 FROM buyer_order"),
    "release": (
        "orders",
        """SELECT format('%s %s %s', order_id, line_number, role), count(*)
           FROM signature JOIN hold ON hold.id = hold_id GROUP BY 1""",
    ),
    "acknowledge": (
        "orders",
        """SELECT format('%s %s', order_id, line_number), count(*) FROM acknowledgement
           WHERE because IS NULL GROUP BY 1""",
    ),
    "cancel": ("orders", "SELECT reason, count(DISTINCT id) FROM cancellation GROUP BY 1"),
    "amend": (
        "orders",
        """SELECT format('%s %s %s %s', data ->> 'order_id', data ->> 'ordered', data ->> 'requested_date',
               data #>> '{consignee,name}'), count(*)
           FROM outbox_event WHERE type = 'kendi.orders.order_line_amended.v1' GROUP BY 1""",
    ),
    "claim": ("orders", "SELECT sscc, sum(quantity) FROM claim GROUP BY 1"),
    "decide": ("orders", "SELECT id::text, accepted FROM claim WHERE decision IS NOT NULL"),
    "settle": ("orders", "SELECT id::text, 1 FROM claim WHERE settlement IS NOT NULL"),
    "accept": ("production", "SELECT id::text, 1 FROM work_order WHERE accepted_on IS NOT NULL"),
    "start": ("production", "SELECT id::text, 1 FROM work_order WHERE started_on IS NOT NULL"),
    "report": ("production", "SELECT id::text, made FROM work_order"),
    "inspect": ("production", "SELECT id::text, good FROM work_order"),
    "lot": ("production", "SELECT work_order_id::text, sum(pieces) FROM premi_lot GROUP BY 1"),
    "hours": (
        "production",
        "SELECT format('%s %s', work_order_id, worker_id), sum(minutes) FROM hours_entry GROUP BY 1",
    ),
    "share": ("production", "SELECT lot, count(*) FROM premi_entry WHERE kind = 'shared' GROUP BY 1"),
    "pay": (
        "production",
        """SELECT worker_id::text, sum(idr) FROM premi_line JOIN premi_entry e ON e.id = entry_id
           WHERE kind = 'paid' AND worker_id IS NOT NULL GROUP BY 1""",
    ),
    "pack": (
        "logistics",
        "SELECT sscc, 1 FROM carton UNION ALL SELECT lot, sum(pieces) FROM carton GROUP BY 1",
    ),
    "gather": ("logistics", STOOD.format(what="gathered")),
    "move": ("logistics", STOOD.format(what="moved")),
    "shipment": (
        "logistics",
        "SELECT id::text, 1 FROM shipment UNION ALL SELECT hub, count(*) FROM shipment GROUP BY 1",
    ),
    "split": (
        "logistics",
        "SELECT format('%s %s', shipment_id, sscc), count(*) FROM carton_history WHERE what = 'put_in' GROUP BY 1",
    ),
    "book": ("logistics", "SELECT id::text, 1 FROM shipment WHERE vessel IS NOT NULL"),
    "document": (
        "logistics",
        """SELECT format('%s %s', shipment_id, code), 1 FROM shipment_document
           WHERE number IS NOT NULL OR outdated""",
    ),
    "dispatch": ("logistics", "SELECT id::text, 1 FROM shipment WHERE container IS NOT NULL"),
    "milestone": (
        "logistics",
        "SELECT format('%s %s', shipment_id, code), count(*) FROM shipment_milestone GROUP BY 1",
    ),
}
"""Where each thing that a client asks for leaves its trace: about what, and how much of it."""


@dataclass(frozen=True)
class Verdict:
    """Every count of wrongs must be zero. ``effects`` are expected: each event in each of its subscribers."""

    placed: int
    effects: int
    lost: int
    stuck: int
    doubled: int
    out_of_order: int
    not_conserved: int
    examples: tuple[str, ...]

    @property
    def good(self) -> bool:
        return not (self.lost or self.stuck or self.doubled or self.out_of_order or self.not_conserved)


def judge(ground: Ground, ledger: Ledger) -> Verdict:
    """The audit of all databases, each effect counted, and what the clients were told against what is there."""
    audit = summary(ground.addresses.app_urls)
    doubled, out_of_order, without = (
        list(_of_effects(ground, query)) for query in (DOUBLED, OUT_OF_ORDER, WITHOUT)
    )
    too_little, too_much = _lies(ground, ledger)
    unanswered = ground.column("orders", UNANSWERED)
    sums = list(_of_sums(ground))
    return Verdict(
        placed=ledger.placed,
        effects=audit.deliveries,
        lost=len(audit.lost) + len(without) + len(too_little),
        stuck=len(audit.stuck) + len(audit.on_their_way) + len(unanswered),
        doubled=len(doubled),
        out_of_order=len(audit.out_of_order) + len(out_of_order),
        not_conserved=len(audit.not_conserved) + len(audit.passing) + len(too_much) + len(sums),
        examples=tuple(
            _examples(audit, doubled, out_of_order, without, too_little, too_much, unanswered, sums)
        ),
    )


def is_seen(ground: Ground) -> bool:
    """Whether what the mutant breaks is there already, for good; what is lost may be late until nothing moves."""
    query = FOR_GOOD.get(MUTANTS[ground.mutant or "none"].shows_as or "")
    with suppress(psycopg.Error):  # a fault has a database just now
        return query is not None and any(_of_effects(ground, query))
    return False


def _of_effects(ground: Ground, query: str) -> Iterator[str]:
    for service in SERVICES:
        yield from (f"{service}: {line}" for line in ground.column(service, query))


def _of_sums(ground: Ground) -> Iterator[str]:
    """What is claimed was delivered; what was accepted is ordered anew, or expected back, as often as it was settled so.

    Premi is what the accepted pieces and the scheme say, to the rupiah.
    """
    for service, queries in ADD_UP.items():
        for query in queries:
            yield from ground.column(service, query)
    coming, expected = dict(ground.rows("orders", COMING_BACK)), dict(ground.rows("logistics", EXPECTED_BACK))
    for id in sorted(coming.keys() | expected.keys()):
        if coming.get(id, 0) != expected.get(id, 0):
            yield f"claim {id}: {coming.get(id, 0)} pieces come back, {expected.get(id, 0)} are expected"


def _lies(ground: Ground, ledger: Ledger) -> tuple[list[str], list[str]]:
    """What was promised and is not there, and what is there more often than it was asked for."""
    traces = {what: dict(ground.rows(*trace)) for what, trace in TRACES.items()}
    too_little, too_much = [], []
    for (what, about), outcomes in ledger.asked.items():
        there = traces[what].get(about, 0)
        said = f"{what} {about}: there are {there}; the answers were {dict(outcomes)}"
        if there < outcomes["ok"]:
            too_little.append(said)
        if there > outcomes["ok"] + outcomes["unknown"]:
            too_much.append(said)
    return too_little, too_much


def _examples(audit: Summary, *more: list[str]) -> Iterator[str]:
    kinds = (audit.lost, audit.stuck, audit.on_their_way, audit.out_of_order, audit.not_conserved, *more)
    for kind in kinds:
        yield from (str(each) for each in kind[:5])
