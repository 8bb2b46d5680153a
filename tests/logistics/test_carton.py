"""What is packed is what was good: cartons add up to the piece, whatever the carton holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.logistics.domain.carton import HEAVIEST_G, Packaging, gather
from services.logistics.domain.sscc import check
from shared.events.logistics import CartonsGathered
from shared.refusal import Refused
from tests.logistics.builders import NOW, PACKAGING, a_lot, cartons_of

packagings = st.builds(
    Packaging,
    pieces_per_carton=st.integers(1, 300),
    length_mm=st.just(600),
    width_mm=st.just(400),
    height_mm=st.just(400),
    gross_g=st.integers(1, HEAVIEST_G),
)


def test_full_cartons_come_first_and_the_last_one_holds_what_is_left_over() -> None:
    cartons, event = a_lot().pack(450, PACKAGING, (1, 2, 3), at=NOW)
    assert [carton.pieces for carton in cartons] == [200, 200, 50]
    assert [carton.gross_g for carton in cartons] == [9_200, 9_200, 2_300]
    assert cartons[0].sscc == "095299000000000015"
    assert (event.quantity, event.ssccs) == (450, tuple(carton.sscc for carton in cartons))


@given(good=st.integers(1, 5_000), packaging=packagings, parts=st.lists(st.integers(1, 5_000), max_size=5))
def test_the_cartons_add_up_to_what_was_packed_and_never_to_more_than_was_good(
    good: int, packaging: Packaging, parts: list[int]
) -> None:
    lot, packed, serial = a_lot(good=good), 0, 0
    for wanted in parts:
        if wanted > lot.free:
            with pytest.raises(Refused, match="free for packing"):
                lot.need_free(wanted)
            continue
        count = len(packaging.share_out(wanted))
        cartons, event = lot.pack(wanted, packaging, range(serial, serial + count), at=NOW)
        serial, packed = serial + count, packed + wanted
        assert sum(carton.pieces for carton in cartons) == wanted == event.quantity
        assert all(0 < carton.pieces <= packaging.pieces_per_carton for carton in cartons)
        assert all(0 < carton.gross_g <= packaging.gross_g for carton in cartons)
        assert all(carton.lot is lot for carton in cartons)
        assert {check(carton.sscc) for carton in cartons} == set(event.ssccs)
    assert lot.packed == packed <= lot.good


def test_without_a_quantity_all_that_is_free_is_packed() -> None:
    lot = a_lot(good=450)
    cartons_of(lot, 250)
    assert lot.need_free(None) == 200


@pytest.mark.parametrize("quantity", [0, -1, 1_001, None])
def test_more_than_is_free_or_nothing_is_refused_and_says_what_is_there(quantity: int | None) -> None:
    lot = a_lot(good=1_000)
    lot.packed = 0 if quantity is not None else 1_000
    with pytest.raises(Refused, match="free for packing") as refusal:
        lot.need_free(quantity)
    assert refusal.value.field == "quantity"


def test_a_carton_too_heavy_to_lift_is_refused() -> None:
    heavy = Packaging(pieces_per_carton=2, length_mm=1, width_mm=1, height_mm=1, gross_g=HEAVIEST_G + 1)
    with pytest.raises(Refused, match="25001 g"):
        a_lot().pack(2, heavy, (1,), at=NOW)


def test_cartons_arrive_at_a_hub_lot_by_lot() -> None:
    one, two = cartons_of(a_lot(good=450)), cartons_of(a_lot(good=200, code="SRG-2503-002"), first=4)
    first, second = gather([*one, *two], "LPS-SMG", at=NOW)
    assert (first.lot, first.quantity, first.cartons, first.hub) == ("SRG-2503-001", 450, 3, "LPS-SMG")
    assert (second.lot, second.quantity, second.cartons) == ("SRG-2503-002", 200, 1)
    assert {carton.hub for carton in [*one, *two]} == {"LPS-SMG"}


def test_a_second_scan_changes_nothing() -> None:
    cartons = cartons_of(a_lot(good=450))
    gather(cartons[:1], "LPS-SMG", at=NOW)
    (event,) = gather(cartons, "LPS-SMG", at=NOW)
    assert isinstance(event, CartonsGathered)
    assert event.cartons == 2
    assert gather(cartons, "LPS-SMG", at=NOW) == []


def test_a_carton_is_at_one_hub_only() -> None:
    cartons = cartons_of(a_lot(good=450))
    gather(cartons[:1], "LPS-SMG", at=NOW)
    with pytest.raises(Refused, match="arrived at LPS-SMG before"):
        gather(cartons, "LPS-SRG", at=NOW)
    assert [carton.hub for carton in cartons] == ["LPS-SMG", None, None]
