"""Row security stands behind the code's own conditions: on every table, in every transaction, for every role."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from kendi.servers import Addresses
from services.orders.storage import buyer
from shared.card import all_cards
from shared.database import Database, make_engine
from shared.refusal import Refused
from shared.sight import ALL, DOOR, NOTHING, SERVICE, as_the_service, only
from shared.web.access import KANWIL, add_person
from shared.web.tables import person

MESSAGING = (
    "what services tell each other; pages of operators only read it, but for an order's page, which tells whose news"
    " about that order is missing"
)
REFERENCE = "the same for everybody who may come in"

SEEN_BY_ALL = {
    "absorbed": MESSAGING,
    "alembic_version": "the number of the schema",
    "business_clock": "one row: the service's time",
    "heartbeat": MESSAGING,
    "inbox": MESSAGING,
    "messaging_state": MESSAGING,
    "operator_action": MESSAGING,
    "outbox_delivery": MESSAGING,
    "outbox_event": MESSAGING,
    "parked_message": MESSAGING,
    "position": MESSAGING,
    "receipts_from": MESSAGING,
    "reconciled": MESSAGING,
    "subject_counter": MESSAGING,
    "subscription": MESSAGING,
    "orders.item": REFERENCE,
    "orders.item_price": REFERENCE,
    "orders.item_image": REFERENCE,
    "orders.destination_policy": REFERENCE,
    "orders.rescreening": "which rules changed, and how far their screening is",
    "orders.facility": "names only, our copy",
    "orders.evidence": "documents about facilities with nobody in them, which each dossier shows",
    "orders.agreement_end": "last days of agreements, by which documents end that each dossier shows",
    "orders.month_of_work": "figures about five people or more, or none, which each dossier shows",
    "production.item": REFERENCE,
    "production.material": REFERENCE,
    "production.minimum_wage": REFERENCE,
    "production.recipe": REFERENCE,
    "production.warning_check": "one row: when work was last looked through",
    "production.item_skill": REFERENCE,
    "logistics.item": REFERENCE,
    "logistics.facility": "names and addresses, our copy",
    "logistics.document_rule": REFERENCE,
    "logistics.milestone": REFERENCE,
    "logistics.port": REFERENCE,
    "logistics.equipment": REFERENCE,
    "logistics.cut_off": REFERENCE,
    "logistics.shipment_number": "how many there were in a year",
}
"""Tables without a policy, and why; a name of one service's own begins with the service's."""

BUYER = only("buyer", "CHEWY-LOUIS")
TABLES = text("""
    SELECT relname, relrowsecurity AND relforcerowsecurity AND EXISTS (
        SELECT FROM pg_policy WHERE polrelid = pg_class.oid) AS guarded
    FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace""")
ROLE = text("""
    SELECT rolsuper OR rolbypassrls AS above, EXISTS (
        SELECT FROM pg_class WHERE relowner = pg_roles.oid AND relnamespace = 'public'::regnamespace) AS owns
    FROM pg_roles WHERE rolname = current_user""")


@pytest.mark.parametrize("service", sorted(all_cards()))
def test_each_table_has_a_policy_or_a_stated_reason_for_none(service: str, addresses: Addresses) -> None:
    engine = make_engine(addresses.app_urls[service], pool_size=1)
    with engine.connect() as connection:
        tables = {row.relname: row.guarded for row in connection.execute(TABLES)}
    engine.dispose()
    reasons = {table for table in tables if {table, f"{service}.{table}"} & set(SEEN_BY_ALL)}
    undecided = {table for table, guarded in tables.items() if guarded == (table in reasons)}
    assert undecided == set(), "give each a policy, or say why it has none"
    stated = {name.rpartition(".")[2] for name in SEEN_BY_ALL if name.partition(".")[0] in (service, name)}
    assert stated <= set(tables)


@pytest.mark.parametrize("service", sorted(all_cards()))
def test_a_service_owns_no_table_and_is_above_no_policy(service: str, addresses: Addresses) -> None:
    for urls, owns in ((addresses.app_urls, False), (addresses.owner_urls, True)):
        engine = make_engine(urls[service], pool_size=1)
        with engine.connect() as connection:
            role = connection.execute(ROLE).one()
        engine.dispose()
        assert (role.above, role.owns) == (False, owns)


@pytest.fixture
def database(database_of: Callable[[str], Database], addresses: Addresses) -> Iterator[Database]:
    """A database of two buyers, and one connection that every transaction takes over from the one before."""
    with database_of("orders").transaction() as session:
        for code in ("CHEWY-LOUIS", "RIVAL"):
            session.execute(insert(buyer).values(code=code, name=code, particulars={}))
    web = Database(addresses.app_urls["orders"], sees=NOTHING, pool_size=1)
    yield web
    web.close()


def seen(database: Database, sees: str | None = None) -> list[str]:
    with database.transaction(sees=sees) as session:
        return list(session.execute(select(buyer.c.code).order_by(buyer.c.code)).scalars())


def test_nothing_said_is_nothing_seen(database: Database) -> None:
    assert seen(database) == []
    for sees in (NOTHING, DOOR, only("buyer", ""), only("facility_officer", "RIVAL"), "buyer", "RIVAL"):
        assert seen(database, sees) == [], sees


def test_a_principal_never_comes_into_the_next_transaction_of_a_connection(database: Database) -> None:
    everybody = ["CHEWY-LOUIS", "RIVAL"]
    for _ in range(3):
        assert seen(database, BUYER) == ["CHEWY-LOUIS"]
        assert seen(database) == []
        assert seen(database, ALL) == everybody
        assert seen(database, only("buyer", "RIVAL")) == ["RIVAL"]
        assert seen(database, SERVICE) == everybody
        with pytest.raises(ProgrammingError), database.transaction(sees=SERVICE) as session:
            session.execute(text("SELECT no_such_column FROM buyer"))
        assert seen(database) == []


def test_what_is_not_ones_own_is_neither_written_nor_changed(database: Database) -> None:
    with database.transaction(sees=BUYER) as session:
        changed = session.execute(text("UPDATE buyer SET name = 'taken' RETURNING code")).scalars().all()
    assert changed == ["CHEWY-LOUIS"]
    with (
        pytest.raises(DBAPIError, match="row-level security"),
        database.transaction(sees=BUYER) as session,
    ):
        session.execute(insert(buyer).values(code="THIRD", name="", particulars={}))
    assert seen(database, SERVICE) == ["CHEWY-LOUIS", "RIVAL"]


def test_a_rule_about_all_sees_all_only_as_long_as_it_says_so(database: Database) -> None:
    count = text("SELECT count(*) FROM buyer")
    with database.transaction(sees=BUYER) as session:
        with as_the_service(session):
            assert session.execute(count).scalar_one() == 2
        assert session.execute(count).scalar_one() == 1
        with pytest.raises(Refused), as_the_service(session):
            raise Refused("It may not be.")
        assert session.execute(count).scalar_one() == 1


def test_the_owner_needs_to_say_so_too(database: Database, addresses: Addresses) -> None:
    for sees, codes in ((NOTHING, []), (SERVICE, ["CHEWY-LOUIS", "RIVAL"])):
        owner = Database(addresses.owner_urls["orders"], sees=sees, pool_size=1)
        assert seen(owner) == codes
        owner.close()


def test_staff_see_nobodys_keys_people_or_kept_answers(database: Database) -> None:
    with database.transaction(sees=SERVICE) as session:
        add_person(session, email="a@kendi.example", name="A", role=KANWIL, account=None, password="x" * 12)
        session.execute(
            text("INSERT INTO idempotency_key VALUES ('key:a', '1', '', 200, '{}', 'secret', now())")
        )
    for sees in (ALL, BUYER, NOTHING):
        with database.transaction(sees=sees, principal="key:b") as session:
            assert session.execute(select(person)).all() == []
            assert session.execute(text("SELECT * FROM idempotency_key")).all() == []
    with database.transaction(sees=BUYER, principal="key:a") as session:
        assert session.execute(text("SELECT body FROM idempotency_key")).scalar_one() == "secret"
