"""The keys of an account, as whoever belongs to it lists, makes, replaces and revokes them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, case, func, or_, select, text, update
from sqlalchemy.orm import Session

from shared.clock import real_now
from shared.refusal import Refused
from shared.web.access import Principal, create_key
from shared.web.tables import api_key

MOST_KEYS = 20
"""Of one account, that still open something."""
OVERLAP, LONGEST_OVERLAP = timedelta(hours=24), timedelta(days=7)
ENDED_ARE_SHOWN = "30 days"

LIVE = and_(
    api_key.c.revoked_at.is_(None), or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > func.now())
)
STATES = ("active", "expired", "revoked")
LATELY = or_(
    LIVE,
    func.least(api_key.c.revoked_at, api_key.c.expires_at) > text(f"now() - interval '{ENDED_ARE_SHOWN}'"),
)
SHOWN = (
    *(api_key.c[name] for name in ("id", "name", "scopes", "created_at", "expires_at")),
    *(api_key.c[name] for name in ("last_used_at", "revoked_at")),
    func.concat("pk_", api_key.c.id).label("prefix"),
    case((api_key.c.revoked_at.is_not(None), "revoked"), (LIVE, "active"), else_="expired").label("state"),
)


def keys_of(session: Session, principal: Principal) -> Sequence[RowMapping]:
    """The account's keys, newest first; those that ended, for thirty days."""
    query = select(*SHOWN).where(_theirs(principal), LATELY)
    newest = query.order_by(api_key.c.created_at.desc(), api_key.c.id).limit(200)
    return session.execute(newest).mappings().all()


def every_key(session: Session) -> Sequence[RowMapping]:
    """The same of all who have keys of this service, with whose they are."""
    query = select(*SHOWN, api_key.c.role, api_key.c.account).where(LATELY)
    return session.execute(query.order_by(api_key.c.created_at.desc(), api_key.c.id)).mappings().all()


def make_key(
    session: Session,
    *,
    by: Principal,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None,
) -> dict[str, Any]:
    """Another key of the account, with no more rights than whoever makes it; ``key`` is told this once."""
    _check_rights(by, scopes, expires_at)
    _refuse_too_many(session, by)
    made = create_key(
        session, name=name, role=by.role, account=by.account, scopes=scopes, expires_at=expires_at
    )
    return _made(session, made)


def rotate_key(session: Session, *, by: Principal, key_id: str, overlap: timedelta) -> dict[str, Any] | None:
    """A key of the same name, scopes and end in the place of one, which opens until the overlap is over.

    None if the account has no such key.
    """
    old = session.execute(
        select(api_key).where(api_key.c.id == key_id, _theirs(by), LIVE).with_for_update()
    ).one_or_none()
    if old is None:
        return None
    _check_rights(by, old.scopes, old.expires_at)
    _refuse_too_many(session, by)
    ends = func.least(api_key.c.expires_at, real_now() + overlap)
    session.execute(update(api_key).where(api_key.c.id == key_id).values(expires_at=ends))
    made = create_key(
        session,
        name=old.name,
        role=old.role,
        account=old.account,
        scopes=old.scopes,
        expires_at=old.expires_at,
    )
    return _made(session, made)


def revoke_key(session: Session, *, by: Principal, key_id: str) -> bool:
    """Have a key open nothing from this commit on, in no process; whether the account has such a key."""
    return _revoked(session, api_key.c.id == key_id, _theirs(by))


def revoke_any_key(session: Session, *, key_id: str) -> bool:
    """The same of a key of whomever; for who runs the service."""
    return _revoked(session, api_key.c.id == key_id)


def _revoked(session: Session, *which: ColumnElement[bool]) -> bool:
    gone = update(api_key).where(*which, LIVE).values(revoked_at=func.now())
    return session.execute(gone.returning(api_key.c.id)).one_or_none() is not None


def _theirs(principal: Principal) -> ColumnElement[bool]:
    return and_(api_key.c.account == principal.account, api_key.c.role == principal.role)


def _check_rights(by: Principal, scopes: Sequence[str], expires_at: datetime | None) -> None:
    """A key that leaked must not make itself a stronger or a longer life."""
    more = sorted(set(scopes) - set(by.scopes))
    if more:
        raise Refused("Your key has no right to {scope}, so it can't give it.", field="scopes", scope=more[0])
    if expires_at is not None and expires_at <= real_now():
        raise Refused("Give a time to come.", field="expires_at")
    if by.until and (expires_at is None or expires_at > by.until):
        latest = f"{by.until:%Y-%m-%dT%H:%M:%SZ}"
        raise Refused(
            "Your key runs out at {latest}; give that time or an earlier one.",
            field="expires_at",
            latest=latest,
        )


def _refuse_too_many(session: Session, by: Principal) -> None:
    lock = func.pg_advisory_xact_lock(func.hashtextextended(f"keys of {by.role} {by.account}", 0))
    session.execute(select(lock))
    live = select(func.count()).select_from(api_key).where(_theirs(by), LIVE)
    if session.execute(live).scalar_one() >= MOST_KEYS:
        raise Refused("You have {most} keys, the most there may be; revoke one first.", most=MOST_KEYS)


def _made(session: Session, key: str) -> dict[str, Any]:
    id = key.split("_")[1]
    return {**session.execute(select(*SHOWN).where(api_key.c.id == id)).mappings().one(), "key": key}
