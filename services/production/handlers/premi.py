"""Premi: schemes of agreements, and the ledger of what is owed for accepted pieces, to whom, and what was paid."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import Row, Select, func, insert, select, update
from sqlalchemy.orm import Session

from services.production import terms
from services.production.domain import premi as rules
from services.production.domain.premi import HOUR, Line, Scheme
from services.production.domain.remarks import said
from services.production.domain.work_order import WorkOrder
from services.production.ledger import standing_entries
from services.production.local_time import today_at
from services.production.storage import (
    agreement,
    hours_entry,
    item,
    premi_entry,
    premi_line,
    premi_lot,
    premi_rate,
    premi_scheme,
    worker,
)
from shared.clock import business_now
from shared.refusal import Refused
from shared.sight import as_the_service


def make_scheme(
    session: Session,
    *,
    agreement_id: UUID,
    basis: str,
    worker_pct: Decimal,
    capital_pct: Decimal,
    state_pct: Decimal,
    valid_from: date,
    valid_to: date,
    legal_ref: str,
    approved_by_role: str,
    hourly_idr: int | None = None,
    rates: Mapping[str, int],
) -> Scheme:
    """A new scheme of an agreement; lots that waited for one are accrued at once.

    Unlike all else that changes an agreement it waits for who accepts a lot under it, and lets none be accepted
    meanwhile: that lot would see no scheme, and the scheme not the lot. Of what they hold it asks for nothing else.
    """
    session.execute(select(agreement.c.id).where(agreement.c.id == agreement_id).with_for_update())
    known = set(session.execute(select(item.c.sku).where(item.c.sku.in_(rates))).scalars())
    for sku in sorted(set(rates) - known):
        raise Refused("There is no item {sku}.", field=f"rates.{sku}", sku=sku)
    made = Scheme(
        id=uuid7s.uuid7(),
        agreement_id=agreement_id,
        basis=basis,
        worker_pct=worker_pct,
        capital_pct=capital_pct,
        state_pct=state_pct,
        hourly_idr=hourly_idr,
        valid_from=valid_from,
        valid_to=valid_to,
        legal_ref=legal_ref,
        approved_by_role=approved_by_role,
        rates=dict(sorted(rates.items())),
    )
    rules.must_stand(made, schemes_of(session, agreement_id))
    keep_scheme(session, made)
    with as_the_service(session):  # whose ledger it is, who makes schemes does not see
        for lot in session.execute(_waiting_for(made)).all():
            _accrue(session, lot, made)
    return made


def end_scheme(session: Session, *, scheme: Scheme, on: date) -> Scheme:
    """Let another scheme follow: ``on`` is its last day, which does not lie back, so that what was accrued stands."""
    lock = select(agreement.c.facility).where(agreement.c.id == scheme.agreement_id)
    locked = session.execute(lock.with_for_update(key_share=True))  # a lot accepted under it waits for nobody
    ended = rules.ended(scheme, on=on, today=today_at(session, locked.scalar_one()))
    session.execute(update(premi_scheme).where(premi_scheme.c.id == scheme.id).values(valid_to=on))
    return ended


def _waiting_for(scheme: Scheme) -> Select[Any]:
    """Lots of its days for which nothing was booked ever; a booking that was reversed is made anew by sharing out."""
    booked = select(premi_entry.c.id).where(
        premi_entry.c.lot == premi_lot.c.lot, premi_entry.c.kind == "accrued"
    )
    return (
        select(premi_lot)
        .where(
            premi_lot.c.agreement_id == scheme.agreement_id,
            premi_lot.c.accepted_on.between(scheme.valid_from, scheme.valid_to),
            ~booked.exists(),
        )
        .order_by(premi_lot.c.lot)
        .with_for_update()
    )


def keep_scheme(session: Session, made: Scheme) -> None:
    values = {name: getattr(made, name) for name in Scheme.__dataclass_fields__ if name != "rates"}
    session.execute(insert(premi_scheme).values(**values))
    if made.rates:
        rows = [{"scheme_id": made.id, "sku": sku, "idr": idr} for sku, idr in made.rates.items()]
        session.execute(insert(premi_rate), rows)


def schemes_of(session: Session, agreement_id: UUID) -> list[Scheme]:
    """The schemes of an agreement, the first first."""
    rows = session.execute(
        select(premi_scheme)
        .where(premi_scheme.c.agreement_id == agreement_id)
        .order_by(premi_scheme.c.valid_from)
    ).all()
    rates: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    of_them = premi_rate.c.scheme_id.in_([row.id for row in rows])
    for rate in session.execute(select(premi_rate).where(of_them).order_by(premi_rate.c.sku)):
        rates[rate.scheme_id][rate.sku] = rate.idr
    return [Scheme(**row._mapping, rates=rates[row.id]) for row in rows]


def accept_lot(session: Session, order: WorkOrder, *, lot: str, pieces: int) -> None:
    """Pieces that passed the facility's inspection are owed for, whatever the buyer does later."""
    today = today_at(session, order.facility)
    under = terms.agreement_on(session, order, today)
    values = {
        "lot": lot,
        "facility": order.facility,
        "work_order_id": order.id,
        "agreement_id": under.id if under else None,
        "sku": order.sku,
        "pieces": pieces,
        "accepted_on": today,
    }
    row = session.execute(insert(premi_lot).values(**values).returning(premi_lot)).one()
    _accrue(session, row, _scheme_of(session, row))


def share(session: Session, *, facility: str, lot: str) -> None:
    """Share what is owed for a lot among those who worked on it, to the last rupiah."""
    row = _locked(session, facility, lot)
    if standing(session, lot, "shared") is not None:
        raise Refused("{lot} is shared out already.", field="lot", lot=lot)
    minutes, pieces = worked_on(session, row)
    weights = rules.weights_of(minutes, pieces)
    if not weights:
        raise Refused(
            "Nobody's hours are there for this work up to {day}: enter them first.",
            field="lot",
            day=row.accepted_on,
        )
    accrual = standing(session, lot, "accrued") or _accrue(
        session, row, _scheme_of(session, row), minutes=_unpaid_minutes(session, row)
    )
    theirs = accrual and -sum(
        line.idr for line in lines_of(session, accrual) if line.account == rules.WORKERS
    )
    if not theirs:
        raise Refused(
            "Nothing is due by the agreement's scheme for {sku} on {day}: the regional office makes a scheme, and hours are paid once.",
            field="lot",
            sku=row.sku,
            day=row.accepted_on,
        )
    _post(session, facility, "shared", rules.shared(theirs, weights), lot=lot)


def pay(session: Session, *, facility: str, worker_id: UUID, idr: int) -> None:
    """Paid out, in whole rupiah and never more than is owed."""
    _lock(session, facility, worker_id)
    _post(session, facility, "paid", rules.paid(worker_id, idr, owed=owed(session, worker_id)))


def settle(session: Session, *, facility: str, worker_id: UUID) -> None:
    """Who leaves is paid all that is owed."""
    due = owed(session, worker_id)
    if due > 0:
        _post(session, facility, "settled", rules.paid(worker_id, due, owed=due))


def reverse(session: Session, *, facility: str, entry_id: int, reason: str) -> None:
    """Take an entry back by one that is its opposite; nothing in the ledger is ever changed."""
    mine = (premi_entry.c.id == entry_id, premi_entry.c.facility == facility)
    entry = session.execute(select(premi_entry).where(*mine).with_for_update()).one_or_none()
    if entry is None or entry.kind == "reversed":
        raise Refused("Give an entry that is no reversal itself.", field="entry_id")
    session.execute(select(premi_lot.c.lot).where(premi_lot.c.lot == entry.lot).with_for_update())
    if session.execute(select(premi_entry.c.id).where(premi_entry.c.reverses == entry_id)).first():
        raise Refused("This entry is reversed already.", field="entry_id")
    if entry.kind == "accrued" and standing(session, entry.lot, "shared") is not None:
        raise Refused("Reverse first how {lot} was shared out.", field="entry_id", lot=entry.lot)
    lines = lines_of(session, entry_id)
    if any(line.account == rules.FORMER for line in lines):
        raise Refused(
            "Of some who have a share in this entry nothing is kept any more: it can't be reversed.",
            field="entry_id",
        )
    back = rules.reversed_lines(lines)
    _post(session, facility, "reversed", back, reverses=entry_id, reason=said(reason))


def owed(session: Session, worker_id: UUID) -> int:
    """What a worker is owed now."""
    balance = select(func.coalesce(-func.sum(premi_line.c.idr), 0)).where(premi_line.c.worker_id == worker_id)
    return int(session.execute(balance).scalar_one())


def lines_of(session: Session, entry_id: int) -> list[Line]:
    rows = session.execute(
        select(premi_line).where(premi_line.c.entry_id == entry_id).order_by(premi_line.c.number)
    )
    return [Line(row.account, row.idr, row.worker_id) for row in rows]


def standing(session: Session, lot: str, kind: str) -> int | None:
    """The entry of this kind about a lot that was not reversed."""
    return session.execute(standing_entries(kind).where(premi_entry.c.lot == lot)).scalar()


def worked_on(session: Session, lot: Row[Any]) -> tuple[dict[UUID, int], dict[UUID, int]]:
    """Minutes and pieces of each worker since the lot of an earlier day; if there are none, since the beginning."""
    since = _worked(session, lot, after=_lot_before(session, lot))
    return since if any(count > 0 for count in since[0].values()) else _worked(session, lot, after=date.min)


def _unpaid_minutes(session: Session, lot: Row[Any]) -> int:
    """Minutes since the lot of an earlier day; they are paid by the hour with one lot of a day, and only once."""
    siblings = select(premi_lot.c.lot).where(
        premi_lot.c.work_order_id == lot.work_order_id, premi_lot.c.accepted_on == lot.accepted_on
    )
    if session.execute(standing_entries("accrued").where(premi_entry.c.lot.in_(siblings))).first():
        return 0
    return sum(_worked(session, lot, after=_lot_before(session, lot))[0].values())


def _lot_before(session: Session, lot: Row[Any]) -> date:
    """The day of the last lot of an earlier day."""
    before = session.execute(
        select(func.max(premi_lot.c.accepted_on)).where(
            premi_lot.c.work_order_id == lot.work_order_id, premi_lot.c.accepted_on < lot.accepted_on
        )
    ).scalar()
    return before or date.min


def _worked(session: Session, lot: Row[Any], *, after: date) -> tuple[dict[UUID, int], dict[UUID, int]]:
    sums = (func.sum(hours_entry.c.minutes).label("minutes"), func.sum(hours_entry.c.pieces).label("pieces"))
    rows = session.execute(
        select(hours_entry.c.worker_id, *sums)
        .where(
            hours_entry.c.work_order_id == lot.work_order_id,
            hours_entry.c.worked_on > after,
            hours_entry.c.worked_on <= lot.accepted_on,
        )
        .group_by(hours_entry.c.worker_id)
    ).all()
    return {row.worker_id: row.minutes for row in rows}, {row.worker_id: row.pieces for row in rows}


def _locked(session: Session, facility: str, lot: str) -> Row[Any]:
    """The lot, with all of the same work: no two that are shared out at once pay the same hours."""
    work = select(premi_lot.c.work_order_id).where(premi_lot.c.lot == lot, premi_lot.c.facility == facility)
    together = premi_lot.c.work_order_id == work.scalar_subquery()
    rows = session.execute(
        select(premi_lot).where(together).order_by(premi_lot.c.lot).with_for_update()
    ).all()
    if not rows:
        raise Refused("There is no lot {lot}.", field="lot", lot=lot)
    return next(row for row in rows if row.lot == lot)


def _scheme_of(session: Session, lot: Row[Any]) -> Scheme | None:
    if lot.agreement_id is None:
        return None
    return next((one for one in schemes_of(session, lot.agreement_id) if one.covers(lot.accepted_on)), None)


def _accrue(
    session: Session, lot: Row[Any], scheme: Scheme | None, *, minutes: int | None = None
) -> int | None:
    """Book what the partner owes for a lot; by hours only once those are known. None while no scheme says it."""
    if scheme is None or (scheme.basis == HOUR and minutes is None):
        return None
    worth = scheme.worth(lot.sku, pieces=lot.pieces, minutes=minutes or 0)
    if not worth:
        return None
    return _post(
        session, lot.facility, "accrued", rules.accrued(scheme, worth), lot=lot.lot, scheme_id=scheme.id
    )


def _post(session: Session, facility: str, kind: str, lines: Sequence[Line], **about: Any) -> int:
    values = {"facility": facility, "kind": kind, "booked_on": today_at(session, facility), **about}
    statement = insert(premi_entry).values(**values, recorded_at=business_now(session))
    entry: int = session.execute(statement.returning(premi_entry.c.id)).scalar_one()
    rows = [
        {
            "entry_id": entry,
            "number": number,
            "account": line.account,
            "worker_id": line.worker,
            "idr": line.idr,
        }
        for number, line in enumerate(lines, 1)
    ]
    session.execute(insert(premi_line), rows)
    return entry


def _lock(session: Session, facility: str, worker_id: UUID) -> None:
    """One payment at a time, so that no two are made of the same rupiah."""
    mine = (worker.c.id == worker_id, worker.c.facility == facility)
    if session.execute(select(worker.c.id).where(*mine).with_for_update()).first() is None:
        raise Refused("Choose a worker of this facility.", field="worker")
