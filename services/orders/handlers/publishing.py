"""Publishing destination policies, and asking for what they decide to be looked at again."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, func, insert, select, update
from sqlalchemy.orm import Session

from services.orders import policies
from services.orders.domain.publication import Publication, Version, published
from services.orders.storage import destination_policy, rescreening
from shared.clock import business_today

POLICY = destination_policy.c


def publish_policies(session: Session, *, offered: Sequence[Version], by: str) -> Publication:
    """From now on the offered versions count and no others; all open lines are screened by them."""
    policies.wait_for_deciders(session)
    changes = published(known_versions(session), offered)
    for each in changes.new:
        values = {"id": each.id, "version": each.version, "row": dict(each.row), "published_by": by}
        session.execute(insert(destination_policy).values(values))
    for each in changes.completed:
        session.execute(update(destination_policy).where(_is(each)).values(row=dict(each.row)))
    for each in changes.ended:
        ended = {"withdrawn_at": func.clock_timestamp(), "withdrawn_by": by}
        session.execute(update(destination_policy).where(_is(each)).values(ended))
    if changes.changed:
        _ask_on_turning_days(session, changes)
    return changes


def ask_to_rescreen(session: Session) -> None:
    """All open lines are screened by the rules as they are: what these look at in an article or a seller is another."""
    today = business_today(session)
    waits = select(rescreening.c.id).where(
        rescreening.c.policies == [],
        rescreening.c.due_on <= today,
        rescreening.c.last_order.is_(None),
        rescreening.c.ended_at.is_(None),
    )
    # one that waits for us to commit is enough; one that is just being begun is not
    if session.execute(waits.limit(1).with_for_update(skip_locked=True)).first() is None:
        session.execute(insert(rescreening).values(due_on=today, policies=[]))


def known_versions(session: Session) -> list[Version]:
    """Every version that was ever published."""
    return [
        Version(id=row.id, version=row.version, row=row.row, withdrawn=row.withdrawn_at is not None)
        for row in session.execute(select(destination_policy))
    ]


def _is(each: Version) -> ColumnElement[bool]:
    return and_(POLICY.id == each.id, POLICY.version == each.version)


def _ask_on_turning_days(session: Session, changes: Publication) -> None:
    """Now, and on each day on which one of the versions turns."""
    today = business_today(session)
    due = {today: [each.name for each in changes.changed]} | turning_days(changes, after=today)
    session.execute(
        insert(rescreening), [{"due_on": day, "policies": names} for day, names in sorted(due.items())]
    )


def turning_days(changes: Publication, *, after: date) -> dict[date, list[str]]:
    """The later days on which a version that is new, or told in full now, begins or has ended, or decides from then on
    about what is delivered: whatever is overdue comes under another law that day."""
    turning: dict[date, list[str]] = {}
    for each in (*changes.new, *changes.completed):
        for day in _turns(each):
            if day > after:
                turning.setdefault(day, []).append(each.name)
    return turning


def _turns(each: Version) -> Iterable[date]:
    ends = each.row.get("valid_to")
    for name in ("valid_from", "delivery_from", "delivery_before"):
        if begins := each.row.get(name):
            yield date.fromisoformat(begins)
    if ends:
        yield date.fromisoformat(ends) + timedelta(days=1)
