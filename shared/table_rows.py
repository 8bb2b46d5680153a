"""Reading the rows of a table that somebody sent, one after the other however many there are."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from shared.refusal import Refused, Sentence

LONGEST_LINE = 64 * 1024
SEPARATORS = ",;\t"


@dataclass(frozen=True, kw_only=True)
class Columns:
    """What the header names, each once: all that is needed, others as they like, and of ``one_of`` at least one."""

    needed: tuple[str, ...]
    others: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()

    def named_by(self, header: list[str]) -> list[str]:
        """The columns in the order of the header; refused with what would be right."""
        names = [name.strip().lower() for name in header]
        missing = [name for name in self.needed if name not in names]
        if self.one_of and set(self.one_of).isdisjoint(names):
            missing.append("/".join(self.one_of))
        unknown = [name for name in names if name not in (*self.needed, *self.others, *self.one_of)]
        if missing or unknown or len(names) != len(set(names)):
            raise Refused(
                "The first line must name these columns, each once: {needed}; also one or more of: {one_of}; and may"
                " name: {others}. Missing: {missing}. Unknown: {unknown}.",
                field="file",
                needed=", ".join(self.needed),
                one_of=", ".join(self.one_of) or "–",
                others=", ".join(self.others) or "–",
                missing=", ".join(missing) or "–",
                unknown=", ".join(name[:40] or "(empty)" for name in unknown[:10]) or "–",
            )
        return names


@dataclass(frozen=True)
class Row:
    """What one row says, by the number of the line where it begins. ``wrong`` says why it can't be read, if it can't."""

    number: int
    content: dict[str, Any]
    wrong: Sentence | None = None


def lines_of(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file, none read further than a line may be long."""
    return iter(lambda: file.readline(LONGEST_LINE + 1), b"")


def decoded(lines: Iterable[bytes], most_rows: int) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            most = LONGEST_LINE // 1024
            raise Refused("Line {line} is longer than {most} kB.", field="file", line=number, most=most)
        if number > most_rows + 1:
            raise Refused("Send up to {most} lines at once.", field="file", most=most_rows)
        try:
            text = line.decode()
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            raise Refused(
                "Line {line} is not UTF-8 text; save the file as “CSV UTF-8”.", field="file", line=number
            )
        yield text


def read_csv(lines: Iterable[bytes], columns: Columns, most_rows: int) -> Iterator[Row]:
    """Rows below a header that names the columns, between commas, semicolons or tabs, in UTF-8."""
    texts = decoded(lines, most_rows)
    header = next(texts, "").removeprefix("\ufeff")
    separator = max(SEPARATORS, key=header.count)
    names = columns.named_by(_cells(csv.reader([header], delimiter=separator), line=1) or [])
    reader = csv.reader(texts, delimiter=separator, strict=True)
    begins = 2
    while (cells := _cells(reader, line=begins)) is not None:
        if any(cells):
            yield _row(begins, names, cells)
        begins = reader.line_num + 2


def _cells(reader: Iterator[list[str]], *, line: int) -> list[str] | None:
    """The next row, which begins on this line; none after the last."""
    try:
        return next(reader, None)
    except csv.Error as error:
        raise Refused(
            "Line {line} is no CSV ({error}); put each cell that has quotes or line ends in quotes.",
            field="file",
            line=line,
            error=str(error),
        ) from None


def _row(number: int, names: list[str], cells: list[str]) -> Row:
    content = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if cell.strip()}
    if len(cells) == len(names):
        return Row(number, content)
    wrong = Sentence(
        "The row has {cells} cells and the header {columns}.", cells=len(cells), columns=len(names)
    )
    return Row(number, content, wrong)
