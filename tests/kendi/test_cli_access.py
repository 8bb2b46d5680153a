"""``kendi key create`` and ``kendi user add``: who they let in, and what they refuse by its option."""

import json
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select, update

from kendi.cli import main
from kendi.cli.access import ROLES
from services.orders.storage import buyer
from shared.web.access import IN_A_FACILITY
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
