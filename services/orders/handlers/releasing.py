"""Releasing what a policy holds, and what ends a release."""

from collections.abc import Sequence
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from services.orders import needs, timeline
from services.orders.domain import lane
from services.orders.domain.counsel_note import Note
from services.orders.domain.facts import digest
from services.orders.domain.hold import Signer, Statement
from services.orders.domain.lane import Operation
from services.orders.domain.order import Line, Order
from services.orders.handlers.acknowledging import end_if_changed
from services.orders.handlers.locking import locked
from services.orders.handlers.rescreening import screen_again
from services.orders.storage import release_attempt
from shared.clock import business_today
from shared.events.orders import LotLaneCorrected, Withdrawal
from shared.refusal import Refused, Sentence

Asked = Literal["release", "lane", "free_lane", "acknowledgement", "counsel_note"]
"""What an attempt was made at: a release, correcting who made a lot, choosing who makes a line, or what a release may need: the buyer's word, and
counsel's."""


def sign_release(
    session: Session,
    *,
    order_id: UUID,
    line: int,
    by: Signer,
    reason: str,
    expires_on: date | None = None,
    seen: str | None = None,
    lots: Sequence[str] | None = None,
) -> Order:
    """One of the two people who must agree releases a held line; ``seen`` is the digest of what they saw.

    Who names none signs for the facts as they are. ``lots`` are those of the finished ones that it is for, where
    it is not for all: the others stay held, and wait for a release of their own once these are released.
    """
    order, today = locked(session, order_id), business_today(session)
    said = _statement(session, order, order.line(line), reason, expires_on)
    if order.line(line).open_hold and seen not in (None, said.digest):
        raise Refused("The facts changed since you saw them; read them again before you sign.", field="seen")
    if lots is not None:
        order.choose(line, lots)
        said = _statement(session, order, order.line(line), reason, expires_on)
    timeline.tell(session, *order.sign_release(line, by=by, said=said, on=today))
    session.flush()  # a hold that is released makes room for the one that follows it
    timeline.tell(session, *order.ask_for_rest(order.line(line), today))
    return order


def _statement(session: Session, order: Order, line: Line, reason: str, expires_on: date | None) -> Statement:
    """What is said by signing now, over the facts and dossiers as they are and what is open."""
    hold = line.open_hold
    if hold is None:
        return Statement(reason=reason, digest="", expires_on=expires_on)
    shown = needs.read(session, order, line, hold)
    return Statement(
        reason=reason,
        digest=digest(shown.facts),
        expires_on=expires_on,
        dossiers=shown.facts["dossiers"],
        open_needs=[state.need for state in shown.states if not state.met],
    )


def keep_refused(
    session: Session,
    *,
    asked: Asked,
    order_id: UUID | None,
    line: int | None,
    lot: str | None,
    by: Signer,
    why: Sentence,
) -> None:
    """Keep who tried what, and why it was refused."""
    session.execute(
        insert(release_attempt).values(
            asked=asked,
            order_id=order_id,
            line_number=line,
            lot=lot,
            who=by.id,
            name=by.name,
            role=by.role,
            **why.to_keep(),
        )
    )


def renew_lapsed(session: Session, *, order_id: UUID) -> None:
    """Ask again for the order's clearances that ran out before their work was done, and for lone signatures that did."""
    order, today = locked(session, order_id), business_today(session)
    dropped = order.drop_stale(on=today)
    session.flush()  # a withdrawn hold makes room for the one that follows it
    for line, purpose in dropped:
        timeline.tell(session, *order.ask_anew(line, purpose, today))
    timeline.tell(session, *order.renew_lapsed(on=today))


def ask_for_what_stays(session: Session, order: Order, line: Line) -> None:
    """Nothing is left to go of the lots that were asked about: the others are asked about, if any wait."""
    today = business_today(session)
    if order.drop_emptied(line, on=today):
        session.flush()  # a withdrawn hold makes room for the one that follows it
        timeline.tell(session, *order.ask_anew(line, "export", today))


def end_releases(session: Session, *, order: Order, line: Line) -> None:
    """An adverse fact came to light: what was released, or waits to be, is asked for anew."""
    if not line.left_to("export"):
        return
    today = business_today(session)
    timeline.tell(session, *order.withdraw_clearances(line, today))
    session.flush()  # a withdrawn hold makes room for the one that follows it
    timeline.tell(session, *order.ask_again(line, today))


def end_over_evidence(session: Session, *, facility: str) -> None:
    """Evidence speaks against a facility: what it made and has not departed, and what it is to make, is asked anew.

    What nobody signed for yet waits as it did, and is shown with what became known.
    """
    for order in [locked(session, id) for id in needs.with_work_of(session, facility)]:
        for line in order.lines:
            if line.is_signed("export") and any(lot.facility == facility for lot in line.signed_lots):
                _end_export(session, order, line, because="evidence")
            if line.is_signed("produce") and facility in line.planned_at:
                end_production(session, order, line)


def end_production(session: Session, order: Order, line: Line) -> None:
    """Evidence speaks against a facility that is to make some of the line: what was released is asked anew."""
    today = business_today(session)
    timeline.tell(session, *order.end(line, "produce", today, because="evidence"))
    session.flush()  # a withdrawn hold makes room for the one that follows it
    timeline.tell(session, *order.ask_anew(line, "produce", today))


def end_run_out(session: Session, *, order_id: UUID) -> None:
    """A new day: what was released to export over what holds no longer, and has not departed, is asked for anew."""
    order, today = locked(session, order_id), business_today(session)
    for line in order.lines:
        over = [hold for hold in line.holds if hold.purpose == "export" and (hold.open or hold.stands)]
        if line.is_signed("export") and any(
            needs.ran_out(session, order, line, hold) for hold in line.signed("export")
        ):
            _end_export(session, order, line, because="expired")
        for hold in over:
            hold.looked_on = today


def end_advised(session: Session, note: Note) -> None:
    """A note of counsel counts no more: what it alone met, and has not departed, is to be released to export anew."""
    for order in [locked(session, id) for id in needs.asking_about(session, note.country)]:
        for line in order.lines:
            if line.is_signed("export") and needs.rests_on(session, line, note):
                _end_export(session, order, line, because="counsel")


def _end_export(session: Session, order: Order, line: Line, *, because: Withdrawal) -> None:
    today = business_today(session)
    timeline.tell(session, *order.end(line, "export", today, because=because))
    session.flush()  # a withdrawn hold makes room for the one that follows it
    timeline.tell(session, *order.ask_to_export(line, today))


def correct_lane(
    session: Session, *, order_id: UUID, lot: str, operations: Sequence[Operation], reason: str
) -> Order:
    """A lot was made elsewhere than was reported: its line is screened again, and its releases end."""
    order = locked(session, order_id)
    found = [(line, each) for line in order.lines for each in line.lots if each.code == lot]
    if not found:
        raise Refused("The order has no lot {lot}.", field="lot", lot=lot)
    ((line, corrected),) = found
    before = lane.correct(corrected, operations)
    told = LotLaneCorrected(
        order_id=order.id,
        line=line.number,
        lot=lot,
        former_lane=before,
        lane=corrected.lane,
        reason=reason,
    )
    timeline.tell(session, told)
    end_if_changed(session, order, line)
    if not screen_again(session, order, [line], because="lane"):
        end_releases(session, order=order, line=line)
    return order


def screen_by_lots(session: Session, order: Order, line: Line) -> None:
    """Screen a line by who made its lots, which nobody knew when it was placed."""
    end_if_changed(session, order, line)
    screen_again(session, order, [line], because="lane")
