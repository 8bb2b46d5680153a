"""Reading the rows of an import, CSV or JSON lines, one after the other however many there are."""

from collections.abc import Callable, Iterable, Iterator

from shared import json_text, table_rows
from shared.refusal import Sentence
from shared.table_rows import Columns, Row, decoded

NEEDED = (
    "po_number",
    "currency",
    "incoterm",
    "named_place",
    "sku",
    "quantity",
    "requested_date",
    "consignee_name",
    "consignee_address",
    "consignee_country",
)
COLUMNS = (*NEEDED, "unit_price", "payment_terms", "transit")
LONGEST_PO_NUMBER = 60
MOST_ROWS = 100_000
MOST_BYTES = 20 * 1024 * 1024


def po_number_of(row: Row) -> str:
    """By this number rows belong together; what is none belongs to no other row, and is refused later."""
    given = row.content.get("po_number")
    number = given.strip() if isinstance(given, str) else ""
    return number if len(number) <= LONGEST_PO_NUMBER and _can_be_kept(number) else ""


def _can_be_kept(text: str) -> bool:
    """Whether the database has a text for it: none of zeros or of halves of letters."""
    return "\0" not in text and not any("\ud800" <= one <= "\udfff" for one in text)


def read_csv(lines: Iterable[bytes]) -> Iterator[Row]:
    """Rows of a table, under a header that names the columns."""
    return table_rows.read_csv(lines, Columns(needed=NEEDED, others=COLUMNS[len(NEEDED) :]), MOST_ROWS)


def read_json_lines(lines: Iterable[bytes]) -> Iterator[Row]:
    """A JSON object on each line, with the names of the columns, in UTF-8."""
    for number, line in enumerate(decoded(lines, MOST_ROWS), 1):
        if line.strip(" \t\r\n\ufeff"):
            yield _object(number, line.removeprefix("\ufeff"))


def _object(number: int, line: str) -> Row:
    try:
        content = json_text.loads(line)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        return Row(number, {}, Sentence("Give a JSON object on each line."))
    if not all(map(_can_be_kept, content)):
        return Row(number, content, Sentence("A name in this row is no text; use the names of the columns."))
    return Row(number, content)


READERS: dict[str, Callable[[Iterable[bytes]], Iterator[Row]]] = {
    "text/csv": read_csv,
    "application/x-ndjson": read_json_lines,
}
"""How to read a body, by its media type."""
