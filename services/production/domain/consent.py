"""Consent: to work and to data separately, under an agreement, to the words of a version, until it is withdrawn."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from shared.refusal import Refused

WORK, DATA = "work", "data"
PURPOSES: Final = (WORK, DATA)
LANGUAGES: Final = ("id", "jv", "su", "mad", "en", "other")
WITNESSES: Final = ("binadik_officer", "health_officer", "religious_counsellor", "legal_aid", "visitor")
"""Roles that may witness; the partner's people are none of them."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """A version of the words that are read aloud, and from when they are the ones to consent to."""

    agreement_id: UUID
    purpose: str
    version: int
    valid_from: date


@dataclass(frozen=True, kw_only=True)
class Consent:
    """``withdrawn_at`` is in the facility's zone, so that its date is the day there."""

    agreement_id: UUID
    purpose: str
    text_version: int
    given_on: date
    withdrawn_at: datetime | None

    def stands_on(self, day: date, ended_at: datetime | None) -> bool:
        """On the day of its withdrawal it stands for work that had ended by that moment."""
        if day < self.given_on:
            return False
        if self.withdrawn_at is None or day < self.withdrawn_at.date():
            return True
        return ended_at is not None and ended_at <= self.withdrawn_at


def newest(words: Iterable[Words], agreement_id: UUID, purpose: str, day: date) -> Words | None:
    """The words that count on a day."""
    there = [
        one
        for one in words
        if one.agreement_id == agreement_id and one.purpose == purpose and one.valid_from <= day
    ]
    return max(there, key=lambda one: one.version, default=None)


def must_consent(
    code: str,
    consents: Iterable[Consent],
    words: Iterable[Words],
    *,
    agreement_id: UUID,
    number: str,
    day: date,
    ended_at: datetime | None,
) -> None:
    """Refuse hours of who did not consent to this work, or not to the words as they are now, or not any more."""
    given = [one for one in consents if one.agreement_id == agreement_id and one.purpose == WORK]
    asked = newest(words, agreement_id, WORK, day)
    standing = [one for one in given if one.stands_on(day, ended_at)]
    if asked and any(one.text_version == asked.version for one in standing):
        return
    if asked and standing:
        raise Refused(
            "The words of {number} are new since {day}: ask {code} anew before hours are entered.",
            field="worker",
            number=number,
            day=asked.valid_from,
            code=code,
        )
    withdrawn = max((one.withdrawn_at for one in given if one.withdrawn_at), default=None)
    if withdrawn and day >= withdrawn.date():
        raise Refused(
            "{code} withdrew the consent to {number} on {moment}: no hours after that. Of that day, give when the shift ended.",
            field="worker",
            code=code,
            number=number,
            moment=withdrawn.replace(second=0, microsecond=0),
        )
    raise Refused(
        "{code} has not consented to work under {number} on {day}: read the words aloud and record the consent first.",
        field="worker",
        code=code,
        number=number,
        day=day,
    )


def must_follow_withdrawal(code: str, given_on: date, withdrawn_on: date | None) -> None:
    """Refuse a new consent that would cover days on which there was none."""
    if withdrawn_on is not None and given_on < withdrawn_on:
        raise Refused(
            "{code} withdrew that consent on {day}: a new one is given on that day or later.",
            field="given_on",
            code=code,
            day=withdrawn_on,
        )
