"""Agreements are made, amended and ended; work that waited for one is shared out at once."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.production.domain.agreement import Agreement, Tariff, stand_alone
from services.production.handlers.planning import one_plan_at_a_time
from services.production.handlers.waiting import share_out_what_waits
from services.production.local_time import today_at
from services.production.storage import agreement, demand, facility, item
from shared.messaging.outbox import record
from shared.refusal import Refused


def make(
    session: Session,
    *,
    number: str,
    partner: str,
    facility: str,
    lanes: Sequence[str],
    valid_from: date,
    valid_to: date,
    tariffs: Mapping[str, Decimal],
    tolerance_pct: int = 0,
) -> Agreement:
    """A new agreement; no other covers the same partner, facility and lane in these days."""
    one_plan_at_a_time(session)
    _must_produce(session, facility)
    if session.execute(select(agreement.c.id).where(agreement.c.number == number)).first():
        raise Refused("There is an agreement {number} already.", field="number", number=number)
    made = Agreement(
        id=uuid7s.uuid7(),
        number=number,
        partner=partner,
        facility=facility,
        lanes=list(lanes),
        valid_from=valid_from,
        valid_to=valid_to,
        tolerance_pct=tolerance_pct,
        tariffs=_tariffs(session, tariffs),
    )
    stand_alone(made, others_of(session, partner, facility))
    session.add(made)
    _share_out(session, made)
    return made


def amend(session: Session, *, agreement_id: UUID, **changes: Any) -> Agreement:
    """Change its days, lanes, tariffs or tolerance. Work that was offered under it goes on."""
    one_plan_at_a_time(session)
    amended = _locked(session, agreement_id)
    if "tariffs" in changes:
        wanted = changes.pop("tariffs")
        amended.tariffs.clear()
        session.flush()
        changes["tariffs"] = _tariffs(session, wanted)
    others = others_of(session, amended.partner, amended.facility)
    moved = amended.amend(today=today_at(session, amended.facility), others=others, **changes)
    record(session, *moved)
    _share_out(session, amended)
    return amended


def end(session: Session, *, agreement_id: UUID, on: date, reason: str) -> Agreement:
    """End it early: nothing that would last beyond that day is offered under it any more, and what stands in it ends."""
    one_plan_at_a_time(session)
    ended = _locked(session, agreement_id)
    moved = ended.end(on=on, reason=reason, today=today_at(session, ended.facility))
    session.flush()
    record(session, moved)
    return ended


def others_of(session: Session, partner: str, facility: str) -> Sequence[Agreement]:
    """All agreements between the two."""
    both = (agreement.c.partner == partner, agreement.c.facility == facility)
    return session.execute(select(Agreement).where(*both).order_by(agreement.c.number)).scalars().all()


def _share_out(session: Session, one: Agreement) -> None:
    session.flush()
    share_out_what_waits(session, "agreed", demand.c.partner == one.partner)


def _must_produce(session: Session, code: str) -> None:
    producing = session.execute(select(facility.c.producing).where(facility.c.code == code)).scalar()
    if not producing:
        raise Refused("Give the code of a facility that produces.", field="facility")


def _tariffs(session: Session, tariffs: Mapping[str, Decimal]) -> list[Tariff]:
    known = set(session.execute(select(item.c.sku).where(item.c.sku.in_(tariffs))).scalars())
    for sku in sorted(set(tariffs) - known):
        raise Refused("There is no item {sku}.", field=f"tariffs.{sku}", sku=sku)
    return [Tariff(sku=sku, idr=idr) for sku, idr in sorted(tariffs.items())]


def _locked(session: Session, agreement_id: UUID) -> Agreement:
    lock = {"of": agreement, "key_share": True}  # a lot accepted under it waits for nobody
    return session.get_one(Agreement, agreement_id, with_for_update=lock, populate_existing=True)
