"""The demonstration's sign-ins and keys: made at first start, kept beside the data, printed for a person."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from shared.database import Database
from shared.web.access import BUYER, COMPLIANCE, FACILITY, KANWIL, LOGISTICS, add_person, create_key


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
    *(
        ("production", f"{code.lower()}@demo.example", f"Bimker {code}", FACILITY, code)
        for code in FACILITIES
    ),
)
KEYS = (
    ("orders", "System of PT. Chewy Louis Group", BUYER, BUYER_CODE),
    ("logistics", "System of the hub Lapas Sragen", LOGISTICS, None),
)


def ensure(app_urls: Mapping[str, str], kept: Path) -> Accounts:
    """The accounts, made once and found again next time."""
    if not kept.exists():
        accounts = _make(app_urls)
        kept.touch(mode=0o600)
        kept.write_text(json.dumps(asdict(accounts), indent=1))
    read = json.loads(kept.read_text())
    return Accounts(tuple(Person(**p) for p in read["people"]), tuple(Key(**k) for k in read["keys"]))


def _make(app_urls: Mapping[str, str]) -> Accounts:
    password = secrets.token_urlsafe(9)
    people = tuple(Person(*particulars, password) for particulars in PEOPLE)
    keys = []
    for service, url in app_urls.items():
        database = Database(url, pool_size=1)
        with database.transaction() as session:
            for person in (p for p in people if p.service == service):
                add_person(
                    session,
                    email=person.email,
                    name=person.name,
                    role=person.role,
                    account=person.account,
                    password=person.password,
                )
            for of, name, role, account in KEYS:
                if of == service:
                    keys.append(
                        Key(
                            service,
                            name,
                            role,
                            account,
                            create_key(session, name=name, role=role, account=account),
                        )
                    )
        database.close()
    return Accounts(people, tuple(keys))
