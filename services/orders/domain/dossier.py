"""A dossier: what is known and what is open of how a lot, or the lots of a shipment, were made.

It is made of facts alone, and no clock is in it: a document's end counts as a fact on the day after. Each
version names the hash of the one before, so that who holds an earlier one sees whether anything under it
was changed. It decides nothing, and never says more than that documents are there.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

CENTRAL_JAVA: Final = ZoneInfo("Asia/Jakarta")
NOTICE: Final = "This system does not decide that goods may be imported."

ITEMS: Final[Mapping[str, tuple[str, ...]]] = {
    "consent": ("consent",),
    "refusal_is_free": ("refusal_is_free",),
    "not_at_private_disposal": ("not_at_private_disposal",),
    "pay": ("pay",),
    "hours": ("hours",),
    "safety": ("safety",),
    "no_deductions": ("no_deductions",),
    "grievances_and_visits": ("grievance_channel", "independent_visit"),
    "nobody_excluded_works": ("nobody_excluded_works",),
    "skills": ("skills",),
    "traceability": (),
}
"""Each item with what documents must show of each facility; the last is told by our own counts."""

CONTRADICTED, EXPIRED, OPEN, COMPLETE = STATES = ("contradicted", "expired", "open", "complete")
"""From the worst: of several facilities or documents the worst counts."""


@dataclass(frozen=True, kw_only=True)
class Lot:
    """Pieces of one lot, and where they were made."""

    lot: str
    facility: str
    work_order_id: UUID
    sku: str
    quantity: int
    lane: str


@dataclass(frozen=True, kw_only=True)
class Contents:
    """From then on the dossier is about these lots."""

    at: datetime
    lots: tuple[Lot, ...]


@dataclass(frozen=True, kw_only=True)
class Document:
    """Evidence that a facility, or its regional office, recorded."""

    id: UUID
    facility: str
    item: str
    finding: str
    document: str
    issuer: str
    issued_on: date
    valid_until: date | None
    sha256: str | None
    recorded_at: datetime
    withdrawn_at: datetime | None

    def counts(self, at: datetime) -> bool:
        return self.recorded_at <= at and (self.withdrawn_at is None or at < self.withdrawn_at)

    @property
    def ends_at(self) -> datetime | None:
        """The beginning of the day, in Central Java, on which it has expired."""
        if self.valid_until is None:
            return None
        return datetime.combine(self.valid_until + timedelta(days=1), time(), CENTRAL_JAVA)

    def state(self, at: datetime) -> str:
        if self.finding == "contradicts":
            return CONTRADICTED
        return COMPLETE if self.ends_at is None or at < self.ends_at else EXPIRED


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A work order's pieces: made by its reports, less those that went into its lots."""

    at: datetime
    work_order_id: UUID
    made: int
    released: int


def versions(
    kind: str,
    id: str,
    contents: Sequence[Contents],
    documents: Sequence[Document],
    counts: Sequence[Counted],
    *,
    until: datetime,
) -> list[dict[str, Any]]:
    """Every version up to a moment, oldest first, each with the hash of the one before.

    There is one for each fact that changed what is said; the same facts give the same versions.
    """
    made: list[dict[str, Any]] = []
    for at in _moments(contents, documents, counts, until):
        said = _said(at, contents, documents, counts)
        if made and all(made[-1][name] == value for name, value in said.items()):
            continue
        previous = made[-1]["hash"] if made else None
        head = {"kind": kind, "id": id, "version": len(made) + 1, "as_of": _written(at)}
        version = {**head, **said, "notice": NOTICE, "previous_hash": previous}
        made.append({**version, "hash": hash_of(version)})
    return made


def hash_of(version: Mapping[str, Any]) -> str:
    """The SHA-256 of a version without its own hash, as JSON with sorted names and no spaces."""
    facts = {name: value for name, value in version.items() if name != "hash"}
    written = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


def _moments(
    contents: Sequence[Contents],
    documents: Sequence[Document],
    counts: Sequence[Counted],
    until: datetime,
) -> list[datetime]:
    """When something became known or ended, from the beginning of the dossier on."""
    begin = min(each.at for each in contents)
    ended = (each.ends_at for each in documents)
    moments = {
        *(each.at for each in contents),
        *(each.recorded_at for each in documents),
        *(each.withdrawn_at for each in documents if each.withdrawn_at),
        *(end for end in ended if end and end <= until),
        *(each.at for each in counts),
    }
    return sorted(moment.astimezone(UTC) for moment in moments if moment >= begin)


def _said(
    at: datetime,
    contents: Sequence[Contents],
    documents: Sequence[Document],
    counts: Sequence[Counted],
) -> dict[str, Any]:
    """What is said at one moment: the lots, and each item with its state and evidence."""
    lots = max((each for each in contents if each.at <= at), key=lambda each: each.at).lots
    facilities = sorted({lot.facility for lot in lots})
    known = [each for each in documents if each.counts(at) and each.facility in facilities]
    items = [
        _item(item, wanted, facilities, known, at) if wanted else _traceability(item, lots, counts, at)
        for item, wanted in ITEMS.items()
    ]
    complete = sum(item["state"] == COMPLETE for item in items)
    return {
        "lots": [{**asdict(lot), "work_order_id": str(lot.work_order_id)} for lot in lots],
        "complete": complete,
        "of": len(items),
        "completeness": _completeness(complete, items),
        "items": items,
    }


def _completeness(complete: int, items: Sequence[Mapping[str, Any]]) -> str:
    """Such as "9 of 11, open: pay, skills (expired)"."""
    rest = [item for item in items if item["state"] != COMPLETE]
    named = [item["item"] if item["state"] == OPEN else f"{item['item']} ({item['state']})" for item in rest]
    return f"{complete} of {len(items)}" + (f", open: {', '.join(named)}" if named else "")


def _item(
    item: str,
    wanted: Sequence[str],
    facilities: Sequence[str],
    known: Sequence[Document],
    at: datetime,
) -> dict[str, Any]:
    parts = [
        [each for each in known if (each.facility, each.item) == (facility, part)]
        for facility in facilities
        for part in wanted
    ]
    evidence = sorted((each for part in parts for each in part), key=lambda each: each.id)
    return {
        "item": item,
        "state": _worst(_state(part, at) for part in parts),
        "evidence": [_shown(each, at) for each in evidence],
    }


def _state(documents: Sequence[Document], at: datetime) -> str:
    """One that contradicts outweighs all; else one that is in force suffices."""
    states = {each.state(at) for each in documents}
    return next((state for state in (CONTRADICTED, COMPLETE, EXPIRED) if state in states), OPEN)


def _worst(states: Iterable[str]) -> str:
    return min(states, key=STATES.index, default=OPEN)


def _shown(one: Document, at: datetime) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "facility": one.facility,
        "about": one.item,
        "state": one.state(at),
        "source": one.issuer,
        "document": one.document,
        "issued_on": one.issued_on.isoformat(),
        "valid_until": one.valid_until.isoformat() if one.valid_until else None,
        "sha256": one.sha256,
        "recorded_at": _written(one.recorded_at),
    }


def _traceability(item: str, lots: Sequence[Lot], counts: Sequence[Counted], at: datetime) -> dict[str, Any]:
    """A lot leads to its work order, and that to the reports of the days on which its pieces were made."""
    orders = {lot.work_order_id for lot in lots}
    return {"item": item, "state": _worst(_traced(id, counts, at) for id in orders), "evidence": []}


def _traced(work_order_id: UUID, counts: Sequence[Counted], at: datetime) -> str:
    mine = [each for each in counts if each.work_order_id == work_order_id and each.at <= at]
    made, released = sum(each.made for each in mine), sum(each.released for each in mine)
    if not made:
        return OPEN
    return COMPLETE if released <= made else CONTRADICTED


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
