"""What a rule asks for before goods are released to export: each need is met, by what and since when, or open.

What meets a need are facts, which nobody can declare to be there; what nothing here can meet stays open.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from services.orders.domain import acknowledgement
from services.orders.domain.counsel_note import PREFIX, Note
from services.orders.domain.dossier import CENTRAL_JAVA, COMPLETE, CONTRADICTED, EXPIRED
from services.orders.domain.hold import Hold
from services.orders.domain.order import Line
from shared.refusal import Sentence, one_after_another
from shared.retention import Period

DOSSIER, DOSSIER_COMPLETE, VISIT, ASSESSMENT = (
    "DOSSIER",
    "DOSSIER_COMPLETE",
    "INDEPENDENT_VISIT_12M",
    "LEGAL_ASSESSMENT",
)
ABOUT_LOTS: Final = (DOSSIER, DOSSIER_COMPLETE, VISIT)
"""Needs that concern finished lots: nothing of them is there before goods are made."""
A_YEAR: Final = Period(1, "years")
NAMED: Final = 10
"""Lots that are told one by one; how many more there are is told in a number."""

Version = Mapping[str, Any]

ITEM_WORDS: Final = {
    "consent": Sentence("consent"),
    "refusal_is_free": Sentence("refusal without effect"),
    "not_at_private_disposal": Sentence("not at private disposal"),
    "pay": Sentence("pay"),
    "hours": Sentence("hours"),
    "safety": Sentence("safety"),
    "no_deductions": Sentence("no deductions"),
    "grievances_and_visits": Sentence("grievances and visits"),
    "nobody_excluded_works": Sentence("nobody excluded works"),
    "skills": Sentence("skills"),
    "traceability": Sentence("traceability"),
}


@dataclass(frozen=True, kw_only=True)
class State:
    """How it stands with one need. ``said`` tells by what it is met, or what is open."""

    need: str
    met: bool
    said: Sentence
    since: date | None = None


@dataclass(frozen=True, kw_only=True)
class Known:
    """The facts about a line on a day.

    ``dossiers`` are all versions of each finished lot's, none where the pieces were not told by lot;
    ``asking`` are the policies that ask for a need.
    """

    on: date
    destination: str
    dossiers: Mapping[str, Sequence[Version]] | None
    said: acknowledgement.Said | None
    acknowledged: bool
    notes: Sequence[Note]
    asking: Callable[[str], Sequence[str]]


def asked(line: Line, hold: Hold) -> list[str]:
    """What a hold asks for; before goods are made nothing about lots, of which there are none."""
    return [need for need in line.needs if hold.purpose == "export" or need not in ABOUT_LOTS]


def states(needs: Iterable[str], known: Known) -> list[State]:
    return [_state(need, known) for need in needs]


def _state(need: str, known: Known) -> State:
    if need in ABOUT_LOTS:
        return _about_lots(need, known.dossiers, known.on)
    if need == acknowledgement.NEED:
        return _acknowledged(known)
    if country := _law_of(need, known.destination):
        return _advised(need, country, known)
    return State(
        need=need, met=False, said=Sentence("Nothing here can meet it: the rule must be published anew.")
    )


def ran_out(hold: Hold, dossiers: Mapping[str, Sequence[Version]], states: Iterable[State]) -> bool:
    """Whether something that a release rests on holds no longer: a need, or a dossier that was signed for."""
    return any(not state.met for state in states) or any(
        _shows_less(dossiers[named["lot"]], named["hash"])
        for signature in hold.signatures
        for named in signature.dossiers
        if named["lot"] in dossiers
    )


def _shows_less(all: Sequence[Version], signed: str) -> bool:
    """Whether an item was complete in the version that was signed for, by its hash, and is no more.

    The numbers of versions shift with a fact that is heard of late. Where none has the hash, nobody signed for what
    the dossier says now.
    """
    seen = next((version for version in all if version["hash"] == signed), None)
    return seen is None or not _complete(seen) <= _complete(all[-1])


def _complete(version: Version) -> set[str]:
    return {item["item"] for item in version["items"] if item["state"] == COMPLETE}


def _law_of(need: str, destination: str) -> str | None:
    """The country that a need asks a note of counsel about, if it asks for one."""
    if need == ASSESSMENT:
        return destination
    return need.removeprefix(PREFIX) if need.startswith(PREFIX) else None


def rests_on(
    line: Line, note: Note, *, others: Sequence[Note], asking: Callable[[str], Sequence[str]], on: date
) -> bool:
    """Whether the note meets a need of the line that none of the others meets."""
    return any(
        note.answers(country, asking(need), on)
        and not any(other.answers(country, asking(need), on) for other in others)
        for need in line.needs
        if (country := _law_of(need, line.destination))
    )


def _about_lots(need: str, dossiers: Mapping[str, Sequence[Version]] | None, on: date) -> State:
    if not dossiers or not all(dossiers.values()):
        said = Sentence("The finished lots were not told one by one, so there is no dossier of each.")
        return State(need=need, met=False, said=said)
    if need == VISIT:
        return _visited(dossiers, on)
    if need == DOSSIER:
        return State(
            need=need, met=True, said=_list(dossiers), since=max(_day(all[0]) for all in dossiers.values())
        )
    short = {lot: all for lot, all in dossiers.items() if not _is_complete(all[-1])}
    if short:
        return State(need=need, met=False, said=_list(short))
    return State(
        need=need, met=True, said=_list(dossiers), since=max(map(_complete_since, dossiers.values()))
    )


def _list(dossiers: Mapping[str, Sequence[Version]]) -> Sentence:
    """The lots, each as ``SRG-1: 9 of 11, open: pay, skills (expired)``."""
    told = [_in_short(lot, all[-1]) for lot, all in sorted(dossiers.items())]
    more = [Sentence("and {lots} more lots", lots=len(told) - NAMED)] if len(told) > NAMED else []
    return one_after_another([*told[:NAMED], *more], "; ")


def beside(
    dossiers: Mapping[str, Sequence[Version]], facilities: Mapping[str, Version]
) -> list[dict[str, Any]]:
    """The same as facts: of each lot its newest dossier, by version and hash, and of each facility what is complete."""
    lots = [
        {
            "lot": lot,
            "facility": None,
            "version": all[-1]["version"],
            "hash": all[-1]["hash"],
            **_open(all[-1]),
        }
        for lot, all in sorted(dossiers.items())
    ]
    rest = [
        {"lot": None, "facility": code, "version": None, "hash": None, **_open(shown)}
        for code, shown in sorted(facilities.items())
    ]
    return lots + rest


def _open(version: Version) -> dict[str, Any]:
    still = [item for item in version["items"] if item["state"] != COMPLETE]
    return {
        "complete": version["complete"],
        "of": version["of"],
        "open": [{"item": item["item"], "state": item["state"]} for item in still],
    }


def evidence(dossiers: Mapping[str, Sequence[Version]], facilities: Mapping[str, Version]) -> list[Sentence]:
    """What documents show of lots and of facilities, whatever a rule asks for."""
    lots = [_list(dossiers)] if dossiers else []
    return [*lots, *(_in_short(code, shown) for code, shown in sorted(facilities.items()))]


def _in_short(code: str, version: Version) -> Sentence:
    """A lot or a facility, as ``SRG-1: 9 of 11, open: pay, skills (expired)``."""
    still = [item for item in version["items"] if item["state"] != COMPLETE]
    count = {"lot": code, "complete": version["complete"], "of": version["of"]}
    if not still:
        return Sentence("{lot}: {complete} of {of}", **count)
    items = one_after_another([_item(item) for item in still], ", ")
    return Sentence("{lot}: {complete} of {of}, open: {items}", **count, items=items)


def _item(item: Mapping[str, Any]) -> Sentence:
    word = ITEM_WORDS[item["item"]]
    if item["state"] == EXPIRED:
        return Sentence("{item} (expired)", item=word)
    return Sentence("{item} (contradicted)", item=word) if item["state"] == CONTRADICTED else word


def _is_complete(version: Version) -> bool:
    return bool(version["complete"] == version["of"])


def _complete_since(all: Sequence[Version]) -> date:
    """The day of the first of the versions, back from the newest, that are complete."""
    since = all[-1]
    for version in reversed(all):
        if not _is_complete(version):
            break
        since = version
    return _day(since)


def _visited(dossiers: Mapping[str, Sequence[Version]], on: date) -> State:
    """Each facility was visited within the twelve months before, and no document about a visit contradicts."""
    newest = [all[-1] for all in dossiers.values()]
    facilities = sorted({lot["facility"] for version in newest for lot in version["lots"]})
    visits = {facility: _visit(facility, newest, on) for facility in facilities}
    without = [facility for facility, visit in visits.items() if visit is None]
    if without:
        said = Sentence(
            "No independent visit within the twelve months before {day}: {facilities}.",
            day=on,
            facilities=", ".join(without),
        )
        return State(need=VISIT, met=False, said=said)
    told = [
        Sentence(
            "{facility}: {document} of {day}",
            facility=facility,
            document=each["document"],
            day=each["issued_on"],
        )
        for facility, each in visits.items()
        if each
    ]
    days = [date.fromisoformat(each["issued_on"]) for each in visits.values() if each]
    return State(need=VISIT, met=True, said=one_after_another(told, "; "), since=max(days))


def _visit(facility: str, versions: Sequence[Version], on: date) -> Mapping[str, Any] | None:
    """The newest document of a visit that is in force; none if one contradicts."""
    found = [
        each
        for version in versions
        for item in version["items"]
        for each in item["evidence"]
        if (each["facility"], each["about"]) == (facility, "independent_visit")
    ]
    if any(each["state"] == CONTRADICTED for each in found):
        return None
    recent = [
        each
        for each in found
        if each["state"] == COMPLETE and A_YEAR.before(on) <= date.fromisoformat(each["issued_on"]) <= on
    ]
    return max(recent, key=lambda each: (each["issued_on"], each["id"]), default=None)


def _acknowledged(known: Known) -> State:
    need, said = acknowledgement.NEED, known.said
    if said and known.acknowledged:
        told = Sentence(
            "{name} acknowledged it by version {version} of the text.",
            name=said.said_by_name,
            version=said.text_version,
        )
        return State(need=need, met=True, said=told, since=said.said_at.astimezone(CENTRAL_JAVA).date())
    if said:
        told = Sentence("The line changed, so the buyer's acknowledgement ended; it is asked for anew.")
        return State(need=need, met=False, said=told)
    return State(need=need, met=False, said=Sentence("The buyer has not acknowledged who made the goods."))


def _advised(need: str, country: str, known: Known) -> State:
    """The note that counts longest; one that does not cover each policy that asks for it is none."""
    policies = known.asking(need)
    notes = [note for note in known.notes if note.answers(country, policies, known.on)]
    if not notes:
        said = Sentence(
            "No note of counsel on the law of {country} that covers {policies} counts today.",
            country=country,
            policies=", ".join(policies) or "–",
        )
        return State(need=need, met=False, said=said)
    best = max(notes, key=lambda note: (note.valid_until, note.id))
    said = Sentence(
        "{adviser}, note of {day}, counts until {until}.",
        adviser=best.adviser,
        day=best.given_on,
        until=best.valid_until,
    )
    return State(need=need, met=True, said=said, since=best.recorded_at.astimezone(CENTRAL_JAVA).date())


def _day(version: Version) -> date:
    return datetime.fromisoformat(version["as_of"]).astimezone(CENTRAL_JAVA).date()
