"""What the APIs take for a text and for a time."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError

from shared.refusal import Sentence
from shared.text import has_identity_number, is_plain
from shared.web.problems import field_errors
from shared.web.schemas import long_text, moment, short_text


class Given(Schema):
    name = short_text(20)
    reason = long_text(40, least=3)
    at = moment()


GOOD = {"name": "Budi", "reason": "It is late.", "at": "2025-03-22T07:30:00Z"}


def loaded(**changes: Any) -> dict[str, Any]:
    result: dict[str, Any] = Given().load({**GOOD, **changes})
    return result


@pytest.mark.parametrize(
    "text",
    [
        "PT. Chewy Louis",
        "Łódź",
        "カタログ",
        "محمد",
        "می\u200cخواهم",
        "👩‍🌾",
        "<b>&amp;",
        "\u2018quoted\u2019",
    ],
)
def test_a_text_that_can_be_read_is_kept_as_it_is_without_white_space_around_it(text: str) -> None:
    assert loaded(name=f" \t{text}\u3000\n")["name"] == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\u00a0\u2003",
        "\u200b",
        "\u200d\u2060",
        "a\0",
        "a\nb",
        "a\tb",
        "a\x1b[31m",
        "a\x85b",
        "a\u2028b",
    ]
    + [f"a{turn}b" for turn in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"]
    + ["\ud800", "a\udfff", "a\uffff", "a\u0378", "\U000e0fff"],
    ids=ascii,
)
def test_a_text_that_hides_or_turns_something_is_refused_by_its_field(text: str) -> None:
    for field in ("name", "reason"):
        if field == "reason" and text in ("a\nb", "a\tb"):
            continue
        with pytest.raises(ValidationError) as refused:
            loaded(**{field: text})
        assert list(refused.value.messages_dict) == [field]


def test_a_reason_may_have_lines() -> None:
    assert loaded(reason="First.\r\nThen\tsecond.\r\n")["reason"] == "First.\nThen\tsecond."


def test_the_length_counts_without_white_space_around() -> None:
    assert loaded(name=" " * 30 + "x" * 20)["name"] == "x" * 20
    for field, text in (("name", "x" * 21), ("reason", " no "), ("reason", "x" * 41)):
        with pytest.raises(ValidationError) as refused:
            loaded(**{field: text})
        (error,) = field_errors(refused.value.messages)
        told = error["message"]
        assert isinstance(told, Sentence)
        assert told == {"name": "Give 1 to 20 characters.", "reason": "Give 3 to 40 characters."}[field]
        assert told.said(str.lower, str) == told.lower()


@given(st.text())
def test_what_is_taken_can_be_stored_and_printed_in_one_line(text: str) -> None:
    if is_plain(text):
        assert text.encode().decode() == text
        assert len(text.splitlines()) <= 1
        assert not set(text) & set("\0\x1b\u202e\u2066")


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "now", "2025-03-22T07:30:00"]
)
def test_a_time_that_not_every_zone_can_tell_is_refused(at: str) -> None:
    with pytest.raises(ValidationError) as refused:
        loaded(at=at)
    assert "Give a time with its zone" in refused.value.messages_dict["at"][0]


def test_a_time_is_kept_in_utc() -> None:
    assert loaded(at="2025-03-22T14:30:00+07:00")["at"] == datetime(2025, 3, 22, 7, 30, tzinfo=UTC)
    assert loaded(at="2025-03-22T14:30:00+07:00")["at"].tzinfo == UTC


@pytest.mark.parametrize(
    "text",
    [
        "NIK 3314010101900001.",
        "3314 0101 0190 0001",
        "331401-010190-0001",
        "33.14.01.010190.0001",
        "33140101 01900001",
        "33140101-01900001",
        "33140101.01900001",
        "3314 010101 900001",
        "331401-0101-90-0001",
        "33.140.101.019.000.01",
        "3 3 1 4 0 1 4 1 0 1 9 0 0 0 0 1",
        "33/14/01/010190/0001",
        "331401 - 010190 - 0001",
        "3374,0112,0380,0001",
        "3374:0112:0380:0001",
        "3374; 0112; 0380; 0001",
        "(3374) (011203) (800001)",
        "3374_0112_0380_0001",
        "3374\u20130112\u20130380\u20130001",
        "3374\t0112\t0380\t0001",
        "3374\r\n0112\r\n0380\r\n0001",
        "kamar 2 3374 011203 800001",
        "kamar 2, 3374/0112/0380/0001, 4",
        "2 33 74 01 12 03 80 0001",
        "2 33 74 01 12 03 80 00 12 5",
        "33.740.112.038.000.12",
        "kamar 2 3374 011203 800123",
        "33740152 - 03800001",
        "HP 0812-3456-7890, 3374:0112:0380:0001",
        "12/03/2026 08.00, 3374:0112:0380:0001",
        "3314\u200b01010190\u00ad0001",
        "\uff13\uff13\uff11\uff14\uff10\uff11\uff10\uff11\uff10\uff11\uff19\uff10\uff10\uff10\uff10\uff11",
    ],
    ids=ascii,
)
def test_a_reason_with_an_identity_number_is_refused(text: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        loaded(reason=text)
    assert wrong.value.messages == {"reason": ["Give it without anybody's identity number."]}


@pytest.mark.parametrize(
    "text",
    [
        "Carton 095299000000000015 is torn.",
        "Closed 2026-03-22 07.30-10.00 WIB, again 22/03/2026 - 25/03/2026.",
        "Paid 1 000 000 000 IDR and 12.345.678.901 IDR.",
        "From 01072026-31072026, then 20072026-25072026 and 12072026-01082026.",
        "On 12/03/2026 - 05/04/2026 or 12 03 2026 05 04 2026.",
        "On 12/03/2026 0730-0900, 5/12/2026 - 25/01/2027 07.30.",
        "On 12-03-26, 15-03-26, 18-03-26; 2026-12-01, 2026-12-05, 2026-12-09 08.00.",
        "At 2025-12-21 18.00-21.15, 2026-05-09 06.00-14.30.",
        "At 13.30-14.10, 11.15-12.05; 12.00-13.15, 08.30-09.15.",
        "Worked 21-03-2025 10.30-11.30, 2025-03-22 10.30-11.30 and 20250322 20250325.",
        "Of each day: 200 180 190 210 220 1; 12 12 12 12 12 12 12 12 12.",
        "Between 1.000.000 and 12.345.678 9.876.543.",
        "Made 1200, 1250, 1100, 1150 and 15 210 110 100 100 50.",
        "Between 3.625.500, 10.350.000, 1 and 14.113.500, 11.266.000, 17.",
        "Call +62 271 123 4567 or +62 812 3456 7890.",
        "Call +62 271 123 4567, +62 812 3456 7890.",
        "Call 0856-9424-2217, 0848-0367-9713 or 0825-8784-7526, 0869-0754-0450.",
        "Cartons (00)095299000000000015, 00 0 9529900 000000001 5, 095299000000000022.",
        "Cartons 331401010190000123 and 003314010101900001.",
        "Containers MSKU1234567, TGHU 765432 1, CSQU305438-3.",
        "Orders 4500012345, 4500012346; PO 45000123-45000124; WO-SRG-2026-0012, 2026-0013.",
    ],
)
def test_other_numbers_are_nobodys(text: str) -> None:
    assert not has_identity_number(text)
