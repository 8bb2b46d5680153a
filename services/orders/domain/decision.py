"""What a buyer is asked when a line will be late or short; it ends in exactly one of several ways."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shared.events.orders import Answer, DecisionKind


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What is wrong with the newest plan of a line.

    ``in_time`` pieces can be had by the requested day (by any day where pieces have no facility); the other
    ``missing`` can't.
    """

    kind: DecisionKind
    promised_date: date | None
    in_time: int | None
    missing: int | None

    @property
    def offered(self) -> tuple[Answer, ...]:
        """The answers that are possible; the first is the default, which takes nothing away."""
        first: Answer = "accept_date" if self.kind == "late" else "wait"
        part: tuple[Answer, ...] = ("take_part",) if self.in_time and self.missing else ()
        return (first, *part, "cancel_rest")


@dataclass(eq=False, kw_only=True)
class Decision:
    """A question to the buyer about one line. It is open, or it ended once: ``outcome`` says how, ``ended_by`` by whom.

    The outcome is one of the offered answers, or that it was withdrawn; then ``overtaken_by`` says by what.
    """

    id: UUID
    kind: DecisionKind
    requested_date: date
    promised_date: date | None
    in_time: int | None
    missing: int | None
    offered: list[Answer]
    asked_at: datetime
    deadline: datetime
    outcome: str | None = None
    ended_by: str | None = None
    ended_at: datetime | None = None
    overtaken_by: str | None = None

    @property
    def open(self) -> bool:
        return self.outcome is None

    @property
    def default(self) -> Answer:
        return self.offered[0]

    def is_about(self, trouble: Trouble, requested_date: date) -> bool:
        """Whether it asks about this very trouble."""
        asked = (self.kind, self.promised_date, self.missing, self.requested_date)
        return asked == (trouble.kind, trouble.promised_date, trouble.missing, requested_date)
