"""``kendi key`` and ``kendi user``: whom they let in and shut out, and what they refuse by its option."""

import json
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select, update

from kendi.cli import main
from kendi.cli.access import ROLES
from services.orders.storage import buyer
from shared.messaging.tables import operator_action
from shared.web.access import IN_A_FACILITY, KANWIL, create_key
from shared.web.tables import api_key, person
from tests.conftest import database_beside

EMAIL, PASSWORD = "buyer@example.org", "a password of the tests"
KEY = ("key", "create", "orders", "--role", "buyer", "--account", "CHEWY-LOUIS", "--name", "Purchasing")
USER = ("user", "add", *KEY[2:], "--email", EMAIL)


@pytest.fixture
def client(client_of: Callable[[str], FlaskClient]) -> FlaskClient:
    client = client_of("orders")
    with database_beside(client).transaction() as session:
        session.execute(
            insert(buyer).values(code="CHEWY-LOUIS", name="PT. Chewy Louis Group", particulars={})
        )
    return client


def kendi(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(main, arguments, input=typed)


def made(client: FlaskClient) -> int:
    with database_beside(client).transaction() as session:
        tables = (api_key, person)
        return sum(session.execute(select(func.count()).select_from(one)).scalar_one() for one in tables)


def opens(client: FlaskClient, key: str) -> bool:
    answer = client.get("/orders/v1/orders", headers={"Authorization": f"Bearer {key}"})
    return answer.status_code == 200


def test_a_key_is_printed_once_and_opens_the_api(client: FlaskClient) -> None:
    printed = kendi(*KEY)
    assert printed.exit_code == 0, printed.output
    assert opens(client, printed.output.strip())
    told = json.loads(kendi(*KEY, "--json").output)
    assert (told["account"], told["name"], told["role"]) == ("CHEWY-LOUIS", "Purchasing", "buyer")
    assert opens(client, told["key"])


def test_a_person_signs_in_with_the_password_of_standard_input(client: FlaskClient) -> None:
    added = kendi(*USER, typed=f"{PASSWORD}\n")
    assert added.exit_code == 0, added.output
    assert PASSWORD not in added.output
    form = {"email": EMAIL, "password": PASSWORD}
    assert client.post("/orders/sign-in", data=form).status_code == 303
    assert client.get("/orders/").status_code == 200
    assert json.loads(kendi(*USER, "--json", typed="another password\n").output)["email"] == EMAIL
    assert client.get("/orders/").status_code == 302
    assert client.post("/orders/sign-in", data=form).status_code == 422


def test_everybody_in_a_facility_can_be_let_in_and_is_limited_to_it() -> None:
    assert {role: ROLES["production"][role] for role in IN_A_FACILITY} == dict.fromkeys(
        IN_A_FACILITY, "facility"
    )


def changed(arguments: tuple[str, ...], **options: str | None) -> Iterator[str]:
    """The arguments with another value for some options, or without them."""
    rest = iter(arguments)
    for one in rest:
        name = one.removeprefix("--")
        if one.startswith("--") and name in options:
            next(rest)
            if options[name] is not None:
                yield from (one, str(options[name]))
        else:
            yield one


@pytest.mark.parametrize("command", [KEY, USER], ids=["key", "user"])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"role": "logistics"}, "'--role': give one of orders: buyer, compliance_officer, kanwil"),
        ({"role": None}, "'--role'"),
        ({"account": "CHEWY"}, "'--account': give the code of a buyer: CHEWY-LOUIS"),
        ({"account": None}, "'--account': give the code of a buyer: CHEWY-LOUIS"),
        ({"role": "kanwil"}, "'--account': leave it out"),
        ({"name": " "}, "'--name': give 1 to 200 characters"),
        ({"name": "\u202ereversed"}, "'--name'"),
        ({"name": None}, "'--name'"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_by_its_option_and_nothing_is_made(
    client: FlaskClient, command: tuple[str, ...], options: dict[str, str | None], said: str
) -> None:
    refused = kendi(*changed(command, **options), typed=f"{PASSWORD}\n")
    assert refused.exit_code == 2
    assert said in refused.output
    assert made(client) == 0


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (USER, "short\n", "the password: give 12 characters or more"),
        (USER, "", "the password"),
        ((*USER[:-1], "nobody"), f"{PASSWORD}\n", "'--email'"),
        ((*USER, "--password", PASSWORD), "", "No such option"),
    ],
    ids=["short", "none", "email", "argument"],
)
def test_a_person_without_a_right_address_or_password_is_not_added(
    client: FlaskClient, arguments: tuple[str, ...], typed: str, said: str
) -> None:
    refused = kendi(*arguments, typed=typed)
    assert refused.exit_code == 2
    assert said in refused.output
    assert made(client) == 0


def test_a_database_that_can_not_be_reached_is_said_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KENDI_ORDERS_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    failed = kendi(*KEY)
    assert failed.exit_code == 1
    assert "the database of orders is not ready" in failed.output
    assert failed.output.count("\n") == 1


def test_a_key_is_made_for_reading_only_and_for_a_time(client: FlaskClient) -> None:
    told = json.loads(kendi(*KEY, "--scope", "read", "--expires", "2999-01-31", "--json").output)
    assert (told["scopes"], told["expires_at"]) == (["read"], "2999-01-31T00:00:00+00:00")
    assert opens(client, told["key"])
    headers = {"Authorization": f"Bearer {told['key']}", "Idempotency-Key": "1"}
    assert client.post("/orders/v1/orders", json={}, headers=headers).json["scope"] == "write"
    with database_beside(client).transaction() as session:
        session.execute(update(api_key).values(expires_at=func.now()))
    assert not opens(client, told["key"])


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--scope", "admin"),
        ("--expires", "2020-01-31"),
        ("--expires", "2999-01-31T12:00"),
        ("--expires", "soon"),
    ],
)
def test_a_wrong_scope_or_time_is_named(client: FlaskClient, option: str, value: str) -> None:
    refused = kendi(*KEY, option, value)
    assert (refused.exit_code, option in refused.output, made(client)) == (2, True, 0)


WHY = ("--reason", "Left the company in March.")


def kept(client: FlaskClient) -> list[tuple[str, str]]:
    """What operators did, and why."""
    with database_beside(client).transaction() as session:
        rows = session.execute(select(operator_action).order_by(operator_action.c.id)).all()
    assert all("@" in row.actor for row in rows)
    return [(row.action, row.reason) for row in rows]


def test_a_person_who_is_shut_out_is_signed_out_and_comes_in_no_more_until_let_in_anew(
    client: FlaskClient,
) -> None:
    kendi(*USER, typed=f"{PASSWORD}\n")
    form = {"email": EMAIL, "password": PASSWORD}
    assert client.post("/orders/sign-in", data=form).status_code == 303
    assert client.get("/orders/").status_code == 200
    gone = kendi("user", "disable", "orders", "--email", EMAIL.upper(), *WHY)
    assert gone.exit_code == 0, gone.output
    assert client.get("/orders/").status_code == 302
    assert client.post("/orders/sign-in", data=form).status_code == 422
    assert kept(client) == [("disable", WHY[1])]
    again = kendi("user", "disable", "orders", "--email", EMAIL, *WHY)
    assert (again.exit_code, "'--email'" in again.output) == (2, True)
    kendi(*USER, typed=f"{PASSWORD}\n")
    assert client.post("/orders/sign-in", data=form).status_code == 303


@pytest.mark.parametrize(
    ("service", "path"), [("orders", "orders"), ("production", "facilities"), ("logistics", "shipments")]
)
def test_any_key_of_any_service_is_listed_and_revoked(
    client_of: Callable[[str], FlaskClient], service: str, path: str
) -> None:
    client = client_of(service)
    with database_beside(client).transaction() as session:
        secret, other = (create_key(session, name="An office", role=KANWIL, account=None) for _ in range(2))
    prefix = "_".join(secret.split("_")[:2])
    listed = kendi("key", "list", service)
    assert (prefix in listed.output, secret in listed.output, "never" in listed.output) == (True, False, True)
    ended = kendi("key", "revoke", service, prefix, *WHY)
    assert ended.exit_code == 0, ended.output
    states = {
        each["prefix"]: each["state"] for each in json.loads(kendi("key", "list", service, "--json").output)
    }
    assert states == {prefix: "revoked", "_".join(other.split("_")[:2]): "active"}
    opened = [
        client.get(f"/{service}/v1/{path}", headers={"Authorization": f"Bearer {key}"}).status_code
        for key in (secret, other)
    ]
    assert opened == [401, 200]
    assert kept(client) == [("revoke", WHY[1])]
    again = kendi("key", "revoke", service, prefix, *WHY)
    assert (again.exit_code, "'PREFIX'" in again.output) == (2, True)


@pytest.mark.parametrize("reason", ["short", "x" * 2_001, "turned \u202e round and round"])
def test_nobody_is_shut_out_without_a_reason_that_can_be_read(client: FlaskClient, reason: str) -> None:
    key = kendi(*KEY).output.strip()
    kendi(*USER, typed=f"{PASSWORD}\n")
    for command in (
        ("key", "revoke", "orders", "_".join(key.split("_")[:2])),
        ("user", "disable", "orders", "--email", EMAIL),
    ):
        refused = kendi(*command, "--reason", reason)
        assert (refused.exit_code, "reason" in refused.output) == (1, True)
    assert opens(client, key)
    assert client.post("/orders/sign-in", data={"email": EMAIL, "password": PASSWORD}).status_code == 303
    assert kept(client) == []
