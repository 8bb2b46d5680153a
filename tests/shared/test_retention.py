"""Each kind of data about people has one rule, each table with such data a kind, and bad rules are refused by name."""

import importlib
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import LargeBinary, Table

from services.orders.handlers import forgetting
from services.orders.webhooks import keeping
from shared import reference
from shared.card import all_cards
from shared.migrating import metadata_of
from shared.retention import JOB, KINDS, NOBODY, PURGE, Period
from shared.web.tables import KEY_KEPT, SESSION_AGE, TRIES_KEPT

FILE = reference.FOLDER / "retention.yaml"
RULES = {rule.kind: rule for rule in reference.retention_rules()}

PERSONAL = re.compile(
    r"worker_id|person_id|email|principal|actor|device|token|address|consignee\w*|particulars|identity"
    r"|\w+_identity|\w*signer\w*|(\w+_)?by(_name)?|asked_by"
)
"""Columns that say who, or where somebody is."""
NOT_OF_PEOPLE = {
    "production.facility": "the address of an institution, and whether the office set its day",
    "logistics.facility": "the address of an institution",
    "logistics.milestone": "steps",
    "logistics.cut_off": "which step meets it",
    "orders.item_image": "goods",
    "production.report": "a number that a browser drew for itself, so that no tap counts twice",
}
BY_THE_CODE = {
    "idempotency_keys": KEY_KEPT,
    "sessions": SESSION_AGE,
    "sign_in_tries": TRIES_KEPT,
    "webhook_log": keeping.KEPT,
    "quotes": f"{forgetting.QUOTE_KEPT.days} days",
    "file_previews": forgetting.PREVIEW_KEPT,
}


def all_tables() -> Iterator[tuple[str, str, Table]]:
    """Each table with its service, and with its name as kinds have it."""
    for service in sorted(all_cards()):
        shared, own = metadata_of(service)
        yield from ((service, f"*.{table.name}", table) for table in shared.tables.values())
        for table in own.tables.values():
            every = f"*.{table.name}"
            named = (
                every if any(every in kind.tables for kind in KINDS.values()) else f"{service}.{table.name}"
            )
            yield service, named, table


def is_about_people(table: Table) -> bool:
    return any(
        PERSONAL.fullmatch(column.name) or isinstance(column.type, LargeBinary) for column in table.columns
    )


def test_each_table_with_what_is_about_people_has_a_rule() -> None:
    with_a_rule = {name for kind in RULES for name in KINDS[kind].tables}
    about_people = {name for _, name, table in all_tables() if is_about_people(table)}
    assert len(about_people) > 20, "else the test sees nothing"
    without = about_people - with_a_rule - NOT_OF_PEOPLE.keys()
    assert without == set(), "let a kind of shared/retention.py name them, and give it a rule"


def test_kinds_name_tables_that_there_are() -> None:
    there = {name for _, name, _ in all_tables()}
    assert {name for kind in KINDS.values() for name in kind.tables} - there == set()


def test_a_column_of_workers_is_noticed_in_a_table_without_a_rule() -> None:
    noticed = {name for _, name, table in all_tables() if is_about_people(table)}
    assert {"production.hours_entry", "production.consent", "production.premi_line"} <= noticed
    assert {"production.worker_read", "orders.signature", "orders.order_line", "*.person"} <= noticed


def test_what_the_services_erase_themselves_is_kept_as_long_as_the_file_says() -> None:
    assert {kind for kind, about in KINDS.items() if about.by == JOB} == BY_THE_CODE.keys()
    assert {kind: str(RULES[kind].kept_for) for kind in BY_THE_CODE} == BY_THE_CODE


def test_whatever_a_purge_erases_one_service_knows_how() -> None:
    known = [
        kind
        for service in all_cards()
        for kind in importlib.import_module(f"services.{service}.handlers.erasing").ERASERS
    ]
    assert sorted(known) == sorted(kind for kind, about in KINDS.items() if about.by == PURGE)


def test_papers_of_customs_and_accounts_are_never_purged() -> None:
    for kind in ("customs_papers", "accounting_papers"):
        assert (RULES[kind].then, RULES[kind].kept_for, KINDS[kind].by) == ("keep", None, NOBODY)


def test_no_period_that_a_purge_goes_by_claims_to_be_law() -> None:
    for rule in RULES.values():
        if KINDS[rule.kind].by == PURGE:
            assert (rule.certainty, rule.basis) == ("assumption", "to be fixed by the owner"), rule.kind


HOURS = "kind: worker_hours\n    version: 1\n    valid_from: 2026-01-01\n    kept_for: {years: 5}"
KEPT = "kind: customs_papers\n    version: 1\n    valid_from: 2026-01-01\n    then: keep"
WRONG = [
    ("kind: worker_hours", "kind: shoe_sizes", "shoe_sizes, kind: must be one of"),
    (
        "kind: worker_hours",
        "kind: consents",
        'consents, kind: must be the only one of its kind, was "consents"',
    ),
    ("kind: drafts", "kind: events", "rules: has no rule for drafts"),
    ("counted_from: read\n", "counted_from: birth\n", "reads_of_workers, counted_from: must be one of"),
    (
        "counted_from: read\n",
        "counted_from: delivered\n",
        "reads_of_workers, counted_from: must be read for reads_of_workers, was delivered",
    ),
    (
        HOURS,
        HOURS.replace("5}", "-5}"),
        "worker_hours, kept_for.years: must be a whole number of years above 0",
    ),
    (
        HOURS,
        HOURS.replace("5}", "0}"),
        "worker_hours, kept_for.years: must be a whole number of years above 0",
    ),
    (
        HOURS,
        HOURS.replace("{years: 5}", "{years: 5, days: 1}"),
        "worker_hours, kept_for.days: must stand alone, was beside years",
    ),
    (HOURS, HOURS.replace("{years: 5}", "{}"), "worker_hours, kept_for.years: is missing; give one of"),
    (HOURS, HOURS.replace("{years: 5}", "{hours: 5}"), "worker_hours, kept_for: must be in years or days"),
    (HOURS, HOURS.replace("{years: 5}", "for ever"), "worker_hours, kept_for: must be a mapping of fields"),
    (HOURS, HOURS.replace("5}", "4}"), "worker_hours, kept_for: must be as long as that of premi_by_worker"),
    (HOURS, HOURS.replace("    kept_for: {years: 5}", ""), "worker_hours, kept_for: is missing"),
    (KEPT, KEPT.replace("keep", "erase"), "customs_papers, then: must be keep for customs_papers, was erase"),
    (KEPT, KEPT + "\n    kept_for: {years: 1}", "customs_papers, kept_for: must be left out"),
    (KEPT, KEPT.replace("2026-01-01", "soon"), "customs_papers, valid_from: must be a date"),
    (KEPT, KEPT + "\n    colour: red", "customs_papers, colour: is no field of this row"),
]


@pytest.mark.parametrize(("right", "wrong", "said"), WRONG)
def test_a_bad_rule_is_refused_by_its_kind_and_field(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    text = FILE.read_text()
    assert text.count(right) >= 1
    spoiled = tmp_path / "retention.yaml"
    spoiled.write_text(text.replace(right, wrong, 1))
    with pytest.raises(reference.BadReference, match=re.escape(said)):
        reference.retention_rules_in(spoiled)


DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))


@given(day=DAYS, years=st.integers(1, 40))
def test_years_end_on_the_same_day_of_the_year(day: date, years: int) -> None:
    """The last day on which it is kept is that of the year, or 28 February after a leap day."""
    try:
        last = day.replace(year=day.year + years)
    except ValueError:
        last = day.replace(year=day.year + years, day=28)
    period = Period(years, "years")
    assert not day < period.before(last - timedelta(days=1))
    assert day < period.before(last + timedelta(days=2))


@given(day=DAYS, days=st.integers(1, 9_999))
def test_days_are_counted_to_the_day(day: date, days: int) -> None:
    last = day + timedelta(days=days)
    assert not day < Period(days, "days").before(last)
    assert day < Period(days, "days").before(last + timedelta(days=1))
