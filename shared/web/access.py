"""Who is calling: systems by an API key, people by a session; and what each may reach."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast
from uuid import UUID

import uuid_utils.compat as uuid7s
from flask import g, request
from sqlalchemy import ColumnElement, Row, bindparam, delete, func, insert, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from shared.clock import real_now
from shared.database import Database
from shared.refusal import Sentence, one_of
from shared.sight import ALL, NOTHING, only
from shared.web import passwords
from shared.web.context import serving
from shared.web.problems import Problem
from shared.web.tables import SESSION_AGE, TRIES_KEPT, api_key, person, sign_in_attempt, web_session

P = ParamSpec("P")
R = TypeVar("R")

BUYER, FACILITY, LOGISTICS = "buyer", "facility_officer", "logistics"
HEAD, TOOL_KEEPER, INSPECTOR = "facility_head", "tool_keeper", "inspector"
COMPLIANCE, KANWIL, OPERATOR = "compliance_officer", "kanwil", "operator"
CARRIER = "carrier"
IN_A_FACILITY = (FACILITY, HEAD, TOOL_KEEPER, INSPECTOR)
"""Who works for one facility: they see the same rows, and differ in what they may do."""
ROLES = (BUYER, *IN_A_FACILITY, LOGISTICS, CARRIER, COMPLIANCE, KANWIL, OPERATOR)
WORDS = {
    BUYER: Sentence("buyer"),
    FACILITY: Sentence("facility officer"),
    HEAD: Sentence("head of the facility"),
    TOOL_KEEPER: Sentence("tool keeper"),
    INSPECTOR: Sentence("inspector"),
    LOGISTICS: Sentence("logistics"),
    CARRIER: Sentence("shipping line"),
    COMPLIANCE: Sentence("compliance officer"),
    KANWIL: Sentence("regional office"),
    OPERATOR: Sentence("operator"),
}
"""Each role as people call it."""

READ, WRITE = "read", "write"
SCOPES = (READ, WRITE)
"""What a key may do: a GET needs the one, anything else the other."""

SESSION_IDLE = "30 minutes"
SIGN_INS_PER_QUARTER_HOUR = 10
"""Of one person from one address."""
SIGN_INS_OF_AN_ADDRESS = 100
"""Of all persons from one address: a facility's people share theirs."""
LONGEST_EMAIL = 254
"""As RFC 5321 has it; the index of tries takes no text of many thousand characters."""
LAST_USE_IS_KEPT_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Principal:
    """Who acts. ``account`` is the buyer, facility or carrier that they are limited to, if any."""

    id: str
    name: str
    role: str
    account: str | None
    scopes: tuple[str, ...] = SCOPES
    until: datetime | None = None
    """When a key's rights end, if they do; a person's do not."""

    @property
    def is_person(self) -> bool:
        """Whether somebody signed in, rather than a system with a key."""
        return self.id.startswith("person:")

    @property
    def holder(self) -> str:
        """Whose Idempotency-Keys they use: those of an account are the same for each of its keys, also a rotated one.

        A person's, and those of a key of no account, are their own: it counts who of them did something.
        """
        return self.id if self.is_person or not self.account else f"{self.role}:{self.account}"

    @property
    def sees(self) -> str:
        """Whose rows they may see at all; who is not named here sees none."""
        if self.role == BUYER:
            return only(BUYER, self.account or "")
        if self.role in IN_A_FACILITY:
            return only(FACILITY, self.account or "")
        if self.role == CARRIER:
            return only(CARRIER, self.account or "")
        return ALL if self.role in (COMPLIANCE, KANWIL, LOGISTICS) else NOTHING


class WrongRole(Problem):
    """Somebody asked whose role may not; the sentence says which ones may."""

    def __init__(self, title: str, sentence: Sentence) -> None:
        super().__init__(403, title, sentence)
        self.sentence = sentence


def in_words(roles: Sequence[str]) -> Sentence:
    """Who may, as a choice: buyer or regional office."""
    return one_of([WORDS[role] for role in roles])


def current() -> Principal:
    """The principal of this request."""
    return cast(Principal, g.principal)


def requires(*roles: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The decorated API view is for holders of a key with one of these roles."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            if current().role not in roles:
                takes = Sentence("This takes a key for {roles}.", roles=in_words(roles))
                raise WrongRole("Not for this key", takes)
            return view(*args, **kwargs)

        checked.roles = roles  # type: ignore[attr-defined]  # told in the document
        return checked

    return decorate


def requires_person(*roles: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The decorated API view is for people with one of these roles, by the session of who signed in: a key is nobody."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            if not current().is_person:
                nobody = Sentence(
                    "A key is no person: sign in at {place} as {roles}; the pages and this address take that session.",
                    place=f"/{serving().card.name}/sign-in",
                    roles=in_words(roles),
                )
                raise WrongRole("Not for a key", nobody)
            return for_roles(*args, **kwargs)

        for_roles = requires(*roles)(view)
        checked.roles = roles  # type: ignore[attr-defined]  # told in the document
        checked.of_people = True  # type: ignore[attr-defined]  # their session is looked at
        return checked

    return decorate


def bearer_token() -> str:
    """The key that the request brings in its header: not in its address, and never by a cookie."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Problem(401, "A key is needed", "Send the header Authorization: Bearer and your API key.")
    return token


KEY = select(api_key).where(api_key.c.id == bindparam("by_id"))


def by_key(session: Session, token: str) -> Principal:
    """Whom a key lets in; one that is not known, was revoked or has run out can't be told apart."""
    id, _, secret = token.removeprefix("pk_").partition("_")
    row = session.execute(KEY, {"by_id": id}).one_or_none()
    known = hmac.compare_digest(digest(secret), row.secret_sha256 if row else b"")
    if not known or row is None or row.revoked_at or (row.expires_at and row.expires_at <= real_now()):
        raise Problem(401, "Unknown key", "The API key is not known, was revoked or has run out.")
    _note_use(session, row)
    return Principal(f"key:{row.id}", row.name, row.role, row.account, tuple(row.scopes), row.expires_at)


def _note_use(session: Session, row: Row[Any]) -> None:
    """Keep to the minute when a key was last used: few of its requests write."""
    if row.last_used_at is None or real_now() - row.last_used_at > LAST_USE_IS_KEPT_EVERY:
        used = api_key.c.last_used_at
        unchanged = used.is_(None) if row.last_used_at is None else used == row.last_used_at
        session.execute(
            update(api_key).where(api_key.c.id == row.id, unchanged).values(last_used_at=func.now())
        )


def need_scope(principal: Principal, method: str) -> None:
    """Refuse a request that the key's scopes do not cover."""
    needed = READ if method in ("GET", "HEAD", "OPTIONS") else WRITE
    if needed not in principal.scopes:
        raise Problem(403, "Not for this key", f"This takes a key with the scope {needed}.", scope=needed)


def create_key(
    session: Session,
    *,
    name: str,
    role: str,
    account: str | None,
    scopes: Sequence[str] = SCOPES,
    expires_at: datetime | None = None,
) -> str:
    """A new API key; it is shown once and only its hash is kept."""
    id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    session.execute(
        insert(api_key).values(
            id=id,
            secret_sha256=digest(secret),
            name=name,
            role=role,
            account=account,
            scopes=sorted(set(scopes)),
            expires_at=expires_at,
        )
    )
    return f"pk_{id}_{secret}"


def add_person(
    session: Session, *, email: str, name: str, role: str, account: str | None, password: str
) -> None:
    """A person who may sign in; the same e-mail address again replaces the particulars and ends all sessions."""
    password_hash = passwords.hashed(password)
    keep_person(session, email=email, name=name, role=role, account=account, password_hash=password_hash)


def keep_person(
    session: Session, *, email: str, name: str, role: str, account: str | None, password_hash: str
) -> UUID:
    """The same with a password that is hashed already; returns the person's id."""
    values = {"name": name, "role": role, "account": account, "password_hash": password_hash}
    kept: UUID = session.execute(
        upsert(person)
        .values(id=uuid7s.uuid7(), email=email.lower(), **values)
        .on_conflict_do_update(index_elements=["email"], set_={**values, "disabled_at": None})
        .returning(person.c.id)
    ).scalar_one()
    session.execute(delete(web_session).where(web_session.c.person_id == kept))
    return kept


def disable_person(session: Session, *, email: str) -> UUID | None:
    """Have somebody sign in no more, and end all sessions at once; None if nobody who may has this address."""
    gone: UUID | None = session.execute(
        update(person)
        .where(person.c.email == email.lower(), person.c.disabled_at.is_(None))
        .values(disabled_at=func.now())
        .returning(person.c.id)
    ).scalar_one_or_none()
    if gone:
        session.execute(delete(web_session).where(web_session.c.person_id == gone))
    return gone


def sign_in(
    database: Database, *, email: str, password: str, address: str, instead_of: str | None = None
) -> str | None:
    """A new session's token, or None if the two do not fit; ``Problem`` 429 after too many tries.

    The session that the browser had, ``instead_of``, ends. The password is verified between two
    transactions: it takes long, and connections are few.
    """
    email = email.lower()
    if len(email) > LONGEST_EMAIL:
        return None
    with passwords.room():
        with database.transaction() as session:
            _count_try(session, email, address)
            row = session.execute(select(person).where(person.c.email == email)).one_or_none()
        fits = passwords.fits(row.password_hash if row else passwords.NOBODYS, password)
    if row is None or row.disabled_at or not fits:
        return None
    with database.transaction() as session:
        if instead_of:
            sign_out(session, instead_of)
        token = open_session(session, row.id, row.password_hash)
        session.execute(delete(sign_in_attempt).where(*_tries(email, address)))
    return token


def open_session(session: Session, person_id: UUID, password_hash: str) -> str | None:
    """The token of a new session; None if the person was disabled or got another password while this one was verified."""
    token = secrets.token_urlsafe(32)
    still = select(literal(digest(token)), person.c.id, literal(secrets.token_urlsafe(32))).where(
        person.c.id == person_id, person.c.password_hash == password_hash, person.c.disabled_at.is_(None)
    )
    columns = ["id_sha256", "person_id", "csrf_token"]
    made = session.execute(
        insert(web_session).from_select(columns, still).returning(web_session.c.person_id)
    ).one_or_none()
    return token if made else None


def _tries(email: str, address: str) -> tuple[ColumnElement[bool], ...]:
    """A person's own tries: who guesses from elsewhere can't lock them out, nor profit when they come in."""
    return sign_in_attempt.c.email == email, sign_in_attempt.c.address == address


def _count_try(session: Session, email: str, address: str) -> None:
    """Count this try, one after the other even when many come at once from one address."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"tries of {address}", 0))))
    theirs = func.count().filter(sign_in_attempt.c.email == email)
    lately = sign_in_attempt.c.at > text(f"now() - interval '{TRIES_KEPT}'")
    tried = session.execute(
        select(theirs.label("theirs"), func.count().label("all")).where(
            sign_in_attempt.c.address == address, lately
        )
    ).one()
    if tried.theirs >= SIGN_INS_PER_QUARTER_HOUR or tried.all >= SIGN_INS_OF_AN_ADDRESS:
        wait = "Wait a quarter of an hour, then try again."
        raise Problem(429, "Too many tries", wait, retry_after=15 * 60)
    session.execute(insert(sign_in_attempt).values(email=email, address=address))


SEEN = (
    update(web_session)
    .where(
        web_session.c.id_sha256 == bindparam("sha256"),
        web_session.c.person_id == person.c.id,
        person.c.disabled_at.is_(None),
        web_session.c.seen_at > text(f"now() - interval '{SESSION_IDLE}'"),
        web_session.c.created_at > text(f"now() - interval '{SESSION_AGE}'"),
    )
    .values(seen_at=func.now())
    .returning(person.c.id, person.c.name, person.c.role, person.c.account, web_session.c.csrf_token)
)


def by_session(session: Session, token: str) -> tuple[Principal, str] | None:
    """The principal of a session cookie and the session's CSRF token; None if it is over."""
    row: Row[Any] | None = session.execute(SEEN, {"sha256": digest(token)}).one_or_none()
    return None if row is None else (_person(row.id, row), row.csrf_token)


def _person(id: UUID, row: Row[Any]) -> Principal:
    return Principal(f"person:{id}", row.name, row.role, row.account)


def sign_out(session: Session, token: str) -> None:
    session.execute(delete(web_session).where(web_session.c.id_sha256 == digest(token)))


def digest(token: str) -> bytes:
    """What is kept of a secret: long and random, it needs no slow hash."""
    return hashlib.sha256(token.encode()).digest()
