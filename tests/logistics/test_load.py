"""What goods go into, and by when what must be done before the vessel leaves."""

from datetime import date

import pytest

from services.logistics.domain.cut_offs import CutOff, nobody_waits_for, plan_backwards
from services.logistics.domain.load import Equipment, Load, choose, load_of, need_fit
from services.logistics.domain.modes import MODES
from shared import reference
from shared.refusal import Refused
from tests.logistics.builders import a_lot, cartons_of


def known() -> list[Equipment]:
    rows = reference.shipping().equipment
    return [
        Equipment(**{name: value for name, value in vars(row).items() if name != "source"}) for row in rows
    ]


def cut_offs_of(mode: str) -> list[CutOff]:
    rows = [row for row in reference.shipping().cut_offs if mode in row.modes]
    left_out = ("source", "modes")
    return [CutOff(**{n: value for n, value in vars(row).items() if n not in left_out}) for row in rows]


def m3(cubic_metres: float, *, tonnes: float = 4.3) -> Load:
    return Load(mm3=int(cubic_metres * 1_000_000_000), grams=int(tonnes * 1_000_000))


def test_forty_one_cubic_metres_do_not_go_into_twenty_feet_and_it_is_said_what_takes_them() -> None:
    with pytest.raises(Refused) as refused:
        choose(m3(41), known(), "20GP", to="BE")
    assert refused.value.field == "equipment"
    assert str(refused.value) == (
        "41.00 m³ don't go into 20GP, which takes 28 m³. "
        "Split the shipment, or take one of 40GP, 40HC, LCL, AIR."
    )


@pytest.mark.parametrize(
    ("load", "asked", "taken"),
    [
        (m3(28), None, "20GP"),
        (m3(28.001), None, "40GP"),
        (m3(60), None, "40HC"),
        (m3(20, tonnes=22), None, "40GP"),
        (m3(41), "40HC", "40HC"),
        (m3(90), "AIR", "AIR"),
    ],
)
def test_goods_go_into_what_was_asked_for_or_into_the_first_container_that_takes_them(
    load: Load, asked: str | None, taken: str
) -> None:
    assert choose(load, known(), asked, to="BE").code == taken


def test_what_no_container_takes_is_to_be_split_and_what_is_unknown_is_named() -> None:
    with pytest.raises(Refused, match=r"68 m³.*Split the shipment"):
        choose(m3(70), known(), None, to="BE")
    with pytest.raises(Refused, match=r"27000\.0 kg don't go into 40HC, which carries 26500 kg"):
        need_fit(m3(40, tonnes=27), choose(m3(1), known(), "40HC", to="BE"), known())
    with pytest.raises(Refused, match="no equipment 45HC; give one of 20GP, 40GP, 40HC, LCL, AIR"):
        choose(m3(1), known(), "45HC", to="BE")
    with pytest.raises(Refused, match="run kendi load first"):
        choose(m3(1), [], None, to="BE")


def test_a_share_of_a_container_is_advised_against_where_a_whole_one_costs_less() -> None:
    share = choose(m3(15), known(), "LCL", to="BE")
    assert m3(15).advice(share) is None
    assert "a whole container costs less" in str(m3(15.01).advice(share))


def test_the_load_is_what_the_cartons_measure_and_weigh() -> None:
    cartons = cartons_of(a_lot())
    cartons[0].measured_g = cartons[0].gross_g + 100
    load = load_of(cartons)
    assert (load.mm3, load.grams) == (5 * 600 * 400 * 400, 5 * 9_200 + 100)
    assert (str(load.m3), str(load.kg)) == ("0.48", "46.1")


def test_cut_offs_are_planned_backwards_to_ten_days_before_the_departure() -> None:
    cut_offs = cut_offs_of("sea_fcl")
    due = plan_backwards(cut_offs, date(2025, 3, 30), reached={"STUFFED_SEALED"})
    assert [(each.cut_off.code, each.on.day, each.met) for each in due] == [
        ("PACKING", 20, True),
        ("TRUCKING", 22, True),
        ("FUMIGATION", 24, False),
        ("STUFFING", 27, True),
        ("GATE_IN", 28, False),
        ("CLOSING", 29, False),
    ]
    assert cut_offs[0].days == MODES["sea_fcl"].closing_days
    plain = plan_backwards(cut_offs, date(2025, 3, 30), reached=(), without=("FUMIGATION",))
    assert [each.on.day for each in plain] == [20, 22, 27, 28, 29]


def test_nobody_waits_for_the_fumigation_without_the_certificate_of_it_to_be_got() -> None:
    assert nobody_waits_for({"FUM", "COO"}) == ()
    assert nobody_waits_for({"COO"}) == ("FUMIGATION",)
