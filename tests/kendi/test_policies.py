"""``kendi policy``: what may go where, explained, and what new rules would change before they are published."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from kendi.cli import main
from kendi.servers import Addresses
from services.orders.handlers import REACTIONS
from services.orders.handlers.placing import place_order
from services.orders.loading import load, load_policies, versions_in
from services.orders.storage import caught_line, destination_policy
from services.production.storage import facility
from shared import reference
from shared.database import Database
from tests.clock import in_days
from tests.conftest import REPOSITORY
from tests.hearing import Hearing
from tests.orders.conftest import CONSIGNEE, a_line
from tests.orders.test_handlers import Followed

BALL = ("--sku", "CR-BALL-07")


class Kendi:
    """The command over a database of orders with the policies that are shipped."""

    def __init__(self, database: Database, environment: dict[str, str]) -> None:
        self.database, self.environment = database, environment
        with database.transaction() as session:
            load(session, reference.FOLDER)
            load_policies(session, versions_in(reference.destinations()), by="legal")

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, ["policy", *arguments], env=self.environment)

    def said(self, *arguments: str) -> Any:
        answer = self.run(*arguments, "--json")
        assert answer.exit_code == 0, answer.output
        return json.loads(answer.output)

    def check(self, destination: str, lane: str, *more: str) -> Any:
        return self.said("check", "--destination", destination, *BALL, "--lane", lane, *more)

    def published(self) -> list[Any]:
        """Every version that was ever published, and until when it counted."""
        with self.database.transaction() as session:
            key = destination_policy.c.id, destination_policy.c.version
            return list(session.execute(select(destination_policy).order_by(*key)).all())

    def place(self, po_number: str, country: str) -> Any:
        line = a_line(consignee=CONSIGNEE | {"country": country})
        line["requested_date"] = in_days(300)
        with self.database.transaction() as session:
            return place_order(
                session,
                buyer="CHEWY-LOUIS",
                placed_by="key:1",
                po_number=po_number,
                currency="USD",
                incoterm="FCA",
                named_place="CY Tanjung Emas",
                lines=[line],
            ).id


@pytest.fixture
def kendi(addresses: Addresses, database_of: Callable[[str], Database]) -> Kendi:
    environment = {"KENDI_ORDERS_DATABASE_URL": addresses.app_urls["orders"], "COLUMNS": "0"}
    return Kendi(database_of("orders"), environment)


def test_an_answer_names_its_rules_and_law_and_says_why_the_others_do_not_count(kendi: Kendi) -> None:
    blocked = kendi.check("US", "custodial")
    assert {name: blocked[name] for name in ("action", "releasable", "needs", "rules", "law")} == {
        "action": "block",
        "releasable": False,
        "needs": [],
        "rules": ["DP-US-1.v3"],
        "law": ["19 USC 1307", "18 USC 1761-1762", "19 CFR 12.42-12.45"],
    }
    why = {rule["rule"]: (rule["counts"], rule["why"]) for rule in blocked["considered"]}
    assert why["DP-US-1.v3"][0] is True
    assert why["DP-US-2.v1"] == (False, ["it is about another lane"])
    assert why["DP-ANY.v1"] == (False, ["it covers what no other rule does, and others do"])
    assert len(why) == 12
    assert kendi.check("BE", "custodial", "--on", "2027-12-13")["rules"] == ["DP-EU-1.v1"]
    assert kendi.check("BE", "custodial", "--on", "2027-12-14")["rules"] == ["DP-EU-2.v1"]
    assert kendi.check("BE", "custodial", "--transit", "SG", "--transit", "US")["action"] == "block"
    nowhere = kendi.check("ZZ", "free")
    assert nowhere["rules"] == ["DP-FREE-1.v1", "UNKNOWN-COUNTRY.v1"]
    assert [rule["rule"] for rule in nowhere["considered"] if rule["counts"]] == nowhere["rules"]
    assert kendi.check("NZ", "free", "--seller", "CHEWY-LOUIS")["action"] == "block"


def test_an_answer_can_be_read_out(kendi: Kendi) -> None:
    said = kendi.run(
        "check", "--destination", "BE", *BALL, "--lane", "custodial", "--on", "2026-12-01"
    ).output
    assert said.splitlines()[0] == "To BE on 1 December 2026, custodial: held until two people release it."
    for sentence in (
        "The route is not known; it is looked at again when a shipment is booked.",
        "A release needs DOSSIER, BUYER_ACK.",
        "Law: Regulation (EU) 2024/3015; ILO Convention 29 art. 2(2)(c).",
        "- DP-US-1.v3 (block) does not count: it is about other countries; the route is not known yet",
        "This system does not decide that goods may be imported.",
    ):
        assert sentence in said


def test_without_a_rule_everything_is_held_and_what_is_asked_wrongly_is_told(kendi: Kendi) -> None:
    with kendi.database.transaction() as session:
        session.execute(destination_policy.delete())
    assert kendi.check("ID", "free")["action"] == "hold"
    unknown = kendi.run("check", "--destination", "BE", "--sku", "NO-SUCH", "--lane", "free")
    assert (unknown.exit_code, "The catalogue has no NO-SUCH" in unknown.stderr) == (1, True)
    unknown = kendi.run("check", "--destination", "BE", *BALL, "--lane", "free", "--seller", "NO-SUCH")
    assert (unknown.exit_code, "There is no seller NO-SUCH; give one of CHEWY" in unknown.stderr) == (1, True)
    both = kendi.run("check", "--destination", "BE", *BALL, "--lane", "free", "--direct", "--transit", "SG")
    assert (both.exit_code, "not both" in both.stderr) == (2, True)


BAD_FILES: dict[str, Callable[[str], str]] = {
    "action": lambda rules: rules.replace("action: block", "action: stop", 1),
    "countries": lambda rules: rules.replace("dest: EU27", "dest: EU99", 1),
    "no YAML": lambda rules: rules + "\n  - {",
    "empty": lambda rules: "",
}


@pytest.mark.parametrize("broken", BAD_FILES)
def test_a_file_of_policies_that_can_not_be_read_is_refused_and_the_rules_in_force_stay(
    kendi: Kendi, tmp_path: Path, broken: str
) -> None:
    before = kendi.check("US", "custodial")
    file = Path(shutil.copy(REPOSITORY / "reference" / "destinations.yaml", tmp_path))
    shipped = file.read_text()
    file.write_text(BAD_FILES[broken](shipped))
    assert file.read_text() != shipped
    refused = kendi.run("diff", str(file))
    assert (refused.exit_code, "destinations.yaml" in refused.stderr) == (1, True), refused.output
    assert "Traceback" not in refused.stderr and len(refused.stderr.splitlines()) < 20
    assert kendi.check("US", "custodial") == before


BAD_FOLDERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "absent": (Path.unlink, "destinations.yaml: can't be read: No such file or directory"),
    "not UTF-8": (lambda file: file.write_bytes(b"\xff\xfe"), "destinations.yaml: must be text in UTF-8"),
    "action": (
        lambda file: file.write_text(BAD_FILES["action"](file.read_text())),
        'action: must be one of allow, hold, block, was "stop"',
    ),
    "countries": (
        lambda file: file.write_text(BAD_FILES["countries"](file.read_text())),
        'was "EU99"',
    ),
}


@pytest.mark.parametrize("broken", BAD_FOLDERS)
def test_a_folder_whose_policies_can_not_be_read_loads_nothing_and_the_rules_in_force_stay(
    kendi: Kendi,
    addresses: Addresses,
    database_of: Callable[[str], Database],
    tmp_path: Path,
    broken: str,
) -> None:
    production = database_of("production")
    database_of("logistics")
    urls = {f"KENDI_{name.upper()}_MIGRATE_DATABASE_URL": url for name, url in addresses.owner_urls.items()}
    before = kendi.check("US", "custodial"), kendi.published()
    folder = Path(shutil.copytree(reference.FOLDER, tmp_path / "reference"))
    spoil, said = BAD_FOLDERS[broken]
    spoil(folder / "destinations.yaml")
    refused = CliRunner().invoke(main, ["load", str(folder)], env=urls)
    assert (refused.exit_code, refused.stdout) == (1, ""), refused.output
    assert "reference/destinations.yaml" in refused.stderr and said in refused.stderr
    assert type(refused.exception) is SystemExit, "no trace of a failure that nobody thought of"
    assert (kendi.check("US", "custodial"), kendi.published()) == before
    with production.transaction() as session:
        assert session.execute(select(facility)).all() == []


def test_a_difference_tells_what_would_be_caught_and_changes_nothing(kendi: Kendi, tmp_path: Path) -> None:
    _, free, sails = (kendi.place(f"PO-{n}", country) for n, country in enumerate(("GB", "ID", "ID"), 1))
    followed = Followed(None, Hearing(kendi.database, REACTIONS), sails)
    followed.hears(*followed.story()[:-1])
    file = Path(shutil.copy(REPOSITORY / "reference" / "destinations.yaml", tmp_path))
    shipped = file.read_text()
    before, home, after = shipped.partition("  - id: DP-ID-1\n    version: 1\n")
    after = after.replace(
        "action: allow\n    releasable: false\n    law: []",
        "action: hold\n    releasable: true\n    released_by: [compliance_officer, kanwil]\n"
        "    needs: [DOSSIER]\n    law: [A law]",
        1,
    )
    file.write_text(before + home.replace("version: 1", "version: 2") + after)
    answer = kendi.said("diff", str(file))
    assert [(line["order_id"], line["before"], line["after"]) for line in answer["lines"]] == [
        (str(free), "allow", "hold"),
        (str(sails), "allow", "hold"),
    ]
    assert (answer["caught"], [line["at_sea"] for line in answer["at_sea"]]) == (2, [1_000])
    assert answer["lines"][0]["rules"] == ["DP-ID-1.v2"] and answer["lines"][0]["release_ends"]
    said = kendi.run("diff", str(file)).output
    assert said.startswith("2 open lines would be caught; 1 of them have goods at sea.")
    today = f"{in_days(0).day} {in_days(0):%B %Y}"
    assert f"PO-2 line 1, CR-BALL-07 to ID, on {today}: allow → hold, would be held by DP-ID-1.v2" in said
    assert kendi.said("diff", str(REPOSITORY / "reference" / "destinations.yaml"))["lines"] == []
    with kendi.database.transaction() as session:
        assert session.execute(select(caught_line)).all() == []
    from_then = home.replace("DP-ID-1", "DP-ID-2") + after.partition("\n\n")[0]
    from_then = from_then.replace("    owner:", f"    valid_from: {in_days(30)}\n    owner:") + "\n\n"
    file.write_text(before + from_then + shipped.removeprefix(before))
    later = kendi.said("diff", str(file))
    assert (later["caught"], len(later["at_sea"])) == (2, 1)
    assert {(line["on"], line["after"]) for line in later["lines"]} == {(in_days(30).isoformat(), "hold")}
    day = f"{in_days(30).day} {in_days(30):%B %Y}"
    assert f"PO-2 line 1, CR-BALL-07 to ID, on {day}: allow → hold" in kendi.run("diff", str(file)).output
    file.write_text(before + from_then + home.replace("version: 1", "version: 2") + after)
    twice = kendi.said("diff", str(file))
    assert [line["on"] for line in twice["lines"] if line["order_id"] == str(sails)] == [
        in_days(days).isoformat() for days in (0, 30)
    ]
    assert (twice["caught"], [line["at_sea"] for line in twice["at_sea"]]) == (2, [1_000])
    said = kendi.run("diff", str(file)).output
    assert said.startswith("2 open lines would be caught; 1 of them have goods at sea.")
    assert said.count(": 1000 pieces") == 1
    file.write_text(shipped.replace("action: block", "action: hold", 1))
    assert "releasable" in kendi.run("diff", str(file)).stderr
    file.write_text(shipped.replace("19 USC 1307", "19 USC 1308", 1))
    refused = kendi.run("diff", str(file))
    assert "DP-US-1.v3 was published with another law; a change takes version 4." in refused.stderr
