"""``kendi purge``: what is due by the rules goes from all services, what is not stays, and both are told."""

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text

from kendi.cli import main
from kendi.doctor import summary
from kendi.servers import Addresses
from services.production.handlers import closing, people, premi
from services.production.storage import premi_lot, worker
from shared import reference
from shared.database import Database
from tests.carrying import Services
from tests.production.test_erasing import texts
from tests.production.workforce import some_workers, worked

RULES = reference.FOLDER / "retention.yaml"
LATER = date(2040, 1, 1)
OF_WORKERS = ("premi_by_worker", "worker_hours", "consents", "codes_and_eligibility")


class Kendi:
    """The command over the three services, whose clocks stand in a later year."""

    def __init__(self, services: Services) -> None:
        self.services = services
        urls = services.addresses.app_urls
        self.environment = {f"KENDI_{name.upper()}_DATABASE_URL": url for name, url in urls.items()}

    @property
    def production(self) -> Database:
        return self.services.databases["production"]

    def run(self, *arguments: str, **more: Any) -> Result:
        return CliRunner().invoke(main, [*arguments], env=self.environment, **more)

    def purge(self, *arguments: str) -> dict[str, Any]:
        answer = self.run("purge", *arguments, "--json")
        assert answer.exit_code == 0, answer.output
        told: dict[str, Any] = json.loads(answer.output)
        told["rules"] = {rule["kind"]: rule for rule in told["rules"]}
        return told

    def until(self, day: date) -> None:
        """Let that day come."""
        for database in self.services.databases.values():
            with database.transaction() as session:
                ahead = text(
                    "UPDATE business_clock SET ahead = CAST(:day AS timestamptz) - clock_timestamp()"
                )
                session.execute(ahead, {"day": f"{day} 12:00+07"})
        with self.production.transaction() as session:
            closing.tell_closed_months(session)


@pytest.fixture
def kendi(addresses: Addresses, database_of: Callable[[str], Database]) -> Kendi:
    return Kendi(Services.empty(addresses, database_of))


@pytest.fixture
def codes(kendi: Kendi) -> list[str]:
    """Six who worked on a lot, were paid and left; a seventh is there still."""
    services = kendi.services
    services.place()
    services.carry()
    services.make()
    services.carry()
    with kendi.production.transaction() as session:
        lot = session.execute(select(premi_lot).order_by(premi_lot.c.lot)).first()
        assert lot is not None
        team = some_workers(session, 7, lot.facility)
        worked(session, dict.fromkeys(team.values(), 120), lot.work_order_id, facility=lot.facility)
        for each in session.execute(
            select(premi_lot.c.lot).where(premi_lot.c.work_order_id == lot.work_order_id)
        ).scalars():
            premi.share(session, facility=lot.facility, lot=each)
        gone = sorted(team)[:6]
        ids = [team[code] for code in gone]
        premi.pay(session, facility=lot.facility, worker_id=ids[0], idr=500)
        people.leave(session, facility=lot.facility, workers=ids)
    return gone


def test_after_a_purge_nothing_of_them_is_there_and_the_audit_finds_nothing(
    kendi: Kendi, codes: list[str]
) -> None:
    kendi.until(LATER)
    before = kendi.purge("--dry-run")
    told = kendi.purge()
    for kind in OF_WORKERS:
        rule = told["rules"][kind]
        assert (rule["people"], rule["kept"]) == (6, {"still_here": None}), kind
        assert rule["erased"] == before["rules"][kind]["erased"] == rule["aggregated"] > 0
        assert (rule["before"], rule["kept_for"]) == ("2035-01-01", "5 years")
    assert (told["dry_run"], before["dry_run"], before["premi"]) == (False, True, [])
    everything = {name: texts(database) for name, database in kendi.services.databases.items()}
    spoken = json.dumps(told) + kendi.run("purge").output
    for code in codes:
        assert [name for name, all in everything.items() if code in all] == []
        assert code not in spoken
    assert summary(kendi.services.addresses.app_urls).good
    assert [(cell["kind"], cell["people"]) for cell in told["premi"]] == [("shared", 6)]
    assert told["premi_not_told"] == 0
    again = kendi.purge()
    assert sum(rule["erased"] for rule in again["rules"].values()) == 0


def test_a_purge_says_what_went_and_what_remains(kendi: Kendi, codes: list[str]) -> None:
    kendi.until(LATER)
    said = kendi.run("purge").output
    assert "- worker_hours, version 1: 6 erased of 6 workers, their sums remain; kept for 5 years" in said
    assert "kept, still here: fewer than 5" in said
    assert re.search(r"    LPS-\w+ 20\d\d-\d\d, scheme [0-9a-f-]{36}: [\d,]+ of 6$", said, re.M)


def test_a_dry_run_changes_nothing_and_may_look_ahead(kendi: Kendi, codes: list[str]) -> None:
    before = {name: sorted(texts(each).splitlines()) for name, each in kendi.services.databases.items()}
    told = kendi.purge("--dry-run", "--on", str(LATER))
    rule = told["rules"]["worker_hours"]
    assert (told["on"], rule["erased"], rule["people"]) == (str(LATER), 6, 6)
    after = {name: sorted(texts(each).splitlines()) for name, each in kendi.services.databases.items()}
    assert after == before


def test_a_day_to_come_is_refused(kendi: Kendi) -> None:
    answer = kendi.run("purge", "--on", str(LATER))
    assert answer.exit_code == 1
    assert answer.stderr == "kendi: 2040-01-01 is still to come: give --dry-run to see what will be due.\n"


def test_a_purge_of_one_service_alone_is_refused(kendi: Kendi, tmp_path: Path) -> None:
    del kendi.environment["KENDI_LOGISTICS_DATABASE_URL"]
    answer = kendi.run("purge", "--data", str(tmp_path))
    assert (answer.exit_code, "logistics" in answer.stderr) == (1, True), answer.output


def test_a_bad_file_is_refused_and_nothing_goes(kendi: Kendi, codes: list[str], tmp_path: Path) -> None:
    kendi.until(LATER)
    spoiled = tmp_path / "retention.yaml"
    spoiled.write_text(RULES.read_text().replace("{years: 5}", "{years: -5}", 1))
    answer = kendi.run("purge", "--rules", str(spoiled))
    assert answer.exit_code == 1
    assert "retention.yaml:24: worker_hours, kept_for.years: must be a whole number" in answer.stderr
    assert codes[0] in texts(kendi.production)


def test_a_rule_erases_nothing_before_its_day(kendi: Kendi, codes: list[str], tmp_path: Path) -> None:
    kendi.until(LATER)
    changed = tmp_path / "retention.yaml"
    changed.write_text(RULES.read_text().replace("valid_from: 2026-01-01", "valid_from: 2040-01-02"))
    told = kendi.purge("--rules", str(changed))
    assert {rule["note"] for rule in told["rules"].values()} == {"not in force before 2040-01-02"}
    assert codes[0] in texts(kendi.production)


def test_who_is_held_is_kept_until_the_hold_is_lifted(kendi: Kendi, codes: list[str]) -> None:
    kendi.until(LATER)
    with kendi.production.transaction() as session:
        of = select(worker.c.facility).where(worker.c.code == codes[0])
        facility = session.execute(of).scalar_one()
    placed = kendi.run(
        *("hold", "place", "--facility", facility, "--worker", "--reason", "An inquiry."), input=codes[0]
    )
    assert (placed.exit_code, codes[0] in placed.output) == (0, False), placed.output
    said = kendi.run("purge", "--dry-run").output
    assert "kept, a legal hold: fewer than 5" in said
    told = kendi.purge()
    assert told["rules"]["codes_and_eligibility"]["kept"] == {"still_here": None, "legal_hold": None}
    everything = texts(kendi.production)
    assert [cell["people"] for cell in told["premi"]] == [5]
    assert [code in everything for code in codes] == [True, *[False] * 5]
    assert f"1  {facility}, one worker, since" in kendi.run("hold", "list").output
    assert kendi.run("hold", "lift", "1").exit_code == 0
    assert kendi.run("hold", "lift", "1").stderr == "kendi: There is no hold 1 that stands.\n"
    kendi.purge()
    assert codes[0] not in texts(kendi.production)
    assert kendi.run("hold", "list").output == "none\n"


def test_the_report_says_of_each_rule_what_it_rests_on(kendi: Kendi, codes: list[str]) -> None:
    kendi.until(LATER)
    said = kendi.run("purge", "--dry-run").output
    assert "consents, version 1: 12 would be erased of 6 workers, their sums remain" in said
    assert "kept for 5 years after left and settled (to be fixed by the owner; assumption)" in said
    assert "- sessions, version 1: erased by the services themselves, 12 hours after made" in said
    assert "- customs_papers, version 1: kept. Invoices" in said
    assert "- statements, version 1: None is stored" in said
    assert said.endswith("Nothing was erased.\n")
