"""Workers by code, what they consented to, and what is counted of refusals, grievances and visits."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.production.domain.consent import Words, must_follow_withdrawal, newest
from services.production.domain.worker import code_of
from services.production.handlers import premi
from services.production.local_time import today_at, zone_of
from services.production.storage import (
    agreement,
    consent,
    consent_text,
    grievance,
    independent_visit,
    refusal,
    worker,
)
from shared.clock import business_now
from shared.refusal import Refused


def register(session: Session, *, facility: str, count: int, eligible: bool) -> list[str]:
    """New codes for so many workers; whose each is, the facility writes into its own key table."""
    made: list[str] = []
    while len(made) < count:
        row = {
            "id": uuid7s.uuid7(),
            "code": code_of(facility, secrets.choice),
            "facility": facility,
            "eligible": eligible,
            "registered_on": today_at(session, facility),
        }
        new = upsert(worker).values(**row).on_conflict_do_nothing().returning(worker.c.code)
        made += session.execute(new).scalars()
    return made


def leave(session: Session, *, facility: str, workers: Sequence[UUID]) -> None:
    """Released or transferred today: whatever is owed is settled with it."""
    today = today_at(session, facility)
    for one in locked(session, facility, workers):
        must_be_here(one)
        session.execute(update(worker).where(worker.c.id == one.id).values(left_on=today))
        premi.settle(session, facility=facility, worker_id=one.id)


def give_consent(
    session: Session,
    *,
    facility: str,
    workers: Sequence[UUID],
    agreement_id: UUID,
    purposes: Sequence[str],
    language: str,
    read_aloud: bool,
    witness_role: str,
    given_on: date,
) -> None:
    """These workers consent to the words as they were on that day; who did already is left alone."""
    _must_be_of(session, agreement_id, facility)
    if given_on > today_at(session, facility):
        raise Refused("Give a day up to today.", field="given_on")
    rows = locked(session, facility, workers)
    for one in rows:
        must_be_here(one)
        if not one.eligible:
            raise Refused("{code} is not eligible to work.", field="worker", code=one.code)
    words = words_of(session, [agreement_id])
    withdrawn = _withdrawn_on(session, facility, [one.id for one in rows], agreement_id, purposes)
    for one in rows:
        must_follow_withdrawal(one.code, given_on, withdrawn.get(one.id))
    versions = {purpose: _version_on(words, agreement_id, purpose, given_on) for purpose in purposes}
    there, recorded_at = _standing(session, [one.id for one in rows], agreement_id), business_now(session)
    new = [
        {
            "worker_id": one.id,
            "agreement_id": agreement_id,
            "purpose": purpose,
            "text_version": version,
            "language": language,
            "read_aloud": read_aloud,
            "witness_role": witness_role,
            "given_on": given_on,
            "recorded_at": recorded_at,
        }
        for one in rows
        for purpose, version in versions.items()
        if (one.id, purpose, version) not in there
    ]
    if new:
        session.execute(insert(consent), new)


def withdraw_consent(
    session: Session, *, facility: str, workers: Sequence[UUID], agreement_id: UUID, purposes: Sequence[str]
) -> None:
    """From this moment on no hours are taken under it; what was made before stays and is paid."""
    rows = locked(session, facility, workers)
    withdrawn = session.execute(
        update(consent)
        .where(
            consent.c.worker_id.in_([one.id for one in rows]),
            consent.c.agreement_id == agreement_id,
            consent.c.purpose.in_(purposes),
            consent.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=business_now(session))
        .returning(consent.c.worker_id)
    )
    had = set(withdrawn.scalars())
    for one in rows:
        if one.id not in had:
            raise Refused("{code} has given no such consent.", field="worker", code=one.code)


def set_words(session: Session, *, agreement_id: UUID, purpose: str, valid_from: date, words: str) -> int:
    """New words to consent to: whoever works under the agreement is asked anew from that day on."""
    session.execute(
        select(agreement.c.id).where(agreement.c.id == agreement_id).with_for_update(key_share=True)
    )
    of_it = (consent_text.c.agreement_id == agreement_id, consent_text.c.purpose == purpose)
    last = session.execute(
        select(consent_text).where(*of_it).order_by(consent_text.c.version.desc()).limit(1)
    ).one_or_none()
    if last is not None and valid_from <= last.valid_from:
        raise Refused(
            "Version {version} counts from {day}: give a later day.",
            field="valid_from",
            version=last.version,
            day=last.valid_from,
        )
    version = last.version + 1 if last else 1
    session.execute(
        insert(consent_text).values(
            agreement_id=agreement_id, purpose=purpose, version=version, valid_from=valid_from, words=words
        )
    )
    return version


def count_refusals(session: Session, *, facility: str, agreement_id: UUID, day: date, people: int) -> None:
    """So many said no to work under an agreement. Nothing follows from it, for anybody."""
    _must_be_of(session, agreement_id, facility)
    _must_be_past(session, facility, day, "day")
    values = {"agreement_id": agreement_id, "facility": facility, "day": day, "people": people}
    session.execute(insert(refusal).values(**values, recorded_at=business_now(session)))


def receive_grievance(session: Session, *, facility: str, received_on: date, kind: str) -> None:
    _must_be_past(session, facility, received_on, "received_on")
    session.execute(insert(grievance).values(facility=facility, received_on=received_on, kind=kind))


def close_grievance(session: Session, *, facility: str, grievance_id: int, outcome: str) -> None:
    closed = session.execute(
        update(grievance)
        .where(
            grievance.c.id == grievance_id, grievance.c.facility == facility, grievance.c.outcome.is_(None)
        )
        .values(closed_on=today_at(session, facility), outcome=outcome)
        .returning(grievance.c.id)
    )
    if closed.first() is None:
        raise Refused("Give a grievance that is open.", field="grievance_id")


def note_visit(session: Session, *, facility: str, visited_on: date, kind: str, outcome: str) -> None:
    """Somebody independent came."""
    _must_be_past(session, facility, visited_on, "visited_on")
    values = {"facility": facility, "visited_on": visited_on, "kind": kind, "outcome": outcome}
    session.execute(insert(independent_visit).values(**values))


def locked(session: Session, facility: str, workers: Iterable[UUID]) -> Sequence[Row[Any]]:
    """These workers of the facility, all of them, so that nobody else changes theirs meanwhile."""
    wanted = set(workers)
    rows = session.execute(
        select(worker)
        .where(worker.c.facility == facility, worker.c.id.in_(wanted))
        .order_by(worker.c.id)
        .with_for_update()
    ).all()
    if not rows or len(rows) < len(wanted):
        raise Refused("Choose workers of this facility, one or more.", field="worker")
    return rows


def must_be_here(one: Row[Any]) -> None:
    if one.left_on is not None:
        raise Refused("{code} left on {day}.", field="worker", code=one.code, day=one.left_on)


def words_of(session: Session, agreement_ids: Iterable[UUID]) -> list[Words]:
    """All versions of the words of these agreements."""
    rows = session.execute(select(consent_text).where(consent_text.c.agreement_id.in_(set(agreement_ids))))
    return [
        Words(
            agreement_id=row.agreement_id,
            purpose=row.purpose,
            version=row.version,
            valid_from=row.valid_from,
        )
        for row in rows
    ]


def _version_on(words: Sequence[Words], agreement_id: UUID, purpose: str, day: date) -> int:
    found = newest(words, agreement_id, purpose, day)
    if found is None:
        raise Refused(
            "There are no words to consent to yet: the regional office sets them.", field="agreement_id"
        )
    return found.version


def _standing(session: Session, workers: Sequence[UUID], agreement_id: UUID) -> set[tuple[UUID, str, int]]:
    """Which of these workers consent to which version of the words for which purpose."""
    rows = session.execute(
        select(consent.c.worker_id, consent.c.purpose, consent.c.text_version).where(
            consent.c.worker_id.in_(workers),
            consent.c.agreement_id == agreement_id,
            consent.c.withdrawn_at.is_(None),
        )
    )
    return {(row.worker_id, row.purpose, row.text_version) for row in rows}


def _withdrawn_on(
    session: Session, facility: str, workers: Sequence[UUID], agreement_id: UUID, purposes: Sequence[str]
) -> dict[UUID, date]:
    """On which day, where the facility is, each of these workers last withdrew such a consent."""
    zone = zone_of(session, facility)
    rows = session.execute(
        select(consent.c.worker_id, func.max(consent.c.withdrawn_at).label("at"))
        .where(
            consent.c.worker_id.in_(workers),
            consent.c.agreement_id == agreement_id,
            consent.c.purpose.in_(purposes),
            consent.c.withdrawn_at.is_not(None),
        )
        .group_by(consent.c.worker_id)
    )
    return {row.worker_id: row.at.astimezone(zone).date() for row in rows}


def _must_be_of(session: Session, agreement_id: UUID, facility: str) -> None:
    whose = session.execute(select(agreement.c.facility).where(agreement.c.id == agreement_id)).scalar()
    if whose != facility:
        raise Refused("Choose an agreement of this facility.", field="agreement_id")


def _must_be_past(session: Session, facility: str, day: date, field: str) -> None:
    if day > today_at(session, facility):
        raise Refused("Give a day up to today.", field=field)
