"""The keys of a buyer: made with no more rights than their maker's, replaced, revoked, and seen by nobody else."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from werkzeug.test import TestResponse

from services.orders.app import create_app
from shared.clock import real_now
from shared.web.access import BUYER, READ, WRITE, create_key
from shared.web.keys import MOST_KEYS
from shared.web.tables import api_key, idempotency_key
from tests.orders.conftest import Caller, Orders, an_order
from tests.orders.test_webhook_pages import Buyer

KEYS, ORDERS, PAGE = "/orders/v1/keys", "/orders/v1/orders", "/orders/keys/"


def in_time(**span: float) -> str:
    return (real_now() + timedelta(**span)).isoformat()


def a_key(**changes: Any) -> dict[str, Any]:
    return {"name": "reports", "scopes": ["read"], **changes}


def made(caller: Caller, **changes: Any) -> dict[str, Any]:
    answer = caller.post(KEYS, a_key(**changes))
    assert answer.status_code == 201, answer.text
    key: dict[str, Any] = answer.json
    return key


def with_key(orders: Orders, **particulars: Any) -> Caller:
    """A system of the buyer with a key of these rights."""
    with orders.database.transaction() as session:
        key = create_key(session, name="system", role=BUYER, account="CHEWY-LOUIS", **particulars)
    return Caller(orders.client, key)


def revoke(caller: Caller, id: str) -> TestResponse:
    return caller.client.delete(f"{KEYS}/{id}", headers={"Authorization": f"Bearer {caller.key}"})


def rotate(caller: Caller, id: str, **body: Any) -> TestResponse:
    return caller.post(f"{KEYS}/{id}/rotate", body)


def id_of(caller: Caller) -> str:
    return caller.key.split("_")[1]


# What a key may do


def test_a_get_needs_the_scope_read_and_anything_else_the_scope_write(orders: Orders) -> None:
    reader, writer = with_key(orders, scopes=[READ]), with_key(orders, scopes=[WRITE])
    assert reader.get(ORDERS).status_code == 200
    refused = reader.post(ORDERS, an_order())
    assert (refused.status_code, refused.json["scope"]) == (403, "write")
    assert "scope write" in refused.json["detail"]
    assert writer.post(ORDERS, an_order()).status_code == 201
    refused = writer.get(ORDERS)
    assert (refused.status_code, refused.json["scope"]) == (403, "read")


def test_a_key_that_ran_out_is_answered_as_one_that_never_was(orders: Orders) -> None:
    caller = with_key(orders, expires_at=real_now() + timedelta(hours=1))
    assert caller.get(ORDERS).status_code == 200
    with orders.database.transaction() as session:
        session.execute(update(api_key).values(expires_at=real_now() - timedelta(seconds=1)))
    ended = caller.get(ORDERS)
    assert ended.status_code == 401
    assert ended.data == Caller(orders.client, "pk_nobody_x").get(ORDERS).data


def test_the_last_use_is_written_once_a_minute(orders: Orders) -> None:
    def last_used() -> datetime | None:
        with orders.database.transaction() as session:
            query = select(api_key.c.last_used_at).where(api_key.c.id == id_of(orders.buyer))
            used: datetime | None = session.execute(query).scalar_one()
        return used

    assert last_used() is None
    orders.buyer.get(ORDERS)
    first = last_used()
    orders.buyer.get(ORDERS)
    assert last_used() == first
    with orders.database.transaction() as session:
        session.execute(text("UPDATE api_key SET last_used_at = last_used_at - interval '61 seconds'"))
    orders.buyer.get(ORDERS)
    assert last_used() > first


# Making


def test_a_key_is_shown_once_and_kept_nowhere(orders: Orders) -> None:
    first = orders.buyer.post(KEYS, a_key(), idempotency_key="one")
    key = first.json["key"]
    assert key.startswith(first.json["prefix"] + "_")
    assert Caller(orders.client, key).get(ORDERS).status_code == 200
    again = orders.buyer.post(KEYS, a_key(), idempotency_key="one")
    assert again.json == first.json | {"key": None}
    secret = key.split("_", 2)[2]
    with orders.database.transaction() as session:
        for table in (api_key, idempotency_key):
            assert secret not in str(session.execute(select(table)).all())
    assert secret not in orders.buyer.get(KEYS).text


def test_the_list_tells_what_each_key_may_and_when_it_was_used(orders: Orders) -> None:
    until = in_time(days=3)
    key = made(orders.buyer, expires_at=until)
    Caller(orders.client, key["key"]).get(ORDERS)
    listed = {each["id"]: each for each in orders.buyer.get(KEYS).json}
    assert set(listed) == {key["id"], id_of(orders.buyer)}
    shown = listed[key["id"]]
    assert (shown["name"], shown["scopes"], shown["state"]) == ("reports", ["read"], "active")
    assert datetime.fromisoformat(shown["expires_at"]) == datetime.fromisoformat(until)
    assert datetime.fromisoformat(shown["last_used_at"]) > real_now() - timedelta(minutes=2)
    assert "key" not in shown


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["admin"]}, "scopes[0]"),
        ({"scopes": ["read", "write", "read"]}, "scopes"),
        ({"name": " "}, "name"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2999-01-01"}, "expires_at"),
        ({"role": "kanwil"}, "role"),
        ({"account": "RIVAL"}, "account"),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_key_is_named_and_none_is_made(
    orders: Orders, changes: dict[str, Any], field: str
) -> None:
    refused = orders.buyer.post(KEYS, a_key(**changes))
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, field)
    assert len(orders.buyer.get(KEYS).json) == 1


def test_a_key_gives_no_right_that_it_has_not(orders: Orders) -> None:
    writer = with_key(orders, scopes=[WRITE], expires_at=real_now() + timedelta(hours=1))
    for asked, field in (
        (a_key(scopes=["read"], expires_at=in_time(minutes=10)), "scopes"),
        (a_key(scopes=["write"]), "expires_at"),
        (a_key(scopes=["write"], expires_at=in_time(hours=2)), "expires_at"),
    ):
        refused = writer.post(KEYS, asked)
        assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, field)
    assert writer.post(KEYS, a_key(scopes=["write"], expires_at=in_time(minutes=10))).status_code == 201


def test_a_key_gets_no_more_rights_by_replacing_another(orders: Orders) -> None:
    writer = with_key(orders, scopes=[WRITE])
    assert rotate(writer, id_of(orders.buyer)).status_code == 422
    assert orders.buyer.get(ORDERS).status_code == 200
    assert len(orders.buyer.get(KEYS).json) == 2


def test_there_are_at_most_twenty_keys_that_open_something(orders: Orders) -> None:
    for _ in range(MOST_KEYS - 1):
        last = made(orders.buyer)
    refused = orders.buyer.post(KEYS, a_key())
    assert (refused.status_code, "the most there may be" in refused.json["detail"]) == (422, True)
    assert revoke(orders.buyer, last["id"]).status_code == 204
    made(orders.buyer)


def test_officers_keys_are_not_made_here(orders: Orders) -> None:
    for caller in (orders.officer, orders.office):
        assert caller.get(KEYS).status_code == 403
        assert caller.post(KEYS, a_key()).status_code == 403


# Replacing and revoking


def test_a_key_that_is_replaced_opens_until_the_overlap_is_over(orders: Orders) -> None:
    old = made(orders.buyer, scopes=["read", "write"])
    answer = rotate(orders.buyer, old["id"], overlap_hours=1)
    new = answer.json
    assert answer.status_code == 201
    assert (new["name"], new["scopes"], new["expires_at"]) == (old["name"], ["read", "write"], None)
    both = [Caller(orders.client, key["key"]) for key in (old, new)]
    assert [one.get(ORDERS).status_code for one in both] == [200, 200]
    listed = {key["id"]: key for key in orders.buyer.get(KEYS).json}
    ends = datetime.fromisoformat(listed[old["id"]]["expires_at"])
    assert timedelta(minutes=59) < ends - real_now() <= timedelta(hours=1)
    with orders.database.transaction() as session:
        session.execute(text("UPDATE api_key SET expires_at = expires_at - interval '1 hour'"))
    assert [one.get(ORDERS).status_code for one in both] == [401, 200]
    assert rotate(orders.buyer, old["id"]).status_code == 404


def test_without_an_overlap_the_old_key_ends_at_once(orders: Orders) -> None:
    old = made(orders.buyer)
    assert rotate(orders.buyer, old["id"], overlap_hours=0).status_code == 201
    assert Caller(orders.client, old["key"]).get(ORDERS).status_code == 401


def test_replacing_never_lengthens_a_life(orders: Orders) -> None:
    until = in_time(minutes=30)
    old = made(orders.buyer, expires_at=until)
    new = rotate(orders.buyer, old["id"], overlap_hours=24).json
    ends = {key["id"]: key["expires_at"] for key in orders.buyer.get(KEYS).json}
    for id in (old["id"], new["id"]):
        assert datetime.fromisoformat(ends[id]) == datetime.fromisoformat(until)


@pytest.fixture
def second_process(orders: Orders) -> Iterator[FlaskClient]:
    """Another web process of the same service."""
    app = create_app()
    yield app.test_client()
    app.extensions["kendi"].close()


def test_a_revoked_key_opens_nothing_at_once_in_every_process(
    orders: Orders, second_process: FlaskClient
) -> None:
    key = made(orders.buyer)
    elsewhere = Caller(second_process, key["key"])
    assert elsewhere.get(ORDERS).status_code == 200
    assert revoke(orders.buyer, key["id"]).status_code == 204
    assert elsewhere.get(ORDERS).status_code == 401
    assert revoke(orders.buyer, key["id"]).status_code == 404
    listed = {each["id"]: each["state"] for each in orders.buyer.get(KEYS).json}
    assert listed[key["id"]] == "revoked"


def test_a_rivals_key_is_answered_as_one_that_is_not(orders: Orders) -> None:
    key = made(orders.buyer)
    for attempt in (revoke, rotate):
        theirs, none = attempt(orders.rival, key["id"]), attempt(orders.rival, "0123456789ab")
        assert (theirs.status_code, theirs.data) == (404, none.data)
    assert Caller(orders.client, key["key"]).get(ORDERS).status_code == 200
    assert key["id"] not in orders.rival.get(KEYS).text


# The page


def test_a_person_makes_replaces_and_revokes_keys_without_a_script(orders: Orders) -> None:
    visitor = Buyer(orders)
    added = visitor.submit(PAGE, name="warehouse", scopes=["read"])
    assert added.status_code == 201
    key = key_on(added.text)
    assert Caller(orders.client, key).get(ORDERS).status_code == 200
    assert "pk_" + key.split("_")[1] in visitor.open(PAGE)
    assert key not in visitor.open(PAGE)
    home = f"{PAGE}{key.split('_')[1]}"
    replaced = visitor.submit(f"{home}/rotate")
    assert replaced.status_code == 201
    assert key_on(replaced.text) != key
    assert visitor.submit(f"{home}/revoke").status_code == 303
    assert Caller(orders.client, key).get(ORDERS).status_code == 401
    assert "revoked on" in visitor.open(f"{home}/revoke")


def key_on(page: str) -> str:
    return page.split("<p><code>pk_")[1].join(["pk_", ""]).split("<")[0]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": "", "scopes": ["read"]}, "Isi 1 sampai 200 huruf"),
        ({"name": "gudang"}, "Pilih membaca, menulis, atau keduanya."),
        ({"name": "gudang", "scopes": ["read"], "last_day": "2020-01-01"}, "Isi waktu yang akan datang."),
        ({"name": "gudang", "scopes": ["read"], "last_day": "besok"}, "Isi hari."),
    ],
    ids=str,
)
def test_a_bad_form_is_refused_in_the_readers_language_and_stays_as_typed(
    orders: Orders, typed: dict[str, Any], said: str
) -> None:
    refused = Buyer(orders, language="id").submit(PAGE, **typed)
    assert (refused.status_code, said in refused.text) == (422, True), refused.text
    if typed["name"]:
        assert f'value="{typed["name"]}"' in refused.text
    assert len(orders.buyer.get(KEYS).json) == 1


def test_the_page_shows_and_ends_no_key_of_a_rival(orders: Orders) -> None:
    key = made(orders.buyer)
    rival = Buyer(orders, account="RIVAL")
    assert key["prefix"] not in rival.open(PAGE)
    assert rival.submit(f"{PAGE}{key['id']}/revoke").status_code == 404
    assert rival.submit(f"{PAGE}{key['id']}/rotate").status_code == 404
    assert Caller(orders.client, key["key"]).get(ORDERS).status_code == 200
