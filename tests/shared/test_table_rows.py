"""Rows of a table are read one by one; what can't be read is named by its line."""

from collections.abc import Iterator

import pytest

from shared.refusal import Refused
from shared.table_rows import LONGEST_LINE, Columns, Row, read_csv

NEEDED = ("po_number", "currency", "sku", "quantity", "consignee_address")
COLUMNS = Columns(needed=NEEDED, others=("unit_price",))
MOST_ROWS = 100
HEADER = ",".join(NEEDED)
CELLS = ["PO-1", "USD", "CR-BALL-07", "200", "Jalan 1"]
ROW = ",".join(CELLS)


def read(text: str, encoding: str = "utf-8") -> list[Row]:
    return list(read_csv(text.encode(encoding).splitlines(keepends=True), COLUMNS, MOST_ROWS))


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


def test_a_header_with_a_bare_return_is_refused_by_its_line() -> None:
    with pytest.raises(Refused, match="Line 1 is no CSV"):
        list(read_csv([f"{HEADER}\rcolour\n".encode(), f"{ROW}\n".encode()], COLUMNS, MOST_ROWS))


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
        list(read_csv(data.splitlines(keepends=True), COLUMNS, MOST_ROWS))


def test_a_row_of_too_many_or_too_few_cells_is_wrong_by_itself() -> None:
    few, right, many = read(f"{HEADER}\nPO-1,USD\n{ROW}\n{ROW},more")
    assert few.wrong == "The row has 2 cells and the header 5."
    assert many.wrong == "The row has 6 cells and the header 5."
    assert (right.wrong, few.content["po_number"], many.content["po_number"]) == (None, "PO-1", "PO-1")


def test_no_more_rows_are_read_than_are_taken() -> None:
    read_lines = 0

    def endless() -> Iterator[bytes]:
        nonlocal read_lines
        yield HEADER.encode() + b"\n"
        while True:
            read_lines += 1
            yield ROW.encode() + b"\n"

    with pytest.raises(Refused, match=str(MOST_ROWS)):
        for _ in read_csv(endless(), COLUMNS, MOST_ROWS):
            pass
    assert read_lines == MOST_ROWS + 1


def test_of_some_columns_one_is_enough() -> None:
    columns = Columns(needed=("place",), one_of=("milestone", "dcsa"))
    assert [row.content for row in read_csv([b"dcsa,place\n", b"GTIN,IDSRG\n"], columns, 1)] == [
        {"dcsa": "GTIN", "place": "IDSRG"}
    ]
    with pytest.raises(Refused, match="Missing: milestone/dcsa"):
        list(read_csv([b"place\n"], columns, 1))
