"""Golden samples: a buyer judges one, and the lines that waited for it go on or wait for another."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from services.orders import samples, timeline
from services.orders.domain import sample as rules
from services.orders.domain.order import Line, Order
from services.orders.domain.sample import Said, Verdict
from services.orders.handlers.locking import locked
from services.orders.storage import item, order_line, sample_verdict
from shared.clock import business_now, business_today
from shared.web.access import Principal


def approve_sample(session: Session, *, buyer: str, sku: str, sample: str, by: Principal) -> None:
    """The sample is as the buyer wants it; what waited for it and lacks nothing else is cleared at once."""
    _say(session, buyer, sku, sample, "approved", None, by)
    for order, line in _waiting(session, sku, buyer=buyer):
        timeline.tell(session, *rules.approved(order, line, on=business_today(session)))


def refuse_sample(session: Session, *, buyer: str, sku: str, sample: str, reason: str, by: Principal) -> None:
    """The sample is not as the buyer wants it; what waits for it goes on waiting."""
    _say(session, buyer, sku, sample, "refused", reason, by)
    for order, line in _waiting(session, sku, buyer=buyer):
        timeline.tell(session, *rules.refused(order, line))


def replace_sample(session: Session, *, sku: str, sample: str | None) -> None:
    """The item asks for another sample, or for none: so do the lines that wait, unless their buyer knows it."""
    for order, line in _waiting(session, sku):
        known = sample and samples.newest_verdict(session, order.buyer, sku, sample) == "approved"
        on = business_today(session)
        timeline.tell(session, *order.wait_for_sample(line, None if known else sample, on=on))


def _say(
    session: Session, buyer: str, sku: str, sample: str, verdict: Verdict, reason: str | None, by: Principal
) -> None:
    """Note the verdict, under the item's lock: who places an order meanwhile learns of it, or is found by it."""
    found = select(item.c.published).where(item.c.sku == sku).with_for_update()
    asked = session.execute(found).scalar_one().get("golden_sample")
    earlier = samples.newest_verdict(session, buyer, sku, sample)
    rules.need_open(asked, earlier, sku=sku, sample=sample)
    said = Said(
        buyer=buyer,
        sku=sku,
        sample=sample,
        verdict=verdict,
        reason=reason,
        said_by=by.id,
        said_by_name=by.name,
        said_at=business_now(session),
    )
    session.execute(insert(sample_verdict).values(vars(said)))


def _waiting(session: Session, sku: str, *, buyer: str | None = None) -> Iterable[tuple[Order, Line]]:
    """The lines of the item that wait for a sample, each order locked; of one buyer, or of all."""
    query = select(order_line.c.order_id).where(
        order_line.c.sku == sku, order_line.c.awaited_sample.is_not(None)
    )
    if buyer:
        query = query.where(order_line.c.buyer == buyer)
    ids: list[UUID] = sorted(set(session.execute(query).scalars()))
    for order in [locked(session, id) for id in ids]:
        yield from ((order, line) for line in order.lines if line.sku == sku and line.awaited_sample)
