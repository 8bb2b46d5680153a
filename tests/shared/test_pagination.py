"""A cursor that we did not make is refused by name, whatever is in it."""

from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.card import all_cards
from shared.refusal import Refused
from shared.web.access import ROLES, create_key
from shared.web.pagination import code, cursor_of, key_of, row_number
from tests.conftest import database_beside

CURSORS = st.one_of(
    st.text(),
    st.text("AQgw_-=+/%", max_size=12),
    st.text().map(lambda key: cursor_of(key.encode(errors="replace").decode())),
    st.integers().map(lambda key: cursor_of(str(key))),
    st.uuids().map(lambda key: cursor_of(str(key))),
    st.sampled_from(["AA", "AAAA", "_w", cursor_of("urn:uuid:" + "0" * 32), cursor_of(str(2**63))]),
)


@pytest.mark.parametrize("kind", [code, row_number, UUID])
@given(cursor=CURSORS)
def test_a_cursor_is_read_or_refused(kind: Callable[[str], object], cursor: str) -> None:
    try:
        key = key_of(cursor, kind)
    except Refused as refusal:
        assert refusal.field == "after"
    else:
        assert key is not None
        assert key_of(cursor_of(str(key)), kind) == key


@pytest.mark.parametrize("kind", [row_number])
@pytest.mark.parametrize("key", ["-1", str(2**63), "1.5", "x", ""])
def test_a_number_that_the_database_can_not_count_to_is_no_key(
    kind: Callable[[str], object], key: str
) -> None:
    with pytest.raises(Refused):
        key_of(cursor_of(key), kind)


@pytest.mark.parametrize("service", sorted(all_cards()))
def test_no_cursor_breaks_a_list(
    service: str, client_of: Callable[[str], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("KEY", "ADDRESS"):
        monkeypatch.setenv(f"KENDI_REQUESTS_PER_{kind}", "0")
    client = client_of(service)
    with database_beside(client).transaction() as session:
        keys = [create_key(session, name=role, role=role, account="LPS-SRG") for role in ROLES]
    paths = client.get(f"/{service}/openapi.json").json["paths"]
    lists = [path for path, item in paths.items() if "get" in item and "{" not in path and pages(item["get"])]
    assert lists

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(cursor=CURSORS)
    def each_list(cursor: str) -> None:
        for path in lists:
            query = urlencode({"after": cursor}, errors="replace")
            answers = [
                client.get(f"{path}?{query}", headers={"Authorization": f"Bearer {key}"}) for key in keys
            ]
            allowed = {answer.status_code for answer in answers} - {403}
            assert allowed <= {200, 400, 422}, (path, cursor)
            assert allowed

    each_list()


def pages(operation: dict[str, list[dict[str, str]]]) -> bool:
    return any(parameter["name"] == "after" for parameter in operation.get("parameters", []))
