"""A dossier: what is known and what is open of how a lot, or the lots of a shipment, were made.

It is made of facts alone, and no clock is in it: a document's end counts as a fact on the day after. Each
version names the hash of the one before, so that who holds an earlier one sees whether anything under it
was changed. It decides nothing, and never says more than that documents are there.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from services.orders.domain.facts import digest

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

COUNTED: Final[Mapping[str, tuple[str, ...]]] = {
    "consent": ("eligible", "consenting"),
    "refusal_is_free": ("refusals",),
    "pay": ("premi_idr", "hourly_idr", "minimum_hourly_idr"),
    "hours": ("workers", "minutes"),
    "grievances_and_visits": ("open_grievances", "visits"),
}
"""What a facility's own books tell of an item, in the months in which the pieces were made. They stand beside its
documents and complete nothing: that takes somebody else who counted them over."""
FIGURES: Final = tuple(name for names in COUNTED.values() for name in names)

TRACEABILITY, OWN_COUNTS = "traceability", "own_counts"
"""The item that no document shows, and the source of what does: what this system counted itself. It never runs out."""

CONTRADICTS: Final = "contradicts"
"""What a document says that speaks against an item."""

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
    moved: Sequence[tuple[datetime, date]] = ()
    """When it was told that the agreement in which it stands ends on another day, and on which; oldest first."""

    def counts(self, at: datetime) -> bool:
        return self.recorded_at <= at and (self.withdrawn_at is None or at < self.withdrawn_at)

    def last_day(self, at: datetime) -> date | None:
        """Its last day as it was known at a moment: its own, or that of its agreement if that is earlier."""
        told = [last for told_at, last in self.moved if told_at <= at]
        return min((self.valid_until, *told[-1:])) if self.valid_until else None

    @property
    def told_at(self) -> set[datetime]:
        """When something became known of it: that it is there, ends on another day, or is withdrawn."""
        moments = (self.recorded_at, self.withdrawn_at, *(told_at for told_at, _ in self.moved))
        return {moment for moment in moments if moment}

    @property
    def ends_at(self) -> set[datetime]:
        """When it has expired by one of the days that were told."""
        return {_after(last) for last in (self.valid_until, *(last for _, last in self.moved)) if last}

    def state(self, at: datetime) -> str:
        if self.finding == CONTRADICTS:
            return CONTRADICTED
        last = self.last_day(at)
        return COMPLETE if last is None or at < _after(last) else EXPIRED


def _after(last: date) -> datetime:
    """The beginning of the day after, in Central Java."""
    return datetime.combine(last + timedelta(days=1), time(), CENTRAL_JAVA)


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A work order's pieces: made by its reports, on a day, less those that went into each of its lots."""

    at: datetime
    work_order_id: UUID
    made: int
    released: int
    made_on: date | None = None
    lot: str | None = None


@dataclass(frozen=True, kw_only=True)
class Month:
    """What the books of a facility tell of a month, by its first day; what is about fewer than five people is None."""

    facility: str
    month: date
    told_at: datetime
    figures: Mapping[str, int | None]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that a dossier is made of."""

    contents: Sequence[Contents]
    documents: Sequence[Document] = ()
    counts: Sequence[Counted] = ()
    months: Sequence[Month] = ()


def versions(kind: str, id: str, facts: Facts, *, until: datetime) -> list[dict[str, Any]]:
    """Every version up to a moment, oldest first, each with the hash of the one before.

    There is one for each fact that changed what is said; the same facts give the same versions.
    """
    made: list[dict[str, Any]] = []
    for at in _moments(facts, until):
        said = _said(at, facts)
        if made and all(made[-1][name] == value for name, value in said.items()):
            continue
        previous = made[-1]["hash"] if made else None
        head = {"kind": kind, "id": id, "version": len(made) + 1, "as_of": _written(at)}
        version = {**head, **said, "notice": NOTICE, "previous_hash": previous}
        made.append({**version, "hash": hash_of(version)})
    return made


def hash_of(version: Mapping[str, Any]) -> str:
    """The SHA-256 of a version without its own hash, as JSON with sorted names and no spaces."""
    return digest({name: value for name, value in version.items() if name != "hash"})


def _moments(facts: Facts, until: datetime) -> list[datetime]:
    """When something became known or ended, from the beginning of the dossier on."""
    begin = min(each.at for each in facts.contents)
    moments = {
        *(each.at for each in facts.contents),
        *(moment for each in facts.documents for moment in each.told_at),
        *(moment for each in facts.documents for moment in each.ends_at if moment <= until),
        *(each.at for each in facts.counts),
        *(each.told_at for each in facts.months),
    }
    return sorted(moment.astimezone(UTC) for moment in moments if moment >= begin)


def _said(at: datetime, facts: Facts) -> dict[str, Any]:
    """What is said at one moment: the lots, and each item with its state and evidence."""
    lots = max((each for each in facts.contents if each.at <= at), key=lambda each: each.at).lots
    facilities = sorted({lot.facility for lot in lots})
    counts = [each for each in facts.counts if each.at <= at]
    there = [each for each in facts.documents if each.counts(at) and each.facility in facilities]
    known = sorted(there, key=lambda each: each.id)
    months = _months_of(lots, counts, [each for each in facts.months if each.told_at <= at])
    traced = _traced(lots, counts)
    items = [
        {
            "item": item,
            "state": _state_of(wanted, facilities, known, at)
            if wanted
            else _worst(map(_traceability, traced.values())),
            "evidence": [_shown(each, at) for each in known if each.item in wanted]
            if wanted
            else _own_counts(lots, traced),
            "counted": [_told(each, COUNTED[item]) for each in months if item in COUNTED],
        }
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


def _months_of(lots: Sequence[Lot], counts: Sequence[Counted], months: Sequence[Month]) -> list[Month]:
    """Those in which pieces of the lots' work orders were made, in their facility."""
    facility_of = {lot.work_order_id: lot.facility for lot in lots}
    worked = {
        (facility_of[each.work_order_id], each.made_on.replace(day=1))
        for each in counts
        if each.made_on and each.work_order_id in facility_of
    }
    found = (each for each in months if (each.facility, each.month) in worked)
    return sorted(found, key=lambda each: (each.facility, each.month))


def _told(month: Month, names: Sequence[str]) -> dict[str, Any]:
    figures = {name: month.figures[name] for name in names}
    return {"facility": month.facility, "month": f"{month.month:%Y-%m}", "figures": figures}


def _completeness(complete: int, items: Sequence[Mapping[str, Any]]) -> str:
    """Such as "9 of 11, open: pay, skills (expired)"."""
    rest = [item for item in items if item["state"] != COMPLETE]
    named = [item["item"] if item["state"] == OPEN else f"{item['item']} ({item['state']})" for item in rest]
    return f"{complete} of {len(items)}" + (f", open: {', '.join(named)}" if named else "")


def _state_of(
    wanted: Sequence[str], facilities: Sequence[str], known: Sequence[Document], at: datetime
) -> str:
    """The worst of what each facility's documents show of each thing that is wanted."""
    return _worst(
        _state([each for each in known if (each.facility, each.item) == (facility, part)], at)
        for facility in facilities
        for part in wanted
    )


def of_a_facility(code: str, documents: Iterable[Document], at: datetime) -> dict[str, Any]:
    """What documents show at a moment of how people work in a facility, whatever is made there."""
    there = [each for each in documents if each.counts(at) and each.facility == code]
    items = [
        {"item": item, "state": _state_of(wanted, [code], there, at)}
        for item, wanted in ITEMS.items()
        if wanted
    ]
    complete = sum(item["state"] == COMPLETE for item in items)
    return {"facility": code, "complete": complete, "of": len(items), "items": items}


def state_of(documents: Iterable[Document], at: datetime) -> str:
    """What the documents about one thing of a facility show at a moment."""
    return _state([each for each in documents if each.counts(at)], at)


def _state(documents: Sequence[Document], at: datetime) -> str:
    """One that contradicts outweighs all; else one that is in force suffices."""
    states = {each.state(at) for each in documents}
    return next((state for state in (CONTRADICTED, COMPLETE, EXPIRED) if state in states), OPEN)


def _worst(states: Iterable[str]) -> str:
    return min(states, key=STATES.index, default=OPEN)


def _shown(one: Document, at: datetime) -> dict[str, Any]:
    last = one.last_day(at)
    return {
        "id": str(one.id),
        "facility": one.facility,
        "about": one.item,
        "state": one.state(at),
        "source": one.issuer,
        "document": one.document,
        "issued_on": one.issued_on.isoformat(),
        "valid_until": last.isoformat() if last else None,
        "sha256": one.sha256,
        "recorded_at": _written(one.recorded_at),
    }


def _traced(lots: Sequence[Lot], counts: Sequence[Counted]) -> dict[UUID, Sequence[Counted]]:
    """What leads from the lots to their work orders, and from each to the reports of the days on which it was made."""
    codes = {lot.lot for lot in lots}
    return {
        id: _up_to(codes, [each for each in counts if each.work_order_id == id])
        for id in sorted({lot.work_order_id for lot in lots})
    }


def _up_to(lots: Collection[str], counts: Sequence[Counted]) -> Sequence[Counted]:
    """Of a work order's counts those up to the first moment, with these lots, at which they are complete; all of them
    if all together are not. So what is counted for lots to come says nothing of these, unless it contradicts.
    """
    if _traceability(counts) != COMPLETE:
        return counts
    ends = sorted({each.at for each in counts})
    last = max((each.at for each in counts if each.lot in lots), default=ends[-1])
    parts = ([each for each in counts if each.at <= end] for end in ends if end >= last)
    return next(part for part in parts if _traceability(part) == COMPLETE)


def _traceability(counts: Sequence[Counted]) -> str:
    """Whether what went into lots was made, as far as was counted."""
    made, released = sum(each.made for each in counts), sum(each.released for each in counts)
    if not made:
        return OPEN
    return COMPLETE if released <= made else CONTRADICTED


def _own_counts(lots: Sequence[Lot], traced: Mapping[UUID, Sequence[Counted]]) -> list[dict[str, Any]]:
    """For each work order of the lots what its item rests on."""
    facility_of = {lot.work_order_id: lot.facility for lot in lots}
    return [
        _counted_of(id, facility_of[id], counts)
        for id, counts in traced.items()
        if any(each.made for each in counts)
    ]


def _counted_of(id: UUID, facility: str, counts: Sequence[Counted]) -> dict[str, Any]:
    told = sorted(
        [_written(each.at), each.made_on.isoformat() if each.made_on else "", each.made, each.released]
        for each in counts
    )
    last = max(each.at for each in counts)
    return {
        "id": str(id),
        "facility": facility,
        "about": TRACEABILITY,
        "state": _traceability(counts),
        "source": OWN_COUNTS,
        "document": f"Reports and lots of work order {id}",
        "issued_on": last.astimezone(CENTRAL_JAVA).date().isoformat(),
        "valid_until": None,
        "sha256": digest({"work_order_id": str(id), "counts": told}),
        "recorded_at": _written(last),
    }


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
