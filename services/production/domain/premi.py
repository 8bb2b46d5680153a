"""Premi: what the work of a lot is worth by the agreement's scheme, and how it is shared to the last rupiah.

The ledger is double entry in whole rupiah: a debit is above 0, a credit below, and the lines of an entry
add up to 0. What the partner owes is debited; what is owed to workers, capital and state is credited.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from uuid import UUID

from shared.refusal import Refused

PIECE, HOUR, PROFIT_SHARE = "piece", "hour", "profit_share"
BASES: Final = (PIECE, HOUR, PROFIT_SHARE)
APPROVERS: Final = ("kanwil", "facility_head")
HOURS_A_MONTH = 173
"""By which a monthly minimum wage is one of an hour."""

PARTNER, WORKERS, WORKER, CAPITAL, STATE, PAID = "partner", "workers", "worker", "capital", "state", "paid"
ACCOUNTS: Final = (PARTNER, WORKERS, WORKER, CAPITAL, STATE, PAID)
"""``workers`` is what those of a lot have together until it is shared out, ``worker`` is one's own."""
FORMER = "former"
"""In an entry of a lot the one line for all whose lines were kept long enough; other accounts have what they hold."""


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """How the work under an agreement is paid, from ``valid_from`` to ``valid_to``, both included.

    ``rates`` are whole rupiah for a good piece: the piece rate, or the profit of a piece that is shared.
    """

    id: UUID
    agreement_id: UUID
    basis: str
    worker_pct: Decimal
    capital_pct: Decimal
    state_pct: Decimal
    valid_from: date
    valid_to: date
    legal_ref: str
    approved_by_role: str
    hourly_idr: int | None = None
    rates: Mapping[str, int] = field(default_factory=dict)

    def covers(self, day: date) -> bool:
        return self.valid_from <= day <= self.valid_to

    def worth(self, sku: str, *, pieces: int, minutes: int) -> int | None:
        """What the partner owes for this work; nothing is known of an article without a rate."""
        if self.basis == HOUR:
            exact = Decimal(self.hourly_idr or 0) * minutes / 60
            return int(exact.quantize(Decimal(1), ROUND_HALF_UP))
        rate = self.rates.get(sku)
        return None if rate is None else rate * pieces


@dataclass(frozen=True)
class Line:
    """A line of an entry; ``worker`` is whose account it is, of those of workers."""

    account: str
    idr: int
    worker: UUID | None = None


def must_stand(scheme: Scheme, others: Iterable[Scheme]) -> None:
    """Refuse shares that are not the whole, what the basis lacks, and days that another scheme has."""
    shares = (scheme.worker_pct, scheme.capital_pct, scheme.state_pct)
    if sum(shares) != 100:
        raise Refused(
            "The shares of workers, capital and state must add up to 100; they are {sum}.",
            field="worker_pct",
            sum=sum(shares),
        )
    if not scheme.worker_pct:
        raise Refused("Give the workers a share above 0.", field="worker_pct")
    if scheme.valid_to < scheme.valid_from:
        raise Refused("Give a last day on or after the first.", field="valid_to")
    if (scheme.basis == HOUR) != (scheme.hourly_idr is not None):
        raise Refused("Give hourly_idr for the basis hour, and for no other.", field="hourly_idr")
    if (scheme.basis == HOUR) == bool(scheme.rates):
        raise Refused(
            "Give rates by article for the bases piece and profit_share, and for no other.", field="rates"
        )
    for other in others:
        if scheme.valid_from <= other.valid_to and other.valid_from <= scheme.valid_to:
            raise Refused(
                "Another scheme of this agreement holds from {first} to {last}: choose days that no other has.",
                field="valid_from",
                first=other.valid_from,
                last=other.valid_to,
            )


def ended(scheme: Scheme, *, on: date, today: date) -> Scheme:
    """The scheme with another last day, from today on and not later than it was."""
    first = max(today, scheme.valid_from)
    if not first <= on <= scheme.valid_to:
        raise Refused("Give a day from {first} to {last}.", field="on", first=first, last=scheme.valid_to)
    return replace(scheme, valid_to=on)


def largest_remainder(whole: int, weights: Sequence[int]) -> list[int]:
    """The whole in parts by weight, to the last rupiah: what rounding leaves goes to the largest remainders."""
    total = sum(weights)
    divided = [divmod(whole * weight, total) for weight in weights]
    parts = [part for part, _ in divided]
    by_remainder = sorted(range(len(parts)), key=lambda at: (-divided[at][1], at))
    for at in by_remainder[: whole - sum(parts)]:
        parts[at] += 1
    return parts


def accrued(scheme: Scheme, worth: int) -> list[Line]:
    """What the partner owes, and to whom it belongs; the workers of the lot have theirs together at first."""
    accounts = (WORKERS, CAPITAL, STATE)
    shares = (scheme.worker_pct, scheme.capital_pct, scheme.state_pct)
    parts = largest_remainder(worth, [int(share * 100) for share in shares])
    owed = [Line(account, -part) for account, part in zip(accounts, parts, strict=True) if part]
    return [Line(PARTNER, worth), *owed]


def shared(whole: int, weights: Mapping[UUID, int]) -> list[Line]:
    """What is owed to the workers of a lot together, as it is owed to each."""
    people = sorted(one for one, weight in weights.items() if weight > 0)
    parts = largest_remainder(whole, [weights[one] for one in people])
    return [
        Line(WORKERS, whole),
        *(Line(WORKER, -part, one) for one, part in zip(people, parts, strict=True) if part),
    ]


def paid(worker: UUID, idr: int, *, owed: int) -> list[Line]:
    """Pay what is owed, or some of it."""
    if not 1 <= idr <= owed:
        raise Refused("Give whole rupiah from 1 to the {owed} that are owed.", field="idr", owed=owed)
    return [Line(WORKER, idr, worker), Line(PAID, -idr)]


def reversed_lines(lines: Iterable[Line]) -> list[Line]:
    return [Line(line.account, -line.idr, line.worker) for line in lines]


def weights_of(minutes: Mapping[UUID, int], pieces: Mapping[UUID, int]) -> Mapping[UUID, int]:
    """Shares go by pieces where they were entered for everybody who worked, else by hours."""
    worked = {one: count for one, count in minutes.items() if count > 0}
    by_pieces = worked and all(pieces.get(one, 0) > 0 for one in worked)
    return {one: pieces[one] for one in worked} if by_pieces else worked


def hourly(idr: int, minutes: int) -> int | None:
    """Rupiah for an hour of work, if there was any."""
    return int((Decimal(idr) * 60 / minutes).quantize(Decimal(1), ROUND_HALF_UP)) if minutes > 0 else None


def minimum_hourly(monthly: Decimal) -> int:
    return int((monthly / HOURS_A_MONTH).quantize(Decimal(1), ROUND_HALF_UP))
