"""Role by route by somebody else's id: what each service's OpenAPI document lists must have its case.

A case says whose keys a route takes, and with what body. From it follow the refusals: another role learns
the same whether the id exists or not, and for the same role somebody else's id is the same as none.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from shared.database import Database
from shared.web.access import READ, ROLES, WRITE, create_key
from shared.web.problems import is_api

METHODS = ("get", "post", "put", "patch", "delete")
Operation = tuple[str, str]
"""The method and the path, as the OpenAPI document has them."""


@dataclass(frozen=True)
class Case:
    """Whose keys a route takes; ``body`` is one that it would accept."""

    roles: tuple[str, ...]
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class World:
    """A service in which one account has one of everything, and its ids by the names of paths' parameters."""

    client: FlaskClient
    database: Database
    ids: dict[str, str]
    told: tuple[str, ...] = ()
    """Further words by which the account's things would be known."""

    def key(self, role: str, account: str | None, *scopes: str) -> str:
        with self.database.transaction() as session:
            return create_key(
                session, name="matrix", role=role, account=account, scopes=scopes or (READ, WRITE)
            )

    def send(self, operation: Operation, case: Case, ids: Mapping[str, str], key: str | None) -> TestResponse:
        method, path = operation
        headers = {"Idempotency-Key": str(uuid4()), **case.headers}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        body = {"data": case.body} if isinstance(case.body, (str, bytes)) else {"json": case.body}
        sent = body if method not in ("get", "delete") else {}
        return self.client.open(path.format_map(ids), method=method, headers=headers, **sent)

    def unknown(self, operation: Operation) -> dict[str, str]:
        """Ids of the same shape that nothing has."""
        return {
            name: self.ids[name] if name in FREE else _like(self.ids[name])
            for name in self.ids
            if f"{{{name}}}" in operation[1]
        }

    def rows(self) -> dict[str, str]:
        """What stands in each table, in short."""
        with self.database.transaction() as session:
            tables = session.execute(
                text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
            ).scalars()
            return {
                table: session.execute(
                    text(
                        f"SELECT md5(coalesce(string_agg(t::text, ' ' ORDER BY t::text), '')) FROM {table} t"
                    )
                ).scalar_one()
                for table in tables.all()
            }


WATCHED = {
    "static": "style and scripts",
    "health.livez": "says that the process lives",
    "health.readyz": "says that the database answers",
    "health.metrics": "counts only",
    "health.openapi": "what the API is like",
    "health.docs": "the same to read",
    "health.events": "that something changed, not what",
    "signing_in.form": "for who is not in yet",
    "signing_in.enter": "for who is not in yet",
}
"""Addresses of every service that are open to all, and why."""

FREE = ("line", "name", "sku", "currency", "valid_from", "day", "family")
"""Parameters that name no one thing of an account."""


def _like(id: str) -> str:
    if id.isdecimal():
        return str(int(id) + 1_000_000)
    return str(uuid4()) if len(id) == 36 else "X" + id[1:]


def operations_of(app: Flask) -> Iterator[Operation]:
    """Every operation that the application's own document lists."""
    for path, item in app.extensions["openapi"].to_dict()["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path


def check_roles(world: World, cases: Mapping[Operation, Case], account: str) -> None:
    """Whom a route is not for learns nothing but that, whether what they ask for exists or not."""
    keys = {role: world.key(role, account) for role in ROLES}
    for operation, case in cases.items():
        there = {name: world.ids[name] for name in world.ids}
        assert world.send(operation, case, there, None).status_code == 401, operation
        for role, key in keys.items():
            if role in case.roles:
                continue
            existing = world.send(operation, case, there, key)
            unknown = world.send(operation, case, world.unknown(operation), key)
            assert existing.status_code == 403, (operation, role, existing.text)
            assert existing.data == unknown.data, (operation, role)


def check_scopes(world: World, cases: Mapping[Operation, Case], account: str) -> None:
    """A key of the right role without the right scope is refused before anything else is looked at."""
    for operation, case in cases.items():
        needed, other = (READ, WRITE) if operation[0] == "get" else (WRITE, READ)
        refused = world.send(operation, case, world.ids, world.key(case.roles[0], account, other))
        assert (refused.status_code, refused.json["scope"]) == (403, needed), operation


def check_foreign(world: World, operation: Operation, case: Case, rival: str, owner: str) -> None:
    """For somebody else of the same role the thing is none, nothing changes; for its owner it is there."""
    world.send(("get", "/"), Case(()), {}, rival)
    with world.database.transaction() as session:  # both keys were used within the minute
        session.execute(text("UPDATE api_key SET last_used_at = now()"))
    before = world.rows()
    foreign = world.send(operation, case, world.ids, rival)
    unknown = world.send(operation, case, world.unknown(operation), rival)
    assert foreign.status_code == 404, (operation, foreign.text)
    assert foreign.data == unknown.data, operation
    assert foreign.headers.get("ETag") is None, operation
    assert world.rows() == before, operation
    known = world.send(operation, case, world.ids, owner)
    assert known.status_code in (200, 201, 202, 204), (operation, known.text)


def check_lists(world: World, cases: Mapping[Operation, Case], role: str, rival: str) -> None:
    """Nothing that is listed to somebody else tells of the account's things."""
    for operation, case in cases.items():
        if operation[0] == "get" and role in case.roles and not named(operation):
            listed = world.send(operation, case, world.ids, rival)
            assert listed.status_code == 200, operation
            for word in (*(id for name, id in world.ids.items() if name not in FREE), *world.told):
                assert len(word) < 8 or word.encode() not in listed.data, (operation, word)


def named(operation: Operation) -> list[str]:
    """The parameters of a path that name one thing of an account."""
    names = [part[1:].split("}")[0] for part in operation[1].split("/") if part.startswith("{")]
    return [name for name in names if name not in FREE]


def check_pages(app: Flask, ids: Mapping[str, str], **further: str) -> None:
    """Every page that is not open to all for a stated reason sends who has not signed in to do so."""
    pages = [rule for rule in app.url_map.iter_rules() if not is_api(rule.rule)]
    public = WATCHED | further
    assert set(public) <= {rule.endpoint for rule in pages}
    client = app.test_client()
    with app.test_request_context():
        for rule in pages:
            if rule.endpoint in public:
                continue
            values = {name: any_value(rule._converters[name], ids.get(name)) for name in rule.arguments}
            built = app.url_map.bind("localhost").build(rule.endpoint, values, method=None)
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                answer = client.open(built, method=method)
                assert answer.status_code == 302, (rule.endpoint, method, answer.status_code)
                assert "/sign-in" in answer.headers["Location"], (rule.endpoint, method)


def any_value(converter: Any, known: str | None = None) -> Any:
    """Something that a part of an address may be."""
    kind = type(converter).__name__
    if kind == "AnyConverter":
        return sorted(converter.items)[0]
    if kind == "IntegerConverter":
        return 1
    return uuid4() if kind == "UUIDConverter" else known or "x"
