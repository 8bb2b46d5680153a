"""Numbers of cartons, goods and places are right or refused with what would be right."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.logistics.domain import sscc as keys
from services.logistics.domain.sscc import (
    NoSuchSerial,
    NotAContainer,
    NotALot,
    NotANumberOfThisKind,
    WrongCheckDigit,
    check,
    sscc,
)

UNHURRIED = settings(deadline=None)
"""Other tests share the processor: how long one example takes says nothing."""


def test_the_demonstration_numbers_come_out_as_published() -> None:
    assert sscc(1) == "095299000000000015"
    assert sscc(1, extension=1) == "195299000000000012"


@pytest.mark.parametrize(
    ("number", "checked"),
    [
        ("9529900001012", keys.check_gtin),
        ("19529900001019", keys.check_gtin),
        ("9529900000107", keys.check_gln),
        ("9529900000206", keys.check_gln),
        ("9529900000305", keys.check_gln),
    ],
)
def test_published_gtins_and_glns_are_accepted(number: str, checked: object) -> None:
    assert callable(checked)
    assert checked(number) == number.zfill(14 if checked is keys.check_gtin else 13)


@UNHURRIED
@given(st.integers(0, 999_999_999), st.integers(0, 9))
def test_each_made_number_passes_its_own_check(serial: int, extension: int) -> None:
    number = sscc(serial, extension=extension)
    assert len(number) == 18
    assert check(number) == number


@UNHURRIED
@given(st.integers(0, 999_999_999), st.integers(0, 17), st.integers(1, 9))
def test_one_mistyped_digit_is_always_noticed(serial: int, place: int, shift: int) -> None:
    number = sscc(serial)
    wrong = str((int(number[place]) + shift) % 10)
    with pytest.raises(WrongCheckDigit):
        check(number[:place] + wrong + number[place + 1 :])


@UNHURRIED
@given(st.lists(st.integers(0, 999_999_999), unique=True, max_size=50))
def test_different_serials_give_different_numbers(serials: list[int]) -> None:
    assert len({sscc(serial) for serial in serials}) == len(serials)


@pytest.mark.parametrize(
    "text",
    [
        "095299000000000015",
        " 0 9529900 000000001 5 ",
        "(00)095299000000000015",
        "00095299000000000015",
        "]C100095299000000000015",
    ],
)
def test_a_number_is_read_as_typed_or_scanned(text: str) -> None:
    assert check(text) == "095299000000000015"


def test_a_wrong_check_digit_is_told_with_the_right_one() -> None:
    with pytest.raises(WrongCheckDigit, match=r"ends in 4, and 09529900000000001 needs 5") as refusal:
        check("095299000000000014")
    assert refusal.value.right == "5"
    assert refusal.value.field == "sscc"


@pytest.mark.parametrize(
    "text", ["", "12345", "0952990000000000155", "09529900000000001X", "٠٩٥٢٩٩٠٠٠٠٠٠٠٠٠٠١٥"]
)
def test_what_is_not_eighteen_digits_is_refused(text: str) -> None:
    with pytest.raises(NotANumberOfThisKind, match="18 digits"):
        check(text)


@pytest.mark.parametrize("serial", [-1, 1_000_000_000])
def test_a_serial_that_does_not_fit_is_refused(serial: int) -> None:
    with pytest.raises(NoSuchSerial, match="leaves 9 digits, 0 to 999999999"):
        sscc(serial)


@pytest.mark.parametrize("prefix", ["", "95299", "9529900000000", "95299A0"])
def test_a_prefix_of_the_wrong_shape_is_refused(prefix: str) -> None:
    with pytest.raises(NotANumberOfThisKind, match="6 to 12 digits"):
        sscc(1, prefix=prefix)


def test_an_extension_of_two_digits_is_refused() -> None:
    with pytest.raises(NotANumberOfThisKind, match="one digit"):
        sscc(1, extension=10)


def test_a_longer_prefix_leaves_fewer_serials() -> None:
    assert sscc(123456, prefix="8991234567").startswith("08991234567123456")


def test_epc_names_are_those_of_the_published_example() -> None:
    assert keys.epc_urn_of_sscc("095299000000000015") == "urn:epc:id:sscc:9529900.0000000001"
    assert (
        keys.epc_urn_of_lot("9529900001012", "SRG-2603-017")
        == "urn:epc:class:lgtin:9529900.000101.SRG-2603-017"
    )
    assert keys.epc_urn_of_place("9529900000107") == "urn:epc:id:sgln:9529900.00010.0"
    assert keys.epc_urn_of_party("9529900000305") == "urn:epc:id:pgln:9529900.00030"


def test_epc_names_keep_extension_and_indicator() -> None:
    assert keys.epc_urn_of_sscc("195299000000000012") == "urn:epc:id:sscc:9529900.1000000001"
    assert keys.epc_urn_of_lot("19529900001019", "A/7") == "urn:epc:class:lgtin:9529900.100101.A%2F7"
    assert keys.epc_urn_of_container("csqu 305438-3") == "urn:epc:id:bic:CSQU3054383"


def test_a_number_of_another_company_gets_no_name_under_our_prefix() -> None:
    with pytest.raises(NotANumberOfThisKind, match="does not begin with the company prefix"):
        keys.epc_urn_of_place("4012345000009")


@pytest.mark.parametrize("lot", ["", "A B", "L" * 21, "lot#1", "lotä"])
def test_a_lot_that_no_barcode_can_hold_is_refused(lot: str) -> None:
    with pytest.raises(NotALot, match="1 to 20"):
        keys.check_lot(lot)


def test_a_container_with_a_wrong_check_digit_is_refused() -> None:
    with pytest.raises(NotAContainer, match="ISO 6346"):
        keys.check_container("CSQU3054384")


def test_only_numbers_under_952_are_demonstration_numbers() -> None:
    assert keys.is_demonstration("095299000000000015")
    assert not keys.is_demonstration(sscc(1, prefix="8991234"))
