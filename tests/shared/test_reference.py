"""The reference files that come with the code are sound."""

import json
from collections import Counter
from datetime import date
from decimal import Decimal
from graphlib import TopologicalSorter
from itertools import chain
from typing import Any

import pytest
from stdnum import ean

from shared import reference
from shared.reference.fields import is_country

FILES = (
    "catalogue.yaml",
    "facilities.yaml",
    "destinations.yaml",
    "documents.yaml",
    "milestones.yaml",
    "ports.yaml",
    "shipping.yaml",
    "parties.yaml",
)


def by_sku(sku: str) -> reference.Item:
    return next(item for item in reference.catalogue() if item.sku == sku)


def by_id(id: str) -> reference.Policy:
    return next(policy for policy in reference.destinations().policies if policy.id == id)


def rule(code: str) -> reference.DocumentRule:
    return next(rule for rule in reference.document_rules() if rule.code == code)


def test_the_catalogue_has_fourteen_articles_in_exact_units() -> None:
    assert len(reference.catalogue()) == 14
    ball = by_sku("CR-BALL-07")
    assert (ball.carton_length_mm, ball.carton_width_mm, ball.carton_height_mm) == (600, 400, 400)
    assert (ball.carton_gross_g, ball.fob_usd, ball.gtin) == (9200, Decimal("0.55"), "9529900001012")


def test_a_container_of_the_press_takes_about_432_cartons_and_41_cubic_metres() -> None:
    ring = by_sku("CR-RING-15")
    cartons = 64_800 // ring.pieces_per_carton
    ball = by_sku("CR-BALL-07")
    litres = ball.carton_length_mm * ball.carton_width_mm * ball.carton_height_mm / 1_000_000
    assert cartons == 432
    assert cartons * litres / 1000 == pytest.approx(41.5, abs=0.5)


def test_the_number_of_each_article_place_and_party_belongs_to_it_alone_and_ends_in_its_check_digit() -> None:
    gtins = [item.gtin for item in reference.catalogue()]
    glns = [facility.gln for facility in reference.facilities()]
    glns += [port.gln for port in reference.ports() if port.gln is not None]
    glns += [buyer.gln for buyer in reference.buyers()]
    for number in gtins + glns:
        assert number.startswith("952") and ean.is_valid(number)
    assert len(set(gtins)) == len(gtins)
    assert len(set(glns)) == len(glns)


def test_the_published_demonstration_numbers_are_kept() -> None:
    facilities = {facility.code: facility for facility in reference.facilities()}
    assert facilities["LPS-SRG"].gln == "9529900000107"
    assert [port.gln for port in reference.ports() if port.gln] == ["9529900000206"]
    assert reference.buyers()[0].gln == "9529900000305"


def test_the_former_residency_of_surakarta_is_there_in_full() -> None:
    codes = {facility.code for facility in reference.facilities() if facility.cluster == "SKA"}
    assert codes == {"LPS-SRG", "LPS-KLT", "LPS-WNG", "RTN-SKA", "RTN-BYL", "BPS-SKA", "BPS-KLT"}


def test_the_rest_of_central_java_is_there_and_waits_for_the_offices_confirmation() -> None:
    facilities = reference.facilities()
    kinds = Counter(facility.kind for facility in facilities)
    assert kinds == {"lapas": 31, "lpka": 1, "rutan": 17, "bapas": 8}
    confirmed = {"LPS-SRG", "LPS-KLT", "LPS-WNG", "RTN-SKA", "RTN-BYL", "BPS-SKA"}
    assert {facility.code for facility in facilities if facility.verified} == confirmed


def test_only_lapas_and_rutan_produce_and_children_never_do() -> None:
    facilities = reference.facilities()
    assert {facility.kind for facility in facilities if facility.producing} == {"lapas", "rutan"}
    assert [facility.producing for facility in facilities if facility.kind == "lpka"] == [False]
    assert {facility.code for facility in facilities if facility.hub} == {"LPS-SRG", "LPS-SMG"}


def test_every_article_can_be_made_somewhere() -> None:
    made = {capability.family for facility in reference.facilities() for capability in facility.capabilities}
    assert made == {item.family for item in reference.catalogue()}


def test_sragen_alone_has_fewer_workers_than_a_container_a_month_takes() -> None:
    sragen = next(facility for facility in reference.facilities() if facility.code == "LPS-SRG")
    workers = sum(capability.workers for capability in sragen.capabilities)
    of_a_container = 64_800 * 24 / (sragen.open_minutes * 22)
    assert workers == 120
    assert of_a_container == pytest.approx(196, abs=1)


def test_the_european_union_has_27_countries() -> None:
    groups = reference.destinations().groups
    assert len(groups["EU27"]) == 27
    assert groups["US-PORTS"] == ("US", "PR", "VI", "GU")


def test_every_country_of_every_policy_is_one_of_iso_3166() -> None:
    for policy in reference.destinations().policies:
        assert policy.match.countries is None or all(map(is_country, policy.match.countries))


@pytest.mark.parametrize(
    ("id", "action", "lane", "countries", "transit"),
    [
        ("DP-US-1", "block", "custodial", ("US", "PR", "VI", "GU"), True),
        ("DP-US-2", "hold", "parole_community", ("US", "PR", "VI", "GU"), True),
        ("DP-CA-1", "block", "custodial", ("CA",), True),
        ("DP-NZ-1", "block", None, ("NZ",), True),
        ("DP-GB-1", "hold", "custodial", ("GB",), False),
        ("DP-AU-1", "hold", "custodial", ("AU",), False),
        ("DP-ID-1", "allow", None, ("ID",), False),
        ("DP-FREE-1", "allow", "free", None, False),
        ("DP-ANY", "hold", "custodial", None, False),
    ],
)
def test_the_policies_say_what_was_assessed(
    id: str, action: str, lane: str | None, countries: tuple[str, ...] | None, transit: bool
) -> None:
    policy = by_id(id)
    assert (policy.action, policy.lane) == (action, lane)
    assert (policy.match.countries, policy.match.transit) == (countries, transit)
    assert policy.explanation_en and policy.explanation_id


def test_a_hold_is_released_by_two_roles_over_evidence_and_nothing_else_is() -> None:
    for policy in reference.destinations().policies:
        held = policy.action == "hold"
        assert policy.releasable == held == bool(policy.needs)
        assert policy.released_by == (("compliance_officer", "kanwil") if held else ())


def test_the_rule_of_the_european_union_grows_stricter_on_the_day_its_regulation_applies() -> None:
    before, after = by_id("DP-EU-1"), by_id("DP-EU-2")
    assert before.match.delivery_before == after.match.delivery_from == date(2027, 12, 14)
    assert "INDEPENDENT_VISIT_12M" in after.needs


def test_mats_are_blocked_to_the_united_kingdom_and_the_rag_doormat_is_one() -> None:
    assert by_id("DP-GB-2").action == "block"
    assert by_id("DP-GB-2").match.hs == ("5702*", "5705*", "4601*")
    assert by_sku("KP-MAT-4060").hs6 == "5705.00"


def test_the_policy_that_covers_the_rest_is_the_only_catch_all() -> None:
    assert [p.id for p in reference.destinations().policies if p.match.catch_all] == ["DP-ANY"]


def test_milestones_are_a_graph_without_a_circle_in_which_the_customs_note_comes_before_the_port() -> None:
    before = {milestone.code: milestone.predecessors for milestone in reference.milestones()}
    order = tuple(TopologicalSorter(before).static_order())
    assert len(order) == 38
    assert order.index("NPE_ISSUED") < order.index("GATE_IN")
    assert "NPE_ISSUED" not in before["STUFFED_SEALED"]
    assert "STUFFED_SEALED" not in before["NPE_ISSUED"]


def test_goods_move_when_the_vessel_leaves_and_when_they_are_delivered() -> None:
    moves = {milestone.code: milestone.moves for milestone in reference.milestones()}
    assert {code: move for code, move in moves.items() if move != "none"} == {
        "VESSEL_DEPARTED": "departed",
        "DELIVERED": "delivered",
    }


CALLED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "CARTON_PACKED": ((), ("71",)),
    "LEFT_FACILITY": ((), ("13", "27")),
    "ARRIVED_HUB": ((), ("74",)),
    "CONSOLIDATED": ((), ("15",)),
    "NPE_ISSUED": ((), ("9", "12")),
    "STUFFED_SEALED": (("EQUIPMENT STUF",), ("94", "93")),
    "GATE_IN": (("EQUIPMENT GTIN",), ("40",)),
    "LOADED": (("EQUIPMENT LOAD",), ("48",)),
    "VESSEL_DEPARTED": (("TRANSPORT DEPA",), ("24",)),
    "TRANSSHIPPED": (("EQUIPMENT DISC", "EQUIPMENT LOAD"), ("100", "48", "29")),
    "DISCHARGED": (("TRANSPORT ARRI", "EQUIPMENT DISC"), ("29", "1")),
    "IMPORT_CLEARED": (("SHIPMENT ARN", "SHIPMENT SRM"), ("8",)),
    "GATE_OUT": (("EQUIPMENT GTOT",), ()),
    "STRIPPED": (("EQUIPMENT STRP",), ("28",)),
    "DELIVERED": ((), ("21", "72")),
    "CUSTOMS_RED_LANE": ((), ("17",)),
    "QUARANTINE_HOLD": ((), ("90",)),
    "QUARANTINE_RELEASED": ((), ("10",)),
    "SHORT_LANDED": ((), ("85", "73")),
    "DETAINED_AT_DEST": ((), ("17", "90")),
    "RETURNED": ((), ("82",)),
    "DEPARTURE_DELAYED": ((), ("25",)),
    "TRANSIT_DELAYED": ((), ("101",)),
    "NOT_LOADED": ((), ("57", "86")),
    "BOOKING_CANCELLED": ((), ("7",)),
    "GOODS_DAMAGED": ((), ("18",)),
}
"""DCSA Track & Trace 2.2 and list 9011 of UN/EDIFACT, the usual code first; no carrier reports the others."""


def test_milestones_are_called_by_the_codes_that_carriers_send() -> None:
    named = {each.code: (each.dcsa, each.edifact_9011) for each in reference.milestones()}
    assert {code: codes for code, codes in named.items() if any(codes)} == CALLED


def test_milestones_speak_the_vocabulary_of_the_published_epcis_schema() -> None:
    published = json.loads((reference.FOLDER / "epcis" / "epcis-json-schema.json").read_text())
    steps = _words(published["definitions"]["bizStep"])
    dispositions = _words(published["definitions"]["disposition"])
    for event in chain.from_iterable(milestone.epcis for milestone in reference.milestones()):
        assert event.biz_step in steps
        assert event.disposition in dispositions


def _words(definition: dict[str, Any]) -> set[str]:
    return set(chain.from_iterable(option.get("enum", ()) for option in definition["anyOf"]))


def test_the_system_makes_the_invoice_the_packing_list_and_at_home_the_delivery_note() -> None:
    made = {rule.code for rule in reference.document_rules() if rule.made_by_system}
    assert made == {"CI", "PL", "SJ"}


def test_documents_are_asked_for_by_what_is_shipped_where() -> None:
    assert rule("PEB").when.modes == ("sea_fcl", "sea_lcl", "air")
    assert rule("SJ").when.modes == ("road",)
    assert rule("NPE").blocks == ("GATE_IN",)
    assert [(each.country, each.treatment, each.days) for each in rule("FUM").valid_days] == [
        ("AU", "gas", 21),
        ("AU", "heat", 90),
    ]
    assert rule("INS").when.incoterms == ("CIF", "CIP")
    assert set(rule("ENS").when.countries or ()) == {*reference.destinations().groups["EU27"], "NO", "CH"}
    assert rule("EUDR-DDS").when.materials == ("coffee_wood",)
    assert not rule("V-LEGAL").verified


def test_semarang_goes_by_two_codes() -> None:
    semarang = next(port for port in reference.ports() if port.code == "IDSRG")
    assert (semarang.customs_code, semarang.country, semarang.timezone) == ("IDTES", "ID", "Asia/Jakarta")
    assert {"BEANR", "BRSSZ", "SGSIN"} <= {port.code for port in reference.ports()}


def test_the_buyer_is_known_by_each_spelling_of_the_press() -> None:
    (buyer,) = reference.buyers()
    assert buyer.name == "PT. Chewy Louis Group"
    assert {"Chewy Louis", "Chewy Luwis", "Chewy Louise"} <= set(buyer.aliases)


def test_every_file_explains_its_marks_and_that_it_is_no_legal_advice() -> None:
    for file in FILES:
        text = (reference.FOLDER / file).read_text()
        head = " ".join(line.strip("# ") for line in text.splitlines() if line.startswith("#"))
        assert "[S]" in head and "[M]" in head
        assert "Nothing here is legal advice" in head


def test_the_destinations_say_that_they_do_not_decide_on_imports() -> None:
    head = (reference.FOLDER / "destinations.yaml").read_text()
    assert "This system does not decide that goods may be imported" in head


def test_each_document_of_a_shipment_has_its_last_day() -> None:
    """What is asked for before there is a shipment has none."""
    without = {rule.code for rule in reference.document_rules() if rule.needed_by is None}
    assert without == {"PO-PI", "PKS"}
