"""Versions of the protocol with one thing wrong, each a mistake that real systems make; the verdict must see it."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import delete, select, text
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from shared.database import Database
from shared.messaging import inbox as inboxes
from shared.messaging import worker as workers
from shared.messaging.reactions import Reactions
from shared.messaging.relay import Relay
from shared.messaging.tables import Inbox, inbox
from shared.messaging.wire import Batch, Receipt, Wire
from shared.sight import SERVICE


def trust_the_broker() -> None:
    """What was published counts as received."""
    publish = Relay._publish

    def publish_and_forget(self: Relay, subscriber: str, first: bool, rows: Any) -> None:
        publish(self, subscriber, first, rows)
        marked = text(
            "UPDATE outbox_delivery SET state = 2, acknowledged_at = now()"
            " WHERE subscriber = :subscriber AND event_pk = ANY(:events)"
        )
        with self._database.transaction() as session:
            session.execute(marked, {"subscriber": subscriber, "events": [row.id for row in rows]})

    Relay._publish = publish_and_forget  # type: ignore[method-assign]


def no_deduplication() -> None:
    """What comes again takes effect again."""

    def forgetting(store: Callable[[Session, Batch], Any]) -> Any:
        def store_again(session: Session, batch: Batch) -> Any:
            ids = [event.id for event in batch.events]
            session.execute(delete(inbox).where(inbox.c.source == batch.publisher, inbox.c.event_id.in_(ids)))
            return store(session, batch)

        return store_again

    inboxes.store = forgetting(inboxes.store)
    inboxes._store_and_lock = forgetting(inboxes._store_and_lock)
    inboxes._apply_stored = _apply_all
    _claim_any()


def receipt_before_the_commit() -> None:
    """The receipt is sent as soon as the message is read."""
    opened = Wire.open_batch

    def open_and_receipt(self: Wire, sender: str, key_id: str, signature: str, payload: str) -> Batch:
        batch = opened(self, sender, key_id, signature, payload)
        stored = tuple(event.id for event in batch.events)
        self.send_receipt(Receipt(batch.subscriber, batch.publisher, batch.incarnation, stored))
        time.sleep(0.02)  # the commit takes its time; it is not awaited, which is the mistake
        return batch

    Wire.open_batch = open_and_receipt  # type: ignore[method-assign]
    workers._send_receipt = lambda wire, batch: None


def no_sequence_check() -> None:
    """Events take effect in the order in which they come."""
    inboxes._apply_stored = _apply_all
    _claim_any()


def effect_outside_the_transaction() -> None:
    """Effects are committed on their own before the event is marked as done."""
    databases: list[Database] = []
    react = _react()

    def react_apart(
        session: Session, rows: Sequence[Row[Any]], reactions: Reactions
    ) -> list[tuple[Row[Any], Inbox]]:
        if not databases:
            url = session.get_bind().engine.url.render_as_string(hide_password=False)
            databases.append(Database(url, sees=SERVICE, pool_size=2))
        with databases[0].transaction() as apart:
            ended: list[tuple[Row[Any], Inbox]] = react(apart, rows, reactions)
            return ended

    inboxes.react = react_apart  # type: ignore[attr-defined]


def janitor_of_the_unacknowledged() -> None:
    """Something tidies old deliveries away, acknowledged or not."""
    run = Relay.run

    def run_with_janitor(self: Relay, stop: threading.Event) -> None:
        tidy = text("DELETE FROM outbox_delivery WHERE state < 2 AND next_at < now() + interval '18 s'"
                    " AND attempts > 0")  # fmt: skip

        def clean() -> None:
            while not stop.wait(0.5):
                with self._database.transaction() as session:
                    session.execute(tidy)

        threading.Thread(target=clean, daemon=True).start()
        run(self, stop)

    Relay.run = run_with_janitor  # type: ignore[method-assign]


def _apply_all(session: Session, source: str, last: dict[str, int], reactions: Reactions) -> None:
    pending = session.execute(
        select(inbox)
        .where(inbox.c.source == source, inbox.c.subject.in_(last), inbox.c.state == Inbox.PENDING)
        .order_by(inbox.c.received_at, inbox.c.event_id)
        .with_for_update()
    ).all()
    inboxes._finish(session, source, _react()(session, pending, reactions))


def _react() -> Any:
    """As the inbox calls it, with effects noted."""
    return vars(inboxes)["react"]


def _claim_any() -> None:
    inboxes.CLAIM = text(
        str(inboxes.CLAIM).replace("AND due.sequence = coalesce(position.last_sequence, 0) + 1", "")
    )
    inboxes._is_next = lambda row, last: True
    inboxes.STORE, inboxes.STORE_AND_LOCK = (
        text(str(statement).replace("sequence <= last_sequence", "false"))
        for statement in (inboxes.STORE, inboxes.STORE_AND_LOCK)
    )


@dataclass(frozen=True)
class Mutant:
    """A way to break the protocol, and the count of the verdict that must show it."""

    break_protocol: Callable[[], None]
    shows_as: Literal["lost", "doubled", "out_of_order"] | None


MUTANTS = {
    "none": Mutant(lambda: None, shows_as=None),
    "trust-the-broker": Mutant(trust_the_broker, shows_as="lost"),
    "no-deduplication": Mutant(no_deduplication, shows_as="doubled"),
    "receipt-before-commit": Mutant(receipt_before_the_commit, shows_as="lost"),
    "no-sequence-check": Mutant(no_sequence_check, shows_as="out_of_order"),
    "effect-outside": Mutant(effect_outside_the_transaction, shows_as="doubled"),
    "janitor": Mutant(janitor_of_the_unacknowledged, shows_as="lost"),
}
"""The first is the control: it breaks nothing, and must come out good."""
