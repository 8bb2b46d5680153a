"""Events of other services as the service under test hears them: numbered, in batches, through its inbox."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count, groupby
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from shared.database import Database
from shared.events import contract_of
from shared.messaging.inbox import apply_due, receive
from shared.messaging.reactions import Reactions
from shared.messaging.tables import Inbox, inbox
from shared.messaging.wire import Batch, Envelope
from tests.clock import now

IDS = count(1)
"""Of events: two who are heard by one service never tell under the same."""


@dataclass
class Hearing:
    """Numbers events by their subject, as an outbox does, and lets the service hear them."""

    database: Database
    reactions: Reactions
    sequences: Counter[str] = field(default_factory=Counter)
    ids: Iterator[int] = field(default_factory=lambda: IDS)

    def hears(self, *events: Any) -> None:
        """The events come in this order, those of one service in one batch; what can take effect does."""
        for owner, some in groupby(events, key=lambda event: contract_of(type(event)).owner):
            self.comes(self.batch(owner, *some))

    def batch(self, owner: str, *events: Any) -> Batch:
        return Batch(owner, "", uuid4(), True, tuple(self._envelope(owner, event) for event in events))

    def comes(self, batch: Batch, *, times: int = 1) -> None:
        """The batch comes, and perhaps again."""
        for time in range(times):
            receive(self.database, replace(batch, first=time == 0), self.reactions)
            apply_due(self.database, self.reactions)

    def _envelope(self, owner: str, event: Any) -> Envelope:
        contract = contract_of(type(event))
        subject = contract.subject_of(event)
        self.sequences[subject] += 1
        return Envelope(
            id=UUID(int=next(self.ids)),  # ids grow with time, as those of an outbox do
            source=owner,
            type=contract.type,
            subject=subject,
            sequence=self.sequences[subject],
            time=now(),
            actorrole="system",
            traceparent=None,
            data=contract.dump(event),
        )

    def waits_for(self) -> list[str]:
        """What the events miss that did not take effect yet."""
        pending = select(inbox.c.waits_for).where(inbox.c.state != Inbox.DONE).order_by(inbox.c.event_id)
        with self.database.transaction() as session:
            return list(session.execute(pending).scalars())
