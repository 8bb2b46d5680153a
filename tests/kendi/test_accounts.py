"""Sessions of somebody whom no password lets in."""

from collections.abc import Callable

from kendi.accounts import sign_in_as
from shared.database import Database
from shared.web.access import COMPLIANCE, by_session, sign_in


def test_whoever_is_signed_in_as_somebody_new_has_a_session_whatever_their_address_and_no_password(
    database_of: Callable[[str], Database],
) -> None:
    database, email = database_of("orders"), "Officer@Kendi.Example"
    with database.transaction() as session:
        token = sign_in_as(session, email=email, name="Officer", role=COMPLIANCE)
        found = by_session(session, token)
    assert found is not None
    assert (found[0].name, found[0].role) == ("Officer", COMPLIANCE)
    assert sign_in(database, email=email, password="", address="127.0.0.1") is None
