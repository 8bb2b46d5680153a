"""``kendi load`` says who published the policies, also where the person has no name."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from kendi.cli import main
from kendi.servers import Addresses
from services.orders.storage import destination_policy
from shared.database import Database

NOBODY = 4_000_000_000


@pytest.mark.parametrize(
    ("arguments", "login", "by"),
    [((), "rina", "rina"), (("--by", "Release 7"), "rina", "Release 7"), ((), None, "system")],
)
def test_who_loads_is_named_by_an_option_or_the_login_and_else_the_system(
    addresses: Addresses,
    database_of: Callable[[str], Database],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    login: str | None,
    by: str,
) -> None:
    databases = {service: database_of(service) for service in addresses.app_urls}
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    if login is None:
        monkeypatch.setattr("os.getuid", lambda: NOBODY)
    else:
        monkeypatch.setenv("LOGNAME", login)
    urls = {f"KENDI_{name.upper()}_MIGRATE_DATABASE_URL": addresses.owner_urls[name] for name in databases}
    loaded = CliRunner().invoke(main, ["load", *arguments], env=urls)
    assert loaded.exit_code == 0, loaded.output
    with databases["orders"].transaction() as session:
        assert set(session.execute(select(destination_policy.c.published_by)).scalars()) == {by}
