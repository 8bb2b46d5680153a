"""What became of everything that was asked for: counted from the databases, against the clients' ledger."""

from collections.abc import Mapping
from dataclasses import dataclass

from kendi.doctor import Summary, summary
from kendi.faults.ground import Ground
from kendi.faults.ledger import Ledger


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
    """The audit of all databases, and what the clients were told against what is there."""
    found = summary(ground.addresses.app_urls)
    lies = _lies_about_orders(ground, ledger)
    wrong_reports = _wrong_reports(ground, ledger)
    lost, unanswered = _lost_cancellations(ground, ledger), _unanswered_cancellations(ground)
    return Verdict(
        placed=ledger.placed,
        effects=found.deliveries,
        lost=len(found.lost) + len(lies) + len(lost),
        stuck=len(found.stuck) + len(found.on_their_way) + len(unanswered),
        doubled=len(found.doubled),
        out_of_order=len(found.out_of_order),
        not_conserved=len(found.not_conserved) + len(found.passing) + len(wrong_reports),
        examples=(*lies[:5], *lost[:5], *unanswered[:5], *wrong_reports[:5], *_examples(found)),
    )


def _lies_about_orders(ground: Ground, ledger: Ledger) -> list[str]:
    """Orders that were promised and are not there, or refused and there all the same."""
    there = set(ground.column("orders", "SELECT po_number FROM buyer_order"))
    return [
        f"order {po_number} was answered {outcome} and is {'there' if po_number in there else 'not there'}"
        for po_number, outcome in ledger.orders.items()
        if (outcome == "ok" and po_number not in there) or (outcome == "failed" and po_number in there)
    ]


def _lost_cancellations(ground: Ground, ledger: Ledger) -> list[str]:
    """Requests that were taken and are not there."""
    there = set(map(str, ground.column("orders", "SELECT DISTINCT id FROM cancellation")))
    return [f"cancellation {id} was taken and is not there" for id in ledger.cancellations if id not in there]


def _unanswered_cancellations(ground: Ground) -> list[str]:
    """Requests that nobody answered though everything has come to rest."""
    waiting = ground.column("orders", "SELECT id FROM cancellation WHERE answered_on IS NULL")
    return [f"cancellation {id} was never answered" for id in waiting]


def _wrong_reports(ground: Ground, ledger: Ledger) -> list[str]:
    """Pieces must be there as often as they were taken, and no more often than they were sent."""
    with ground.database("production") as connection:
        made: Mapping[str, int] = {
            str(id): pieces for id, pieces in connection.execute("SELECT id, made FROM work_order").fetchall()
        }
    return [
        f"work order {id} has {made.get(id, 0)} pieces; the facility was told {dict(counts)}"
        for id, counts in ledger.reported.items()
        if not counts["ok"] <= made.get(id, 0) <= counts["ok"] + counts["unknown"]
    ]


def _examples(found: Summary) -> list[str]:
    kinds = (
        found.lost,
        found.stuck,
        found.on_their_way,
        found.doubled,
        found.out_of_order,
        found.not_conserved,
    )
    return [str(each) for kind in kinds for each in kind[:5]]
