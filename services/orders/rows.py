"""Reading the rows of an import, CSV or JSON lines, one after the other however many there are."""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from shared import json_text
from shared.refusal import Refused

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
COLUMNS = (*NEEDED, "unit_price")
MOST_ROWS = 100_000
MOST_BYTES = 20 * 1024 * 1024
LONGEST_LINE = 64 * 1024
SEPARATORS = ",;\t"


@dataclass(frozen=True)
class Row:
    """One line of an order. ``wrong`` says why it can't be read, if it can't."""

    number: int
    content: dict[str, Any]
    wrong: str | None = None

    @property
    def po_number(self) -> str:
        """By this number rows belong together; what is none belongs to no other row, and is refused later."""
        given = self.content.get("po_number")
        return given.strip() if isinstance(given, str) and "\0" not in given and _is_unicode(given) else ""


def lines_of(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file, none read further than a line may be long."""
    return iter(lambda: file.readline(LONGEST_LINE + 1), b"")


def read_csv(lines: Iterable[bytes]) -> Iterator[Row]:
    """Rows below a header that names the columns, between commas, semicolons or tabs, in UTF-8."""
    texts = _decoded(lines)
    header = next(texts, "").removeprefix("\ufeff")
    separator = max(SEPARATORS, key=header.count)
    columns = _columns(next(csv.reader([header], delimiter=separator), []))
    reader = csv.reader(texts, delimiter=separator, strict=True)
    begins = 2
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise Refused(
                "Line {line} is no CSV ({error}); put each cell that has quotes or line ends in quotes.",
                field="file",
                line=begins,
                error=str(error),
            ) from None
        if cells is None:
            return
        if any(cells):
            yield _row(begins, columns, cells)
        begins = reader.line_num + 2


def _columns(header: list[str]) -> list[str]:
    names = [name.strip().lower() for name in header]
    missing = [name for name in NEEDED if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    if missing or unknown or len(names) != len(set(names)):
        raise Refused(
            "The first line must name these columns, each once: {columns}; unit_price may be among them."
            " Missing: {missing}. Unknown: {unknown}.",
            field="file",
            columns=", ".join(NEEDED),
            missing=", ".join(missing) or "–",
            unknown=", ".join(name[:40] or "(empty)" for name in unknown[:10]) or "–",
        )
    return names


def _row(number: int, columns: list[str], cells: list[str]) -> Row:
    if len(cells) != len(columns):
        wrong = f"The row has {len(cells)} cells and the header {len(columns)}."
        return Row(number, dict(zip(columns, cells, strict=False)), wrong)
    return Row(
        number, {name: cell.strip() for name, cell in zip(columns, cells, strict=True) if cell.strip()}
    )


def read_json_lines(lines: Iterable[bytes]) -> Iterator[Row]:
    """A JSON object on each line, with the names of the columns, in UTF-8."""
    for number, line in enumerate(_decoded(lines), 1):
        if line.strip(" \t\r\n\ufeff"):
            yield _object(number, line.removeprefix("\ufeff"))


def _object(number: int, line: str) -> Row:
    try:
        content = json_text.loads(line)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        return Row(number, {}, "Give a JSON object on each line.")
    return Row(number, content)


def _decoded(lines: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            most = LONGEST_LINE // 1024
            raise Refused("Line {line} is longer than {most} kB.", field="file", line=number, most=most)
        if number > MOST_ROWS + 1:
            raise Refused("Send up to {most} lines at once.", field="file", most=MOST_ROWS)
        try:
            text = line.decode()
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            raise Refused(
                "Line {line} is not UTF-8 text; save the file as “CSV UTF-8”.", field="file", line=number
            )
        yield text


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= one <= "\udfff" for one in text)


READERS: dict[str, Callable[[Iterable[bytes]], Iterator[Row]]] = {
    "text/csv": read_csv,
    "application/x-ndjson": read_json_lines,
}
"""How to read a body, by its media type."""
