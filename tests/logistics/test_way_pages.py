"""Reports are corrected and other days are expected by the forms of a shipment's page, in both languages."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from shared.clock import WIB
from shared.web.access import KANWIL, LOGISTICS
from tests.clock import in_days, now
from tests.logistics.conftest import CONTAINER, SEAL, Logistics
from tests.logistics.test_desk import Visitor

BECAUSE = "The terminal wrote of another container."


@pytest.fixture
def visitor(logistics: Logistics) -> Visitor:
    return Visitor(logistics, LOGISTICS)


def typed(hours: float) -> str:
    """A time as the form sends it."""
    return f"{(now() + timedelta(hours=hours)).astimezone(WIB):%Y-%m-%dT%H:%M}"


@pytest.fixture
def gated(logistics: Logistics) -> dict[str, Any]:
    """A shipment of which it was reported that it is in the port."""
    shipment = logistics.booked()
    logistics.arrived_yesterday()
    sealed = {
        "container": CONTAINER,
        "seal": SEAL,
        "sealed_at": (now() - timedelta(hours=9)).isoformat(),
    }
    assert logistics.change(shipment, "dispatch", sealed).status_code == 200
    for code, hours in (("PEB_SUBMITTED", -8), ("NPE_ISSUED", -7), ("GATE_IN", -1)):
        at = (now() + timedelta(hours=hours)).isoformat()
        body = {"milestone": code, "place": "IDSRG", "occurred_at": at}
        assert logistics.change(shipment, "milestones", body).status_code == 200
    return shipment


def choice(page: str, words: str) -> str:
    """The value of the choice that begins with these words."""
    (found,) = re.findall(rf'<option value="(\d+)"[^>]*>{words}', page)
    return str(found)


def test_a_report_that_was_wrong_is_corrected_on_the_page_and_stays_readable(
    gated: dict[str, Any], visitor: Visitor
) -> None:
    path = f"/logistics/shipment/{gated['id']}"
    page = visitor.open(f"{path}?lang=en")
    form = {"corrects": choice(page, "Gate in at"), "because": BECAUSE}
    moved = visitor.submit(
        f"{path}/corrections", **form, reason="incorrect_data", place="IDSRG", occurred_at=typed(-2)
    )
    assert moved.status_code == 303
    page = visitor.open(path)
    assert "Reports that did not hold" in page and f"it was otherwise ({BECAUSE})" in page
    form["corrects"] = choice(page, "Gate in at")
    assert visitor.submit(f"{path}/corrections", **form, reason="did_not_occur").status_code == 303
    page = visitor.open(f"{path}?lang=id")
    assert f"tidak terjadi ({BECAUSE})" in page and page.count(BECAUSE) == 2
    assert not re.findall(r'<option value="\d+"[^>]*>Masuk pelabuhan', page)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reason": "incorrect_data"}, "Missing data"),
        ({"place": "IDSRG"}, "does not go with the rest"),
        ({"reason": "incorrect_data", "place": "IDSRG", "occurred_at": "2099-01-01T10:00"}, "past, not one to come"),
        ({"corrects": "1000000"}, "has no report 1000000"),
        ({"because": ""}, "Missing data"),
    ],
)  # fmt: skip
def test_a_correction_that_can_not_be_is_refused_beside_its_field(
    gated: dict[str, Any], visitor: Visitor, changes: dict[str, str], said: str
) -> None:
    path = f"/logistics/shipment/{gated['id']}"
    form = {
        "corrects": choice(visitor.open(f"{path}?lang=en"), "Gate in at"),
        "reason": "did_not_occur",
        "because": BECAUSE,
    }
    refused = visitor.submit(f"{path}/corrections", **form | changes)
    assert refused.status_code == 422
    assert said in refused.text and '<details id="corrections" open>' in refused.text
    assert " autofocus" in refused.text
    assert visitor.look(f"{path}/corrections") == visitor.look(path)


def test_what_others_have_counted_by_is_not_taken_back_and_the_page_says_so_in_indonesian(
    gated: dict[str, Any], visitor: Visitor
) -> None:
    path = f"/logistics/shipment/{gated['id']}"
    page = visitor.open(f"{path}?lang=id")
    assert choice(page, r"Masuk [^<]*, \d+ [A-Z][a-z]+ \d{4}, \d\d\.\d\d WIB<")
    form = {
        "corrects": choice(page, "Dimuat dan disegel"),
        "reason": "did_not_occur",
        "because": BECAUSE,
    }
    refused = visitor.submit(f"{path}/corrections", **form)
    assert refused.status_code == 422
    assert re.search(r'id="corrections-reason-error">[^<]*tidak bisa ditarik kembali', refused.text)


def test_a_shipment_is_rolled_by_the_form_and_each_estimate_stands_there(
    logistics: Logistics, visitor: Visitor
) -> None:
    path = f"/logistics/shipment/{logistics.booked()['id']}"
    later = {"vessel": "MV Later", "voyage": "026E", "etd": in_days(15), "eta": in_days(52)}
    sent = visitor.submit(f"{path}/schedule", **later, reason="rolled", because="Overbooked.")
    assert sent.status_code == 303
    page = visitor.open(f"{path}?lang=en")
    assert "MV Later 026E" in page and "as booked" in page and "rolled to a later vessel: Overbooked." in page
    assert "dialihkan ke kapal berikutnya: Overbooked." in visitor.open(f"{path}?lang=id")
    sooner = visitor.submit(
        f"{path}/schedule", **later | {"etd": in_days(12)}, reason="rolled", because="A typing error."
    )
    assert sooner.status_code == 422
    assert 'id="schedule-etd-error"' in sooner.text and 'value="A typing error."' in sooner.text
    assert "Isi kolom ini." in visitor.submit(f"{path}/schedule", reason="weather").text
    assert visitor.look(f"{path}/schedule") == visitor.look(path)


def test_what_has_left_is_expected_on_another_day_only(logistics: Logistics, visitor: Visitor) -> None:
    shipment = logistics.booked()
    assert logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL}).status_code == 200
    for code in ("PEB_SUBMITTED", "NPE_ISSUED", "GATE_IN", "LOADED", "VESSEL_DEPARTED"):
        assert logistics.record(shipment, code).status_code == 200
    path = f"/logistics/shipment/{shipment['id']}"
    page = visitor.open(f"{path}?lang=en")
    assert 'id="schedule-eta"' in page and 'id="schedule-etd"' not in page
    told = {"eta": in_days(60), "reason": "weather", "because": "A storm in the strait."}
    assert visitor.submit(f"{path}/schedule", **told).status_code == 303
    assert "weather: A storm in the strait." in unescape(visitor.open(path))


def test_the_regional_office_reads_estimates_and_corrects_none(logistics: Logistics) -> None:
    shipment, office = logistics.booked(), Visitor(logistics, KANWIL)
    path = f"/logistics/shipment/{shipment['id']}"
    page = office.open(f"{path}?lang=en")
    assert "What was expected" in page and 'action="' + path + '/schedule"' not in page
    for form in ("schedule", "corrections"):
        assert office.submit(f"{path}/{form}").status_code == 403
