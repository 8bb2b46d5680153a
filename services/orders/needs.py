"""How it stands with what rules ask for of a line, and what is shown to who signs: reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from services.orders import acknowledgements, counsel_notes, dossiers
from services.orders.domain import need
from services.orders.domain.counsel_note import PREFIX, Note
from services.orders.domain.facts import digest, facts_shown
from services.orders.domain.hold import Hold
from services.orders.domain.need import Known, State, Version
from services.orders.domain.order import Line, Order
from services.orders.storage import TO_MAKE, WANTED, destination_policy, lot, order_line
from shared.clock import business_today
from shared.refusal import Sentence


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What stands beside a hold: the facts that are signed for, each of its needs, met or open, and what documents show
    of its lots, or before there are any of the facilities that are to make them."""

    facts: dict[str, Any]
    states: list[State]
    evidence: list[Sentence]


def ran_out(session: Session, order: Order, line: Line, hold: Hold) -> bool:
    """Whether something that a release, or a lone signature for one, rests on holds no longer.

    Its lots that have departed are not looked at, nor is a hold that has no others.
    """
    staying = [lot.code for lot in line.staying if hold.names(lot.code)]
    if hold.lots is not None and not staying:
        return False
    found = dossiers.of_lots(session, staying)
    return need.ran_out(hold, found, _states(session, order, line, hold, found))


def read(session: Session, order: Order, line: Line, hold: Hold) -> Shown:
    """What is shown of a hold to who signs."""
    found = dossiers.of_lots(session, lots_of(hold))
    shown = dossiers.of_facilities(session, planned_of(hold))
    return Shown(
        facts=_facts(order, line, hold, found, shown),
        states=_states(session, order, line, hold, found),
        evidence=need.evidence(found, shown),
    )


def _states(
    session: Session, order: Order, line: Line, hold: Hold, found: Mapping[str, Sequence[Version]]
) -> list[State]:
    said = acknowledgements.newest(session, order.id).get(line.number)
    asking = _asking(session, line.policies)
    known = Known(
        on=business_today(session),
        destination=line.destination,
        dossiers=None if hold.lots is None else found,
        said=said,
        acknowledged=said is not None and said.counts(line),
        notes=counsel_notes.standing(session),
        asking=lambda each: asking.get(each, line.policies),
    )
    return need.states(need.asked(line, hold), known)


def shown_of(session: Session, order: Order) -> dict[int, dict[str, Any]]:
    """What stands beside the hold of each line that waits, by the lines' numbers: the digest of its facts, and evidence."""
    waiting = [(line, line.open_hold) for line in order.lines if line.open_hold]
    lots = [code for _, hold in waiting if hold for code in lots_of(hold)]
    found = dossiers.of_lots(session, lots)
    shown = dossiers.of_facilities(
        session, [code for _, hold in waiting if hold for code in planned_of(hold)]
    )
    return {
        line.number: {
            "seen": digest(_facts(order, line, hold, found, shown)),
            "evidence": need.beside(
                {code: found[code] for code in lots_of(hold) if code in found},
                {code: shown[code] for code in planned_of(hold)},
            ),
        }
        for line, hold in waiting
        if hold
    }


def _facts(
    order: Order,
    line: Line,
    hold: Hold,
    found: Mapping[str, Sequence[Version]],
    shown: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """The newest version of each lot's dossier stands for it with its hash, by which a signature names it.

    Before goods are made, what is shown of the facilities that are to make them stands there.
    """
    newest = {code: found[code][-1] for code in lots_of(hold) if code in found}
    named = [{"lot": lot, "version": of["version"], "hash": of["hash"]} for lot, of in newest.items()]
    return facts_shown(order, line, hold, named, [shown[code] for code in planned_of(hold)])


def lots_of(hold: Hold) -> list[str]:
    """The codes of the finished lots that a hold is about."""
    return [each["lot"] for each in hold.lots or ()]


def planned_of(hold: Hold) -> list[str]:
    """The codes of the facilities that are to make what a hold is about."""
    return hold.facilities if hold.purpose == "produce" else []


def with_work_of(session: Session, facility: str) -> Sequence[UUID]:
    """Orders with held lines of which a facility made, or is to make, something that is left to export, by their ids."""
    of_line = (lot.c.order_id == order_line.c.order_id, lot.c.line_number == order_line.c.number)
    planned = and_(order_line.c.planned_at.contains([facility]), order_line.c.good < TO_MAKE)
    return _held(session, or_(exists().where(*of_line, lot.c.facility == facility), planned))


def asking_about(session: Session, country: str) -> Sequence[UUID]:
    """Orders with held lines that need a note on the law of a country and have something left to export, likewise."""
    assessed = and_(order_line.c.needs.contains([need.ASSESSMENT]), order_line.c.destination == country)
    return _held(session, or_(order_line.c.needs.contains([f"{PREFIX}{country}"]), assessed))


def _held(session: Session, which: ColumnElement[bool]) -> Sequence[UUID]:
    left = order_line.c.departed < WANTED
    query = select(order_line.c.order_id).where(order_line.c.action == "hold", left, which)
    return session.execute(query.distinct().order_by(order_line.c.order_id)).scalars().all()


def rests_on(session: Session, line: Line, note: Note) -> bool:
    """Whether a need of the line is open once the note counts no more."""
    asking = _asking(session, line.policies)
    return need.rests_on(
        line,
        note,
        others=counsel_notes.standing(session),
        asking=lambda each: asking.get(each, line.policies),
        on=business_today(session),
    )


def _asking(session: Session, policies: Sequence[str]) -> dict[str, list[str]]:
    """Which of the policies ask for which need; one that none of them is known to ask for is asked for by all."""
    name = func.concat(destination_policy.c.id, ".v", destination_policy.c.version)
    query = select(name.label("name"), destination_policy.c.row).where(name.in_(policies)).order_by(name)
    asking: dict[str, list[str]] = {}
    for row in session.execute(query):
        for each in row.row.get("needs") or ():
            asking.setdefault(each, []).append(row.name)
    return asking
