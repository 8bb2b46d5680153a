"""Rows of a file with milestones, as carriers send them from a table."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from shared.refusal import Refused

NEEDED = ("shipment", "place", "occurred_at")
CODES = ("milestone", "dcsa", "edifact")
MOST_ROWS = 1_000
MOST_BYTES = 256 * 1024
SEPARATORS = ",;\t"


@dataclass(frozen=True)
class Row:
    """One report by its line in the file: which shipment it is about, and what it says."""

    line: int
    shipment: str
    said: dict[str, str]


def rows_of(content: bytes) -> Iterator[Row]:
    """Rows below a header that names the columns, between commas, semicolons or tabs, in UTF-8."""
    reader = csv.reader(io.StringIO(text := _decoded(content)), delimiter=_separator(text), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        _need_columns(header)
        for cells in reader:
            if any(cells):
                yield _row(reader.line_num, header, cells)
    except csv.Error as error:
        raise Refused(
            "Line {line} is no CSV ({error}); put each cell that has quotes or line ends in quotes.",
            field="file",
            line=reader.line_num,
            error=str(error),
        ) from None


def _row(line: int, header: list[str], cells: list[str]) -> Row:
    """A row with too few or too many cells says nothing of what it means, and is refused by the missing ones."""
    fits = len(cells) == len(header)
    said = (
        {name: cell.strip() for name, cell in zip(header, cells, strict=False) if cell.strip()}
        if fits
        else {}
    )
    return Row(line, said.pop("shipment", ""), said)


def _decoded(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise Refused("The file is not UTF-8 text; save it as “CSV UTF-8”.", field="file")
    if text.count("\n") > MOST_ROWS + 1:
        raise Refused("Send up to {most} lines at once.", field="file", most=MOST_ROWS)
    return text


def _separator(text: str) -> str:
    return max(SEPARATORS, key=text.partition("\n")[0].count)


def _need_columns(header: list[str]) -> None:
    missing = [name for name in NEEDED if name not in header]
    unknown = [name for name in header if name not in (*NEEDED, *CODES)]
    if missing or unknown or len(header) != len(set(header)) or not set(CODES) & set(header):
        raise Refused(
            "The first line must name these columns, each once: {columns}, and one or more of {codes}."
            " Missing: {missing}. Unknown: {unknown}.",
            field="file",
            columns=", ".join(NEEDED),
            codes=", ".join(CODES),
            missing=", ".join(missing) or "–",
            unknown=", ".join(name[:40] or "(empty)" for name in unknown[:10]) or "–",
        )
