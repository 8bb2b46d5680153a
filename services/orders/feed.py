"""Each buyer's steps in one line, numbered when they can be seen: the feed, and what webhooks tell.

The identities of the timeline are given before the commit, so that a reader who remembers the last one
that it saw would miss what commits later under a smaller one. A place in the feed is given afterwards,
to what is committed, by one transaction at a time.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from services.orders.storage import feed, timeline
from shared.refusal import Refused
from shared.sight import as_the_service

AT_A_TIME = 1000
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('orders feed', 0))")
"""A statement of its own: what is numbered is looked up after it was waited for."""

WAITING = text("SELECT EXISTS (SELECT 1 FROM feed_waiting)")

NUMBER = text("""
    WITH taken AS (
        DELETE FROM feed_waiting WHERE timeline_id IN (
            SELECT timeline_id FROM feed_waiting ORDER BY timeline_id LIMIT :most)
        RETURNING timeline_id),
    step AS (
        SELECT t.id, t.order_id, t.recorded_at, t.type, o.buyer
        FROM taken JOIN timeline t ON t.id = taken.timeline_id JOIN buyer_order o ON o.id = t.order_id),
    numbered AS (
        INSERT INTO feed (buyer, position, timeline_id, order_id, sequence, recorded_at)
        SELECT buyer,
            row_number() OVER (PARTITION BY buyer ORDER BY id)
                + (SELECT coalesce(max(position), 0) FROM feed WHERE feed.buyer = step.buyer),
            id, order_id,
            row_number() OVER (PARTITION BY order_id ORDER BY id)
                + (SELECT coalesce(max(sequence), 0) FROM feed WHERE feed.order_id = step.order_id),
            recorded_at
        FROM step),
    told AS (
        INSERT INTO webhook_delivery (endpoint_id, order_id, timeline_id)
        SELECT e.id, step.order_id, step.id FROM step JOIN webhook_endpoint e ON e.buyer = step.buyer
        WHERE e.removed_at IS NULL AND e.off_since IS NULL AND e.created_at <= step.recorded_at
          AND (e.event_types = '{}' OR step.type = ANY(e.event_types))
        ORDER BY step.id
        ON CONFLICT DO NOTHING)
    SELECT count(*) FROM taken""")


def has_waiting(session: Session) -> bool:
    return bool(session.execute(WAITING).scalar_one())


def number(session: Session) -> int:
    """Give what was committed its places, and each endpoint that wants it a delivery; returns how many.

    The steps of one order commit one after the other, since the order is locked: they keep their order.
    """
    with as_the_service(session):  # a reader of the feed numbers what waits of all buyers
        if not has_waiting(session):
            return 0
        session.execute(ONE_AT_A_TIME)
        return int(session.execute(NUMBER, {"most": AT_A_TIME}).scalar_one())


def read(session: Session, buyer: str, *, limit: int, after: int) -> Sequence[Row[Any]]:
    """The buyer's steps after a place; one row more than the limit tells that there are more."""
    query = (
        select(feed.c.position, feed.c.sequence, *_told())
        .join(timeline, timeline.c.id == feed.c.timeline_id)
        .where(feed.c.buyer == buyer, feed.c.position > after)
        .order_by(feed.c.position)
        .limit(limit + 1)
    )
    rows = session.execute(query).all()
    if not rows:
        _check_reached(session, buyer, after)
    return rows


def _told() -> tuple[Any, ...]:
    """What a message is made of, beside the number of its step."""
    columns = timeline.c
    return columns.event_id, columns.order_id, columns.type, columns.occurred_at, columns.data


def _check_reached(session: Session, buyer: str, after: int) -> None:
    """Refuse a place that was never given, as after an older backup was restored, instead of waiting for it."""
    last = session.execute(select(func.coalesce(func.max(feed.c.position), 0)).where(feed.c.buyer == buyer))
    if after > last.scalar_one():
        raise Refused(
            "This cursor is ahead of the newest event. Begin again with an earlier one, or without.",
            field="after",
        )
