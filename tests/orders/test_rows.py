"""Rows of CSV and of JSON lines of orders; those of one number belong together."""

from services.orders.rows import COLUMNS, NEEDED, po_number_of, read_csv, read_json_lines

HEADER = ",".join(NEEDED)
CELLS = ["PO-1", "USD", "FCA", "Semarang", "CR-BALL-07", "200", "2030-01-31", "Toko", "Jalan 1", "ID"]
ROW = ",".join(CELLS)


def test_a_price_may_be_told_and_need_not_be() -> None:
    lines = f"{HEADER}\n{ROW}".encode().splitlines(keepends=True)
    priced = f"{HEADER},unit_price\n{ROW},0.55".encode().splitlines(keepends=True)
    (plain,), (with_price,) = read_csv(lines), read_csv(priced)
    assert (plain.content, po_number_of(plain)) == (dict(zip(NEEDED, CELLS, strict=True)), "PO-1")
    assert with_price.content == {**plain.content, "unit_price": "0.55"}
    assert set(NEEDED) < set(COLUMNS)


def test_json_lines_are_objects_and_another_line_is_wrong_by_itself() -> None:
    lines = [b'\xef\xbb\xbf{"po_number": " PO-1 ", "quantity": 2}\n', b"\n", b"[1]\n", b"{\n", b"[" * 60_000]
    rows = list(read_json_lines(lines))
    assert [(row.number, po_number_of(row), row.wrong is None) for row in rows] == [
        (1, "PO-1", True),
        (3, "", False),
        (4, "", False),
        (5, "", False),
    ]


def test_text_that_no_database_keeps_groups_no_rows() -> None:
    rows = list(
        read_json_lines([rb'{"po_number": "\ud800"}', rb'{"po_number": "\u0000"}', b'{"po_number": 1}'])
    )
    assert [po_number_of(row) for row in rows] == ["", "", ""]
