"""Publisher and subscriber compare what one told with what the other heard, and mend what differs.

The publisher asks with a digest; the subscriber answers which hours differ and what it has of them;
the publisher sends the missing events again and raises those that it does not know.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from shared.clock import real_now
from shared.messaging.absorbing import count_absorbed
from shared.messaging.digest import (
    COUNT_HEARD,
    COUNT_TOLD,
    LIST_HEARD,
    Bucket,
    Digest,
    Span,
    count,
    ids,
    made_at,
)
from shared.messaging.mending import compare, raise_unknown, send_again
from shared.messaging.tables import messaging_state
from shared.messaging.wire import Batch, Receipt

log = logging.getLogger(__name__)

MARGIN = timedelta(minutes=10)
"""Younger events are not compared: a transaction that began before may still bring one."""
AT_ONCE = timedelta(days=7)
"""Most that one question is about: counting years of events would take longer than a statement may."""
MOST_IDS = 5_000
"""Ids in one answer, after which further hours wait for the next; one hour always goes whole."""

IN_TURN = text("""
    WITH known AS (
        INSERT INTO reconciled (peer, peer_is, next_at)
        SELECT DISTINCT subscriber, 'subscriber', now() + interval '5 min' FROM subscription
        ON CONFLICT DO NOTHING),
    due AS (
        SELECT peer FROM reconciled WHERE peer_is = 'subscriber' AND next_at <= now() FOR UPDATE SKIP LOCKED)
    UPDATE reconciled r SET next_at = now() + interval '5 min' FROM due
    WHERE r.peer = due.peer AND r.peer_is = 'subscriber' RETURNING r.peer""")
ASK = text("""
    UPDATE reconciled SET question = :question WHERE peer = :peer AND peer_is = 'subscriber'
    RETURNING agreed_until""")
ANSWERED = text("""
    UPDATE reconciled SET question = NULL WHERE peer = :peer AND peer_is = 'subscriber' AND question = :question
    RETURNING peer""")
"""Each question takes one answer: a second one is a replay."""
FIRST_UNDER_WAY = text("""
    SELECT min(e.event_id::text)::uuid FROM outbox_delivery d JOIN outbox_event e ON e.id = d.event_pk
    WHERE d.subscriber = :peer AND d.state < 2""")
FIRST_TOLD = text("SELECT event_id FROM outbox_event ORDER BY id LIMIT 1")
AGREED = text("SELECT agreed_until FROM reconciled WHERE peer = :peer AND peer_is = 'publisher'")
AGREE = text("""
    INSERT INTO reconciled (peer, peer_is, agreed_until) VALUES (:peer, :peer_is, CAST(:until AS timestamptz))
    ON CONFLICT (peer, peer_is) DO UPDATE SET agreed_until = CASE
        WHEN :peer_is = 'publisher' THEN greatest(reconciled.agreed_until, EXCLUDED.agreed_until)
        ELSE EXCLUDED.agreed_until END""")
"""A publisher goes back to what its subscriber still knows; to a subscriber who says less only repeats what is old."""
ASK_AGAIN = text("UPDATE reconciled SET next_at = now() WHERE peer = :peer AND peer_is = 'subscriber'")
FOUND = text("""
    UPDATE reconciled SET checked_at = now(), sent_again = sent_again + :missing, unknown = unknown + :unknown
    WHERE peer = :peer AND peer_is = 'subscriber'""")


def peers_in_turn(session: Session) -> Sequence[str]:
    """The subscribers whose turn it is to be asked; the next is in five minutes, whatever becomes of this one."""
    return session.execute(IN_TURN).scalars().all()


def question(session: Session, publisher: str, peer: str, now: datetime) -> Batch | None:
    """What to ask a subscriber: how it counts the events since they last agreed; nothing if there are none."""
    asked = uuid4()
    agreed_until = session.execute(ASK, {"peer": peer, "question": asked}).scalar_one()
    under_way = session.execute(FIRST_UNDER_WAY, {"peer": peer}).scalar_one()
    first = session.execute(FIRST_TOLD).scalar_one_or_none()
    since = agreed_until or (made_at(first) if first else now)
    until = min([now - MARGIN, since + AT_ONCE, *([made_at(under_way)] if under_way else [])])
    if agreed_until is not None and until <= agreed_until:
        return None
    span = Span(agreed_until, until)
    digest = count(session, COUNT_TOLD, peer, span)
    buckets = [[*bucket, *counted] for bucket, counted in sorted(digest.items())]
    return _question(session, publisher, peer, {"id": str(asked), **span.as_json(), "buckets": buckets})


def _question(session: Session, publisher: str, peer: str, question: dict[str, Any]) -> Batch:
    return Batch(publisher, peer, _incarnation(session), False, (), question)


def _incarnation(session: Session) -> UUID:
    incarnation: UUID = session.execute(select(messaging_state.c.incarnation)).scalar_one()
    return incarnation


def answer(session: Session, batch: Batch) -> Receipt | None:
    """What the subscriber says to a question."""
    asked = batch.question or {}
    if "settled" in asked:
        if asked.get("of") == str(
            _incarnation(session)
        ):  # said to this database, not to one it was restored from
            _agree(session, batch.publisher, "publisher", asked["settled"])
        return None
    said = {
        "id": asked.get("id"),
        "of": str(_incarnation(session)),
        **_answer(session, batch.publisher, asked),
    }
    return Receipt(batch.subscriber, batch.publisher, batch.incarnation, (), said)


def _answer(session: Session, publisher: str, question: dict[str, Any]) -> dict[str, Any]:
    span = Span.from_json(question)
    agreed = session.execute(AGREED, {"peer": publisher}).scalar_one_or_none()
    if span.since and (agreed is None or agreed < span.since):
        return {"only_agreed_until": agreed and agreed.isoformat()}  # restored from a backup
    theirs: Digest = {Bucket(hour, kind): (events, xor) for hour, kind, events, xor in question["buckets"]}
    mine = count(session, COUNT_HEARD, publisher, span)
    differing = sorted(bucket for bucket in theirs | mine if theirs.get(bucket) != mine.get(bucket))
    if not differing:
        _agree(session, publisher, "publisher", span.until)
    listed = _listed(session, publisher, span, differing)
    return {**span.as_json(), "differing": listed, "all": len(listed) == len(differing)}


def _listed(session: Session, publisher: str, span: Span, differing: Sequence[Bucket]) -> list[list[Any]]:
    listed: list[list[Any]] = []
    for bucket in differing:
        if sum(len(row[2]) for row in listed) < MOST_IDS:
            here = ids(session, LIST_HEARD, publisher, span, bucket)
            listed.append([*bucket, [str(id) for id in here]])
    return listed


def settle(session: Session, receipt: Receipt) -> Batch | None:
    """Mend what the subscriber's answer to our question shows; a replay changes nothing, nor does one from
    before a restore of this database.

    Returns what is still to be said: that the rest is agreed, though the subscriber has events that
    were raised here.
    """
    said, peer = receipt.answer or {}, receipt.subscriber
    if receipt.incarnation != _incarnation(session) or not _is_answer(session, peer, said):
        count_absorbed(session, peer, "receipt", 1)
        return None
    if "only_agreed_until" in said:
        log.warning("%s knows less than it agreed to, and is compared from there", peer)
        _agree(session, peer, "subscriber", said["only_agreed_until"])
        session.execute(ASK_AGAIN, {"peer": peer})
        return None
    span = Span.from_json(said)
    missing, unknown = compare(session, peer, span, said["differing"])
    send_again(session, peer, missing)
    raised = sum(raise_unknown(session, peer, id) for id in unknown)
    session.execute(FOUND, {"peer": peer, "missing": len(missing), "unknown": raised})
    if missing or not said["all"]:
        return None
    _agree(session, peer, "subscriber", span.until)
    if real_now() - span.until > AT_ONCE:
        session.execute(ASK_AGAIN, {"peer": peer})
    settled = {"settled": span.until.isoformat(), "of": said.get("of")}
    return _question(session, receipt.publisher, peer, settled) if unknown else None


def _is_answer(session: Session, peer: str, said: dict[str, Any]) -> bool:
    asked = {"peer": peer, "question": UUID(said["id"]) if said.get("id") else None}
    return session.execute(ANSWERED, asked).one_or_none() is not None


def _agree(session: Session, peer: str, peer_is: str, until: datetime | str | None) -> None:
    session.execute(AGREE, {"peer": peer, "peer_is": peer_is, "until": until})
