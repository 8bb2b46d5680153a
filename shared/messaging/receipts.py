"""What the publisher does with a receipt, and how subscribers are registered."""

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.card import Card
from shared.messaging.absorbing import count_absorbed
from shared.messaging.wire import Receipt

ACKNOWLEDGE = text("""
    WITH acknowledged AS (
        UPDATE outbox_delivery d SET state = 2, acknowledged_at = clock_timestamp()
        FROM outbox_event e, messaging_state s
        WHERE e.event_id = ANY(:stored) AND d.event_pk = e.id AND d.subscriber = :subscriber AND d.state < 2
          AND s.incarnation = :incarnation
        RETURNING d.sent_at),
    noted AS (
        INSERT INTO receipts_from AS known (subscriber, received_at, reached)
        SELECT :subscriber, clock_timestamp(), coalesce(max(sent_at), now() - interval '1 hour')
        FROM acknowledged HAVING count(*) > 0
        ON CONFLICT (subscriber) DO UPDATE SET received_at = EXCLUDED.received_at,
            reached = least(greatest(known.reached, EXCLUDED.reached), clock_timestamp()))
    SELECT count(*) FROM acknowledged""")


def acknowledge(session: Session, receipt: Receipt) -> None:
    """Mark what the subscriber stored. A receipt from before a restore of this database changes nothing."""
    sender = {"subscriber": receipt.subscriber, "incarnation": receipt.incarnation}
    marked = session.execute(ACKNOWLEDGE, {"stored": list(receipt.stored), **sender}).scalar_one()
    count_absorbed(session, receipt.subscriber, "receipt", len(receipt.stored) - marked)


BACK_FILL = text("""
    WITH registered AS (
        INSERT INTO subscription (subscriber, subject_kind) SELECT :subscriber, unnest(CAST(:kinds AS text[]))
        ON CONFLICT DO NOTHING RETURNING subject_kind)
    INSERT INTO outbox_delivery (subscriber, event_pk)
    SELECT :subscriber, e.id FROM outbox_event e JOIN registered USING (subject_kind)
    ON CONFLICT DO NOTHING""")


def register(session: Session, publisher: str, cards: Iterable[Card]) -> None:
    """Tell a publisher's database who hears it; a new subscriber gets every subject from its first event.

    The lock keeps out a transaction that would record an event without seeing the new subscriber.
    """
    session.execute(text("LOCK TABLE outbox_event IN EXCLUSIVE MODE"))
    for card in cards:
        kinds = list(card.hears.get(publisher, ()))
        if kinds:
            session.execute(BACK_FILL, {"subscriber": card.name, "kinds": kinds})
