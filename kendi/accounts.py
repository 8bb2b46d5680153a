"""The demonstration's sign-ins and keys: made at first start, kept beside the data, printed for a person."""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import insert, literal, select
from sqlalchemy.orm import Session

from shared.database import Database
from shared.sight import SERVICE
from shared.web.access import (
    BUYER,
    COMPLIANCE,
    FACILITY,
    HEAD,
    INSPECTOR,
    KANWIL,
    LOGISTICS,
    OPERATOR,
    TOOL_KEEPER,
    create_key,
    digest,
    keep_person,
)
from shared.web.passwords import NOBODYS, hashed
from shared.web.tables import person as persons
from shared.web.tables import web_session


@dataclass(frozen=True)
class Person:
    """Somebody who may sign in, named by what they do."""

    service: str
    email: str
    name: str
    role: str
    account: str | None
    password: str


@dataclass(frozen=True)
class Key:
    """An API key of a system."""

    service: str
    name: str
    role: str
    account: str | None
    secret: str


@dataclass(frozen=True)
class Accounts:
    people: tuple[Person, ...]
    keys: tuple[Key, ...]

    def key(self, role: str) -> str:
        return next(key.secret for key in self.keys if key.role == role)

    def person(self, service: str, role: str, account: str | None = None) -> Person:
        return next(
            p for p in self.people if (p.service, p.role) == (service, role) and account in (None, p.account)
        )


BUYER_CODE = "CHEWY-LOUIS"
FACILITIES = ("LPS-SRG", "LPS-KLT", "LPS-WNG", "RTN-SKA", "RTN-BYL", "LPS-SMG", "LPS-PWD")

PEOPLE = (
    ("orders", "buyer@demo.example", "Purchasing, PT. Chewy Louis Group", BUYER, BUYER_CODE),
    ("orders", "compliance@demo.example", "Compliance officer", COMPLIANCE, None),
    ("orders", "kanwil@demo.example", "Kanwil Jawa Tengah", KANWIL, None),
    ("production", "kanwil@demo.example", "Kanwil Jawa Tengah", KANWIL, None),
    ("logistics", "kanwil@demo.example", "Kanwil Jawa Tengah", KANWIL, None),
    ("logistics", "hub@demo.example", "Logistics, hub Lapas Sragen", LOGISTICS, None),
    ("orders", "operator@demo.example", "Operator of the orders service", OPERATOR, None),
    ("production", "operator@demo.example", "Operator of the production service", OPERATOR, None),
    ("logistics", "operator@demo.example", "Operator of the logistics service", OPERATOR, None),
    *(
        ("production", f"{code.lower()}@demo.example", f"Bimker {code}", FACILITY, code)
        for code in FACILITIES
    ),
    ("production", "head@demo.example", "Head of LPS-SRG", HEAD, "LPS-SRG"),
    ("production", "tools@demo.example", "Tool keeper of LPS-SRG", TOOL_KEEPER, "LPS-SRG"),
    ("production", "inspector@demo.example", "Inspector of LPS-SRG", INSPECTOR, "LPS-SRG"),
)
KEYS = (
    ("orders", "System of PT. Chewy Louis Group", BUYER, BUYER_CODE),
    ("logistics", "System of the hub Lapas Sragen", LOGISTICS, None),
)


def ensure(app_urls: Mapping[str, str], kept: Path) -> Accounts:
    """The accounts, made once and found again next time; what a newer version has more is added."""
    accounts = _read(kept) if kept.exists() else Accounts((), ())
    complete = _complete(accounts, app_urls)
    if complete != accounts:
        kept.touch(mode=0o600)
        kept.write_text(json.dumps(asdict(complete), indent=1))
    return complete


def _read(kept: Path) -> Accounts:
    read = json.loads(kept.read_text())
    return Accounts(tuple(Person(**p) for p in read["people"]), tuple(Key(**k) for k in read["keys"]))


def _complete(accounts: Accounts, app_urls: Mapping[str, str]) -> Accounts:
    password = accounts.people[0].password if accounts.people else secrets.token_urlsafe(9)
    known = {(person.service, person.email) for person in accounts.people}
    people = [Person(*particulars, password) for particulars in PEOPLE if particulars[:2] not in known]
    had = {(key.service, key.name) for key in accounts.keys}
    keys = [particulars for particulars in KEYS if particulars[:2] not in had]
    made: list[Key] = []
    password_hash = hashed(password) if people else ""  # once: hashing takes a tenth of a second
    for service, url in app_urls.items() if people or keys else ():
        database = Database(url, sees=SERVICE, pool_size=1)
        with database.transaction() as session:
            _add_people(session, [person for person in people if person.service == service], password_hash)
            made += [_make_key(session, *particulars) for particulars in keys if particulars[0] == service]
        database.close()
    return Accounts((*accounts.people, *people), (*accounts.keys, *made))


def _add_people(session: Session, people: Iterable[Person], password_hash: str) -> None:
    for person in people:
        keep_person(
            session,
            email=person.email,
            name=person.name,
            role=person.role,
            account=person.account,
            password_hash=password_hash,
        )


def _make_key(session: Session, service: str, name: str, role: str, account: str | None) -> Key:
    return Key(service, name, role, account, create_key(session, name=name, role=role, account=account))


def sign_in_as(session: Session, *, email: str, name: str, role: str, account: str | None = None) -> str:
    """The token of a session of somebody new, whom no password lets in: for what no key may do."""
    keep_person(session, email=email, name=name, role=role, account=account, password_hash=NOBODYS)
    token = secrets.token_urlsafe(32)
    whose = select(literal(digest(token)), persons.c.id, literal(secrets.token_urlsafe(32)))
    columns = ["id_sha256", "person_id", "csrf_token"]
    session.execute(insert(web_session).from_select(columns, whose.where(persons.c.email == email.lower())))
    return token
