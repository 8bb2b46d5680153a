"""Rows of CSV and of JSON lines are read one by one; what can't be read is named by its line."""

from collections.abc import Iterator

import pytest

from services.orders.rows import COLUMNS, LONGEST_LINE, MOST_ROWS, NEEDED, Row, read_csv, read_json_lines
from shared.refusal import Refused

HEADER = ",".join(NEEDED)
CELLS = ["PO-1", "USD", "FCA", "Semarang", "CR-BALL-07", "200", "2030-01-31", "Toko", "Jalan 1", "ID"]
ROW = ",".join(CELLS)


def read(text: str, encoding: str = "utf-8") -> list[Row]:
    return list(read_csv(text.encode(encoding).splitlines(keepends=True)))


def test_the_header_names_the_columns_in_any_order() -> None:
    backwards = f"{','.join(reversed(NEEDED))}\n{','.join(reversed(CELLS))}"
    assert (
        read(backwards)[0].content
        == read(f"{HEADER}\n{ROW}")[0].content
        == dict(zip(NEEDED, CELLS, strict=True))
    )


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_files_of_any_excel_are_read(separator: str, ending: str, encoding: str) -> None:
    text = f"{HEADER}{ending}{ROW}{ending}".replace(",", separator)
    assert [row.content["po_number"] for row in read(text, encoding)] == ["PO-1"]


def test_a_row_is_named_by_the_line_where_it_begins_and_empty_ones_are_none() -> None:
    quoted = ROW.replace("Jalan 1", '"Jalan 1\nSragen"')
    assert [
        (row.number, row.content["consignee_address"]) for row in read(f"{HEADER}\n{quoted}\n,,,\n\n{ROW}\n")
    ] == [
        (2, "Jalan 1\nSragen"),
        (6, "Jalan 1"),
    ]


@pytest.mark.parametrize(
    "wrong", ["", "po,sku", HEADER + ",colour", HEADER + ",sku", HEADER.replace("sku,", "")]
)
def test_a_wrong_header_is_refused_with_the_columns_that_are_right(wrong: str) -> None:
    with pytest.raises(Refused, match="po_number, currency") as refusal:
        read(f"{wrong}\n{ROW}")
    assert refusal.value.field == "file"


@pytest.mark.parametrize(
    ("line", "data"),
    [
        (3, f"{HEADER}\n{ROW}\n".encode() + "Kafé".encode("latin-1")),
        (1, HEADER.encode("utf-16")),
        (2, f"{HEADER}\nPO\0".encode()),
        (2, f"{HEADER}\n".encode() + b"x" * (LONGEST_LINE + 1)),
        (2, f'{HEADER}\nPO-1,"never closed'.encode()),
        (3, f'{HEADER}\n{ROW}\nPO-1,"a"b'.encode()),
    ],
    ids=["latin-1", "utf-16", "nul", "long", "open quote", "quote inside"],
)
def test_what_is_no_text_or_no_csv_is_refused_by_its_line(line: int, data: bytes) -> None:
    with pytest.raises(Refused, match=f"Line {line} "):
        list(read_csv(data.splitlines(keepends=True)))


def test_a_row_of_too_many_or_too_few_cells_is_wrong_by_itself() -> None:
    few, right, many = read(f"{HEADER}\nPO-1,USD\n{ROW}\n{ROW},more")
    assert few.wrong == "The row has 2 cells and the header 10."
    assert many.wrong == "The row has 11 cells and the header 10."
    assert (right.wrong, few.po_number, many.po_number) == (None, "PO-1", "PO-1")


def test_json_lines_are_objects_and_another_line_is_wrong_by_itself() -> None:
    lines = [b'\xef\xbb\xbf{"po_number": " PO-1 ", "quantity": 2}\n', b"\n", b"[1]\n", b"{\n", b"[" * 60_000]
    rows = list(read_json_lines(lines))
    assert [(row.number, row.po_number, row.wrong is None) for row in rows] == [
        (1, "PO-1", True),
        (3, "", False),
        (4, "", False),
        (5, "", False),
    ]


def test_text_that_no_database_keeps_groups_no_rows() -> None:
    rows = list(
        read_json_lines([rb'{"po_number": "\ud800"}', rb'{"po_number": "\u0000"}', b'{"po_number": 1}'])
    )
    assert [row.po_number for row in rows] == ["", "", ""]


def test_no_more_rows_are_read_than_are_taken() -> None:
    read_lines = 0

    def endless() -> Iterator[bytes]:
        nonlocal read_lines
        yield HEADER.encode() + b"\n"
        while True:
            read_lines += 1
            yield ROW.encode() + b"\n"

    with pytest.raises(Refused, match=str(MOST_ROWS)):
        for _ in read_csv(endless()):
            pass
    assert read_lines == MOST_ROWS + 1
    assert set(NEEDED) < set(COLUMNS)
