"""What happens to a shipment on its way, and what must have happened before: a graph, not a list."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Final, Literal, Protocol

from shared.refusal import Refused, Sentence

WIB = timezone(timedelta(hours=7), "WIB")

CONSOLIDATED = "CONSOLIDATED"
STUFFED_SEALED = "STUFFED_SEALED"
PEB_SUBMITTED = "PEB_SUBMITTED"
GATE_IN = "GATE_IN"
LOADED = "LOADED"
SHORT_LANDED = "SHORT_LANDED"
TRANSSHIPPED = "TRANSSHIPPED"
VESSEL_DEPARTED = "VESSEL_DEPARTED"
DISCHARGED = "DISCHARGED"
DELIVERED = "DELIVERED"
RETURN_RECEIVED = "RETURN_RECEIVED"
STRIPPED = "STRIPPED"
BOOKING_CANCELLED = "BOOKING_CANCELLED"
BOOKED_ANEW = "BOOKED_ANEW"
OUT_OF_PORT = "OUT_OF_PORT"
"""The container was taken out of the customs area before it was loaded."""

AT_PORTS: Final = (GATE_IN, OUT_OF_PORT, LOADED, VESSEL_DEPARTED, TRANSSHIPPED, DISCHARGED)
"""What else happens abroad may happen inland."""

LOADED_OR_GONE: Final = (LOADED, VESSEL_DEPARTED)
"""With one of these nobody can hold a shipment back any more; not every way has the first."""

ENDS: Final = (DELIVERED, RETURN_RECEIVED)
"""With one of these the way of a shipment is over."""

Reason = Literal["did_not_occur", "incorrect_data"]
DID_NOT_OCCUR: Final = "did_not_occur"
INCORRECT_DATA: Final = "incorrect_data"
REASONS: tuple[Reason, ...] = (DID_NOT_OCCUR, INCORRECT_DATA)
"""Why a report is corrected, in the words of EPCIS."""


@dataclass(frozen=True, kw_only=True)
class Milestone:
    """A step on the way; ``after`` are those without which it can't be.

    ``kind`` is usual, or beside the usual way trouble or its relief: a trouble holds until one of ``ended_by``, and
    meanwhile none of ``bars`` can be. ``dcsa`` and ``edifact`` are how carriers call it: DCSA Track & Trace 2.2, and list 9011 of UN/EDIFACT.
    """

    code: str
    name_en: str
    name_id: str
    after: tuple[str, ...] = ()
    dcsa: tuple[str, ...] = ()
    edifact: tuple[str, ...] = ()
    kind: Literal["usual", "trouble", "relief"] = "usual"
    ended_by: tuple[str, ...] = ()
    bars: tuple[str, ...] = ()

    @property
    def repeats(self) -> bool:
        """Whether a second one is no mistake: feeders meet more than one vessel, and trouble that ends comes again."""
        relieving = self.kind == "relief" and self.code not in ENDS
        return relieving or bool(self.ended_by) or self.code == TRANSSHIPPED

    @property
    def beside(self) -> bool:
        """Whether it is no step of the usual way, so that nobody waits for it."""
        return self.kind != "usual"


Graph = Mapping[str, Milestone]
"""All milestones by code, in the order in which they usually come."""


@dataclass(eq=False, kw_only=True)
class Correction:
    """Why a report does not hold: it never happened, or what was right is the ``corrective`` report."""

    reason: str
    because: str
    declared_at: datetime
    role: str
    corrective: "Reached | None" = None


@dataclass(eq=False, kw_only=True)
class Reached:
    """A milestone as it was reported; ``recorded_at`` may be much later than ``occurred_at``."""

    code: str
    place: str
    occurred_at: datetime
    recorded_at: datetime
    correction: Correction | None = None
    ssccs: list[str] = field(default_factory=list)
    """The cartons that it is about, where it is not about all: those that are short."""

    def says(self, code: str, place: str, occurred_at: datetime) -> bool:
        return (self.code, self.place, self.occurred_at) == (code, place, occurred_at)


class Told(Protocol):
    """What tells how far a shipment has come: a report, or what a list reads of it."""

    @property
    def code(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...


def graph_of(milestones: Iterable[Milestone]) -> Graph:
    """The graph; refused if a milestone waits for one that is unknown or comes later."""
    graph: dict[str, Milestone] = {}
    for milestone in milestones:
        for needed in milestone.after:
            if needed not in graph:
                raise Refused(
                    "{code} comes after {needed}, which must stand before it.",
                    field="after",
                    code=milestone.code,
                    needed=needed,
                )
        graph[milestone.code] = milestone
    return graph


def of_shipments(graph: Graph) -> Graph:
    """The part of the graph that a shipment has before it once its cartons were put together."""
    behind = up_to(CONSOLIDATED, graph)
    return {
        code: replace(milestone, after=tuple(needed for needed in milestone.after if needed not in behind))
        for code, milestone in graph.items()
        if code not in behind
    }


def need_possible(
    code: str, *, occurred_at: datetime, now: datetime, reached: Sequence[Reached], graph: Graph
) -> None:
    """Refuse a milestone that is unknown, in the future, a second time, or before what must come first."""
    if code not in graph:
        known = ", ".join(graph)
        raise Refused(
            "There is no milestone {code}; give one of {known}.", field="milestone", code=code, known=known
        )
    if occurred_at > now:
        raise Refused(
            "{at} is in the future: it is {now} now. Report it when it has happened.",
            field="occurred_at",
            at=time_of(occurred_at),
            now=time_of(now),
        )
    earlier = [at for at in reached if at.code == code]
    if earlier and not graph[code].repeats:
        raise Refused(
            "{code} was recorded before: {place}, {at}.",
            field="milestone",
            code=code,
            place=earlier[0].place,
            at=time_of(earlier[0].occurred_at),
        )
    reported = Reached(code=code, place="", occurred_at=occurred_at, recorded_at=now)
    _need_what_is_first(reported, reached, graph)
    _need_undisturbed([reported, *reached], graph)


def _need_what_is_first(each: Reached, reached: Sequence[Reached], graph: Graph) -> None:
    """Refuse it before its predecessors; trouble that was learnt late is told after what ended it."""
    later = {at.code for at in reached if at.occurred_at >= each.occurred_at}
    for needed in graph[each.code].after:
        if not ends_before_a_bar(each.code, graph[needed], later):
            _need_before(each.code, needed, each.occurred_at, reached)


def ends_before_a_bar(code: str, trouble: Milestone, later: Set[str]) -> bool:
    """Whether what this trouble bars came after its end, so that the trouble can't be told before its end is."""
    return code in trouble.ended_by and not later.isdisjoint(trouble.bars)


def _need_before(code: str, needed: str, occurred_at: datetime, reached: Sequence[Reached]) -> None:
    found = [at.occurred_at for at in reached if at.code == needed]
    if not found:
        raise Refused(
            "{code} can't be before {needed}: record {needed} first.",
            field="milestone",
            code=code,
            needed=needed,
        )
    if occurred_at < min(found):
        raise Refused(
            "{code} can't be before {needed}, which was at {at}; give a time from then on.",
            field="occurred_at",
            code=code,
            needed=needed,
            at=time_of(min(found)),
        )


def need_in_order(reached: Sequence[Reached], graph: Graph) -> None:
    """Refuse milestones of which one stands before what must come first, or was while something was wrong."""
    for each in reached:
        if each.code in graph:  # a way may have had more milestones once
            _need_what_is_first(each, reached, graph)
    _need_undisturbed(reached, graph)


def called(graph: Graph, *, dcsa: str | None = None, edifact: str | None = None) -> list[str]:
    """The milestones that carriers call so; DCSA's codes may come without the kind of their event."""
    wanted = " ".join((dcsa or "").upper().split())
    found = [
        each.code
        for each in graph.values()
        if (edifact or "").strip() in each.edifact
        or any(wanted in (code, code.rpartition(" ")[2]) for code in each.dcsa)
    ]
    if not found:
        _refuse_what_is_told_otherwise(dcsa or edifact or "", field="dcsa" if dcsa else "edifact")
        raise Refused(
            "No milestone is called {code}; these are: {known}.",
            field="dcsa" if dcsa else "edifact",
            code=dcsa or edifact,
            known=", ".join(
                code for each in graph.values() for code in (each.dcsa if dcsa else each.edifact)
            ),
        )
    return found


TOLD_OTHERWISE: Final = (
    (
        frozenset({"6", "RECE", "CONF"}),
        Sentence("{code} tells of a booking: it is noted with its vessel and days, by whoever books."),
    ),
    (
        frozenset({"50", "DRFT", "APPR", "ISSU", "SURR", "VOID"}),
        Sentence("{code} tells of a paper: it is noted among the documents, with its number and date."),
    ),
    (
        frozenset({"13", "15", "27", "64", "71", "74"}),
        Sentence("{code} tells of cartons before they are a shipment: these are scanned one by one."),
    ),
)
"""Codes of bookings, of papers, and of what happens to goods before they are a shipment: packed, collected, staged,
received at a hub."""


def _refuse_what_is_told_otherwise(said: str, *, field: str) -> None:
    """What carriers have codes for, and is no milestone here, by saying how it is told."""
    code = "".join(said.upper().split()[-1:])
    for codes, how in TOLD_OTHERWISE:
        if code in codes:
            raise Refused(how.message, field=field, code=said)


def up_to(code: str, graph: Graph) -> frozenset[str]:
    """The milestone and all that must have happened before it."""
    if code not in graph:
        raise Refused("The milestones are not loaded, so nothing may leave: run kendi load first.")
    before = (up_to(needed, graph) for needed in graph[code].after)
    return frozenset({code}).union(*before)


def furthest(reached: Iterable[Told], graph: Graph) -> str | None:
    """How far the shipment has come. A late report of something earlier does not move it back."""
    codes = {at.code for at in reached}
    usual = (code for code, milestone in graph.items() if not milestone.beside and code in codes)
    return max(usual, key=list(graph).index, default=None)


def possible_next(reached: Sequence[Reached], graph: Graph) -> list[Milestone]:
    """What may be reported now: all that went before is there, and nothing that went wrong keeps it from being."""
    codes = {at.code for at in reached}
    barred = {code for held in troubles(reached, graph) for code in held.bars}
    return [
        milestone
        for milestone in graph.values()
        if (milestone.code not in codes or milestone.repeats)
        and all(
            needed in codes or ends_before_a_bar(milestone.code, graph[needed], codes)
            for needed in milestone.after
        )
        and milestone.code not in barred
        and not codes & _ends_for_good(milestone, graph)
    ]


def troubles(reached: Iterable[Told], graph: Graph) -> list[Milestone]:
    """What went wrong and has not ended."""
    last: dict[str, datetime] = {}
    for each in reached:
        last[each.code] = max(each.occurred_at, last.get(each.code, each.occurred_at))
    return [
        milestone
        for code, milestone in graph.items()
        if milestone.kind == "trouble"
        and code in last
        and not any(last[end] >= last[code] for end in milestone.ended_by if end in last)
    ]


def _need_undisturbed(reached: Sequence[Reached], graph: Graph) -> None:
    """Refuse what was while something was wrong, and trouble that came after what would have ended it."""
    for each in reached:
        until = [at for at in reached if at.occurred_at <= each.occurred_at]
        _need_no_bar(each, until, graph)
        milestone = graph.get(each.code)
        if milestone and milestone.kind == "trouble":
            _need_not_over(each, milestone, until if milestone.ended_by else reached, graph)


def _need_no_bar(each: Reached, until: Sequence[Reached], graph: Graph) -> None:
    for held in troubles(until, graph):
        if each.code in held.bars:
            raise Refused(
                "{code} can't be while {held} holds: report first what ended it, or correct it.",
                field="milestone",
                code=each.code,
                held=held.code,
            )


def _need_not_over(each: Reached, trouble: Milestone, among: Sequence[Reached], graph: Graph) -> None:
    for over in among:
        if over.code in _ends_for_good(trouble, graph):
            raise Refused(
                "{code} can't be with {over}, which was at {at}.",
                field="milestone",
                code=each.code,
                over=over.code,
                at=time_of(over.occurred_at),
            )


def _ends_for_good(milestone: Milestone, graph: Graph) -> set[str]:
    """Steps of the usual way after which this can't go wrong any more; what nothing ends can't be with what it bars."""
    return {code for code in milestone.ended_by or milestone.bars if not graph[code].beside}


def time_of(moment: datetime) -> str:
    return f"{moment.astimezone(WIB):%Y-%m-%d %H:%M} WIB"
