"""CSV for spreadsheets, which take some texts for formulas and run them."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from flask import Response, stream_with_context

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How a formula begins, in the wide forms of East Asian keyboards too."""
UNSEEN = " \u00a0\u00ad\u200b\u200c\u200d\u2060\u3000\ufeff"
"""What may stand before it without being seen."""


def cell(value: Any) -> str:
    """The value as text that no spreadsheet runs: an apostrophe stands before what would be a formula."""
    text = "" if value is None else str(value)
    begins = text[len(text) - len(text.lstrip(UNSEEN)) :]
    return f"'{text}" if begins.startswith(FORMULAS) else text


def download(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """A file of this name, sent row by row; the rows may come from the database meanwhile."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    text = stream_with_context(_lines([columns], rows))
    return Response(text, headers=headers, content_type="text/csv; charset=utf-8")


def _lines(*parts: Iterable[Sequence[Any]]) -> Iterator[str]:
    for part in parts:
        for row in part:
            line = io.StringIO()
            csv.writer(line, quoting=csv.QUOTE_ALL).writerow([cell(value) for value in row])
            yield line.getvalue()
