"""A note of counsel on the law of a country: who advised, when, on which policies, and until when it counts.

The note itself stays with who keeps it; its SHA-256 shows later which one was meant.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from shared.refusal import Refused

LONGEST: Final = timedelta(days=365)
PREFIX: Final = "COUNSEL_NOTE_"
"""What rules call it, before the country."""
UNION: Final = "EU"
"""The one place with a law of its own that is no country of ISO 3166-1."""
SHORTEST_SUMMARY, LONGEST_SUMMARY = 40, 2000
SHORTEST_REASON, LONGEST_REASON = 10, 500


@dataclass(frozen=True, kw_only=True)
class Note:
    """One note. It is never changed: who erred withdraws it with a reason and records another."""

    id: UUID
    country: str
    adviser: str
    given_on: date
    valid_until: date
    policies: Sequence[str]
    sha256: str
    summary: str
    recorded_by: str
    recorded_by_name: str
    recorded_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_by_name: str | None = None
    withdrawn_reason: str | None = None

    def answers(self, country: str, policies: Collection[str], on: date) -> bool:
        """Whether it counts on that day for the country and covers these versions of policies.

        What no policy asks is another question than any of them: a note on a policy does not answer it.
        """
        counts = self.withdrawn_at is None and self.given_on <= on <= self.valid_until
        covers = set(policies) <= set(self.policies) if policies else not self.policies
        return counts and self.country == country and covers


def need_possible(
    *, given_on: date, valid_until: date, policies: Sequence[str], known: Collection[str], today: date
) -> None:
    """Refuse a note of tomorrow, one that has run out or lasts too long, and one on policies that do not count."""
    if given_on > today:
        raise Refused("Give a day up to today.", field="given_on")
    last = given_on + LONGEST
    if not max(given_on, today) <= valid_until <= last:
        raise Refused(
            "Give a last day from {first} to {last}: a note counts for twelve months or less.",
            field="valid_until",
            first=today,
            last=last,
        )
    for name in policies:
        if name not in known:
            raise Refused(
                "{policy} is no policy in force; name them as the holds do, such as DP-GB-1.v1.",
                field="policies",
                policy=name,
            )


def need_standing(withdrawn_at: datetime | None) -> None:
    """Refuse to withdraw what was withdrawn before."""
    if withdrawn_at is not None:
        raise Refused("This note is withdrawn already.")
