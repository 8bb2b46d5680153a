"""Each kind of bad row is named by its line, with what would be right, and nothing of its file is taken."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shared import reference

READERS: dict[str, Callable[[Path], Any]] = {
    "catalogue.yaml": reference.catalogue,
    "facilities.yaml": reference.facilities,
    "destinations.yaml": reference.destinations,
    "documents.yaml": reference.document_rules,
    "milestones.yaml": reference.milestones,
    "ports.yaml": reference.ports,
    "shipping.yaml": reference.shipping,
    "parties.yaml": reference.buyers,
    "premi.yaml": reference.premi,
}


class Copy:
    """A copy of the shipped files, in which a test may spoil something."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "reference"
        shutil.copytree(reference.FOLDER, self.folder)

    def spoil(self, file: str, right: str, wrong: str) -> int:
        """Put ``wrong`` for the first ``right``; returns the line on which it begins."""
        path = self.folder / file
        before, found, after = path.read_text().partition(right)
        assert found, f"{right!r} is not in {file}"
        path.write_text(before + wrong + after)
        return before.count("\n") + 1

    def refusal(self, file: str) -> str:
        with pytest.raises(reference.BadReference) as refused:
            READERS[file](self.folder)
        return str(refused.value)


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


WRONG_VALUES = [
    (
        "catalogue.yaml",
        "labour_minutes: 14",
        "labour_minutes: -5",
        "a whole number of minutes above 0, was -5",
    ),
    (
        "catalogue.yaml",
        "labour_minutes: 14",
        "labour_minutes: yes",
        'a whole number of minutes above 0, was "yes"',
    ),
    (
        "catalogue.yaml",
        "labour_minutes: 14",
        "labour_minutes:",
        "a whole number of minutes above 0, was empty",
    ),
    (
        "catalogue.yaml",
        "labour_minutes: 14",
        "labour_minutes: true",
        "a whole number of minutes above 0, was true",
    ),
    (
        "premi.yaml",
        'worker_pct: "50"',
        'worker_pct: "51"',
        "must add up to 100 with capital_pct and state_pct",
    ),
    ("premi.yaml", 'worker_pct: "50"', 'worker_pct: "-1"', "a percentage from 0 to 100 in quotes"),
    ("premi.yaml", "idr: 2943", "idr: 2943.5", "a whole number of rupiah above 0"),
    ("premi.yaml", "approved_by_role: kanwil", "approved_by_role: partner", "one of kanwil, facility_head"),
    ("premi.yaml", "LPS-KLT/2025", "LPS-XXX/2025", "must be one of DEMO-PKS"),
    ("catalogue.yaml", 'fob_usd: "0.55"', "fob_usd: 0.55", "dollars and cents above 0 in quotes"),
    ("catalogue.yaml", 'fob_usd: "0.55"', 'fob_usd: "0.555"', 'was "0.555"'),
    ("catalogue.yaml", 'fob_usd: "0.55"', 'fob_usd: "0"', "above 0"),
    ("catalogue.yaml", 'fob_usd: "0.55"', 'fob_usd: "NaN"', 'was "NaN"'),
    ("catalogue.yaml", 'gross_weight_kg: "9.2"', 'gross_weight_kg: "25.1"', "up to 25"),
    ("catalogue.yaml", 'gross_weight_kg: "9.2"', 'gross_weight_kg: "9.20001"', 'was "9.20001"'),
    (
        "catalogue.yaml",
        "carton_cm: [60, 40, 40]",
        "carton_cm: [60, 40]",
        "length, width and height in centimetres",
    ),
    ("catalogue.yaml", 'hs6: "5609.00"', "hs6: 5609.00", "six digits of the tariff in quotes"),
    (
        "catalogue.yaml",
        "hs_status: similar_ruled",
        "hs_status: sure",
        "one of provisional, similar_ruled, ruled",
    ),
    (
        "catalogue.yaml",
        'gtin: "9529900001012"',
        'gtin: "9529900001013"',
        "must be 9529900001012, which ends in",
    ),
    ("catalogue.yaml", 'gtin: "9529900001012"', 'gtin: "8991234567890"', "begin with 952"),
    ("catalogue.yaml", "materials: [coir]", "materials: []", "a list of 1 or more, was []"),
    ("catalogue.yaml", "materials: [coir]", "materials: [coir, coir]", "must not name anything twice"),
    ("catalogue.yaml", "materials: [coir]", "materials: [hemp]", "must be one of bamboo, "),
    ("facilities.yaml", "lane: parole_community", "lane: voluntary", "one of custodial, "),
    (
        "facilities.yaml",
        "kind: lapas",
        "kind: prison",
        'one of lapas, rutan, lpka, bapas, workshop, was "prison"',
    ),
    (
        "facilities.yaml",
        'gln: "9529900000107"',
        'gln: "9529900000108"',
        "must be 9529900000107, which ends in",
    ),
    ("facilities.yaml", "open_minutes: 360", "open_minutes: 480", "and up to 420, was 480"),
    ("facilities.yaml", "producing: true", "producing: maybe", 'true or false, was "maybe"'),
    ("facilities.yaml", "class: IIA", "class: IV", "one of I, II, IIA, IIB, III"),
    ("destinations.yaml", "valid_from: 1930-06-17", "valid_from: long ago", "a date such as 2026-07-01"),
    (
        "destinations.yaml",
        "dest: [GB]",
        "dest: [UK]",
        'ISO 3166-1 such as BE, or a group (EU27, US-PORTS), was "UK"',
    ),
    ("destinations.yaml", "dest: EU27", "dest: EU28", 'was "EU28"'),
    ("destinations.yaml", "action: block", "action: stop", 'one of allow, hold, block, was "stop"'),
    ("destinations.yaml", "releasable: false", "releasable: true", "must be false where the action is block"),
    (
        "destinations.yaml",
        "released_by: [compliance_officer, kanwil]",
        "released_by: [kanwil]",
        "must be both",
    ),
    ("destinations.yaml", "needs: [DOSSIER, BUYER_ACK]", "needs: [dossier]", "a kind of evidence"),
    ("documents.yaml", "blocks: [ORDER_ACCEPTED]", "blocks: [ORDERED]", "must be one of ARRIVED_HUB, "),
    ("documents.yaml", "incoterms: [CIF, CIP]", "incoterms: [CIF, CIFFO]", "one of EXW, FCA, "),
    ("documents.yaml", "materials: [dalbergia, ramin]", "materials: [ramin, oak]", 'was "oak"'),
    (
        "documents.yaml",
        "needed_by: ETD-7",
        "needed_by: ETD-7d",
        'such as ETD-7, CLOSING or ETA-1, was "ETD-7d"',
    ),
    ("documents.yaml", "serves_many: true", "serves_many: maybe", 'true or false, was "maybe"'),
    ("documents.yaml", "treatment: heat", "treatment: water", "one of gas, heat"),
    ("documents.yaml", "made_by_system: true", "made_by_system: 1", "true or false, was 1"),
    ("milestones.yaml", "predecessors: [LOADED]", "predecessors: [LODED]", 'was "LODED"'),
    ("milestones.yaml", "predecessors: [LOADED]", "predecessors: [DELIVERED]", "must not go in a circle"),
    ("milestones.yaml", 'edifact_9011: ["24"]', "edifact_9011: [24]", "was 24"),
    ("milestones.yaml", "moves: departed", "moves: gone", 'one of none, departed, delivered, was "gone"'),
    ("shipping.yaml", "mode: air", "mode: rail", "one of sea_fcl, sea_lcl, air"),
    ("shipping.yaml", "met_by: FUMIGATED", "met_by: SMOKED", "FUMIGATED"),
    ("ports.yaml", "timezone: Asia/Jakarta", "timezone: Asia/Semarang", "a time zone such as Asia/Jakarta"),
    ("ports.yaml", "country: SG", "country: XX", "a country of ISO 3166-1"),
    ("ports.yaml", "country: SG", "country: MY", "must be SG for SGSIN, was MY"),
    ("ports.yaml", "modes: [sea, air]", "modes: [rail]", "one of sea, air"),
    ("parties.yaml", "country: ID", "country: Indonesia", "a country of ISO 3166-1"),
    ("parties.yaml", 'source: "[S]', 'source: "', "a mark and where it is from"),
]


def test_prisoners_alone_work_in_a_prison(copy: Copy) -> None:
    copy.spoil("facilities.yaml", "kind: lapas", "lane: free\n    kind: lapas")
    assert "lane: must be custodial in a lapas, was free" in copy.refusal("facilities.yaml")


@pytest.mark.parametrize(("file", "right", "wrong", "said"), WRONG_VALUES)
def test_a_wrong_value_is_told_with_its_line_its_field_and_what_would_be_right(
    copy: Copy, file: str, right: str, wrong: str, said: str
) -> None:
    line = copy.spoil(file, right, wrong)
    refused = copy.refusal(file).splitlines()[0]
    assert refused.startswith(f"reference/{file}:{line}: ")
    assert right.partition(":")[0] in refused
    assert said in refused


def test_the_message_reads_like_this(copy: Copy) -> None:
    line = copy.spoil("catalogue.yaml", "labour_minutes: 14", "labour_minutes: -5")
    assert copy.refusal("catalogue.yaml") == (
        f"reference/catalogue.yaml:{line}: labour_minutes: must be a whole number of minutes above 0, was -5"
    )


def test_every_bad_row_is_listed_in_the_order_of_the_file(copy: Copy) -> None:
    copy.spoil("catalogue.yaml", "pieces_per_carton: 4\n", "pieces_per_carton: 0\n")
    copy.spoil("catalogue.yaml", "labour_minutes: 14", "labour_minutes: -5")
    copy.spoil("catalogue.yaml", "materials: [cotton]", "materials: [wool]")
    fields = [line.split(": ")[1] for line in copy.refusal("catalogue.yaml").splitlines()]
    assert fields == ["labour_minutes", "materials.0", "pieces_per_carton"]


def test_a_missing_field_is_told_at_its_row(copy: Copy) -> None:
    line = copy.spoil("catalogue.yaml", "    labour_minutes: 14\n", "")
    row = next(
        number
        for number, text in enumerate((copy.folder / "catalogue.yaml").read_text().splitlines(), 1)
        if "CR-BALL-07" in text
    )
    assert row < line
    assert copy.refusal("catalogue.yaml") == (
        f"reference/catalogue.yaml:{row}: labour_minutes: "
        "is missing; it must be a whole number of minutes above 0"
    )


def test_a_field_of_a_part_of_a_row_is_told_at_its_own_line(copy: Copy) -> None:
    line = copy.spoil("facilities.yaml", "family: coffee_wood, workers: 20", "family: coffe_wood, workers: 0")
    refused = copy.refusal("facilities.yaml")
    assert refused.startswith(f"reference/facilities.yaml:{line}: capabilities.1.workers: must be a whole")


def test_a_family_that_no_article_has_is_refused(copy: Copy) -> None:
    line = copy.spoil("facilities.yaml", "family: coffee_wood", "family: coffe_wood")
    assert copy.refusal("facilities.yaml") == (
        f"reference/facilities.yaml:{line}: capabilities.1.family: must be a family of the catalogue "
        "(bamboo, batik, coco_rope, coffee_wood, plastic_strip, rag_mat, rattan, synthetic_rattan), "
        'was "coffe_wood"'
    )


@pytest.mark.parametrize(
    ("file", "before"),
    [
        ("catalogue.yaml", "    family: coco_rope"),
        ("facilities.yaml", "    place: Sragen"),
        ("destinations.yaml", "      delivery_before: 2027-12-14"),
    ],
)
def test_a_field_that_a_row_does_not_know_is_refused_by_name(copy: Copy, file: str, before: str) -> None:
    indent = " " * (len(before) - len(before.lstrip()))
    line = copy.spoil(file, before, f"{indent}colour: brown\n{before}")
    refused = copy.refusal(file)
    assert refused.startswith(f"reference/{file}:{line}: ")
    assert "colour: is no field of this row; its fields are " in refused


def test_the_same_key_in_two_rows_is_refused_with_both_lines(copy: Copy) -> None:
    first = copy.spoil("catalogue.yaml", "sku: CR-BALL-07", "sku: CR-BALL-07")
    second = copy.spoil("catalogue.yaml", "sku: CR-RING-15", "sku: CR-BALL-07")
    assert copy.refusal("catalogue.yaml") == (
        f"reference/catalogue.yaml:{second}: sku: must be the only one of its kind, "
        f'was "CR-BALL-07" as in line {first}'
    )


@pytest.mark.parametrize(
    ("file", "one", "other"),
    [
        ("catalogue.yaml", 'gtin: "9529900001029"', 'gtin: "9529900001012"'),
        ("facilities.yaml", "code: LPS-KLT", "code: LPS-SRG"),
        ("documents.yaml", "code: PKS", "code: PO-PI"),
        ("milestones.yaml", "number: M02", "number: M01"),
        ("ports.yaml", "code: IDTPP", "code: IDSRG"),
    ],
)
def test_what_tells_rows_apart_may_stand_only_once(copy: Copy, file: str, one: str, other: str) -> None:
    first = copy.spoil(file, other, other)
    second = copy.spoil(file, one, other)
    assert copy.refusal(file).startswith(
        f"reference/{file}:{second}: {one.partition(':')[0]}: must be the only"
    )
    assert f"line {first}" in copy.refusal(file)


def test_a_field_that_stands_twice_in_a_row_is_refused_with_both_lines(copy: Copy) -> None:
    line = copy.spoil("catalogue.yaml", "    labour_minutes: 14\n", "    labour_minutes: 14\n" * 2)
    assert copy.refusal("catalogue.yaml") == (
        f"reference/catalogue.yaml:{line + 1}: labour_minutes: must stand once in its row, "
        f"was already in line {line}"
    )


def test_a_policy_may_not_end_before_it_begins(copy: Copy) -> None:
    line = copy.spoil("destinations.yaml", "    valid_from: 1930-06-17\n", "    valid_from: 1930-06-17\n")
    copy.spoil(
        "destinations.yaml",
        "    valid_from: 1930-06-17\n",
        "    valid_from: 1930-06-17\n    valid_to: 1930-06-16\n",
    )
    assert copy.refusal("destinations.yaml") == (
        f"reference/destinations.yaml:{line + 1}: valid_to: "
        "must be on or after valid_from 1930-06-17, was 1930-06-16"
    )


def test_two_versions_of_a_policy_may_stand_in_the_file_but_not_for_the_same_day(copy: Copy) -> None:
    copy.spoil("destinations.yaml", "id: DP-CA-1", "id: DP-US-1")
    assert copy.refusal("destinations.yaml").endswith(
        "valid_from: must not overlap version 3 of DP-US-1, which holds from 1930-06-17 to no end;"
        " this one holds from 1998-01-01 to no end"
    )
    copy.spoil(
        "destinations.yaml", "valid_from: 1930-06-17", "valid_from: 1930-06-17\n    valid_to: 1997-12-31"
    )
    assert [policy.version for policy in reference.destinations(copy.folder).policies[:2]] == [3, 1]
    copy.spoil("destinations.yaml", "version: 3", "version: 1")
    assert "version: must be the only version 1 of DP-US-1" in copy.refusal("destinations.yaml")


def test_a_policy_may_hold_for_a_single_day(copy: Copy) -> None:
    copy.spoil(
        "destinations.yaml",
        "    valid_from: 1930-06-17\n",
        "    valid_from: 1930-06-17\n    valid_to: 1930-06-17\n",
    )
    assert reference.destinations(copy.folder).policies[0].valid_to == date(1930, 6, 17)


def test_a_policy_without_a_place_covers_nothing_and_is_refused(copy: Copy) -> None:
    line = copy.spoil("destinations.yaml", "      dest_or_transit: US-PORTS\n", "      hs: ['5609*']\n")
    assert copy.refusal("destinations.yaml") == (
        f"reference/destinations.yaml:{line - 1}: match.dest: must have either dest or dest_or_transit"
    )


def test_a_document_rule_that_lost_its_condition_is_not_asked_for_everywhere(copy: Copy) -> None:
    line = copy.spoil("documents.yaml", "when: {incoterms: [CIF, CIP]}", "when: {}")
    assert copy.refusal("documents.yaml").startswith(f"reference/documents.yaml:{line}: when.always: must be")


def test_children_are_never_given_work(copy: Copy) -> None:
    path = copy.folder / "facilities.yaml"
    before, lpka, after = path.read_text().partition("  - code: LPKA-KTJ")
    after = after.replace(
        "producing: false",
        "producing: true\n    open_minutes: 360\n    capabilities:\n"
        "      - {family: batik, workers: 3, efficiency_pct: 80, yield_pct: 90}",
        1,
    )
    path.write_text(before + lpka + after)
    refused = copy.refusal("facilities.yaml")
    assert "producing: must be false, since children are never given work, was true" in refused


def test_a_facility_that_does_not_produce_has_no_workers(copy: Copy) -> None:
    copy.spoil("facilities.yaml", "producing: true", "producing: false")
    assert "capabilities: must be absent where producing is false" in copy.refusal("facilities.yaml")


def test_a_producing_facility_says_what_it_can_make(copy: Copy) -> None:
    path = copy.folder / "facilities.yaml"
    before, code, after = path.read_text().partition("  - code: LPS-BTU")
    path.write_text(before + code + after.replace("producing: false", "producing: true", 1))
    assert "capabilities: is missing" in copy.refusal("facilities.yaml")


def test_a_bad_row_is_not_told_again_by_the_rows_that_name_it(copy: Copy) -> None:
    copy.spoil("milestones.yaml", "moves: departed", "moves: gone")
    copy.spoil("destinations.yaml", "      AT, BE,", "      XX, BE,")
    assert len(copy.refusal("milestones.yaml").splitlines()) == 1
    assert len(copy.refusal("destinations.yaml").splitlines()) == 1


def test_two_premi_schemes_of_an_agreement_do_not_overlap(copy: Copy) -> None:
    copy.spoil("premi.yaml", "DEMO-PKS-02/LPS-KLT/2025", "DEMO-PKS-01/LPS-SRG/2025")
    assert "must not be in the days of another scheme of this agreement" in copy.refusal("premi.yaml")


def test_a_file_whose_neighbour_is_bad_is_refused_with_the_neighbour_s_line(copy: Copy) -> None:
    line = copy.spoil("catalogue.yaml", "labour_minutes: 14", "labour_minutes: -5")
    assert copy.refusal("facilities.yaml").startswith(f"reference/catalogue.yaml:{line}: ")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", ":1: must be a mapping of lists"),
        ("- a\n", ":1: must be a mapping of lists"),
        ("buyers:\n", ":1: buyers: must be a list of one or more rows, was empty"),
        ("buyers: []\n", ":1: buyers: must be a list of one or more rows, was []"),
        ("sellers: []\n", ":1: buyers: is missing"),
        ("buyers: [7]\n", ":1: must be a row of fields, was 7"),
        ("buyers:\n  - code: [1\n", ":3: must be YAML"),
        ("buyers:\n\t- code: A\n", ":2: must be YAML"),
        ("buyers:\n  - !!python/name:os.system x\n", ":2: must be YAML"),
        ("buyers: &all\n  - *all\n", ":1: must be a row of fields"),
    ],
)
def test_a_file_of_another_shape_is_refused(copy: Copy, content: str, said: str) -> None:
    (copy.folder / "parties.yaml").write_text(content)
    assert f"reference/parties.yaml{said}" in copy.refusal("parties.yaml")


def test_a_file_that_is_not_there_or_not_text_is_refused(copy: Copy) -> None:
    path = copy.folder / "parties.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    assert "must be text in UTF-8" in copy.refusal("parties.yaml")
    path.unlink()
    assert copy.refusal("parties.yaml") == "reference/parties.yaml: can't be read: No such file or directory"
