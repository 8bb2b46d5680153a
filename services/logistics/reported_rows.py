"""Rows of a file with milestones, as carriers send them from a table."""

from collections.abc import Iterator
from io import BytesIO

from services.logistics.schemas.milestones import NAMES
from shared.table_rows import Columns, Row, lines_of, read_csv

COLUMNS = Columns(needed=("shipment", "place", "occurred_at"), one_of=NAMES)
MOST_ROWS = 1_000
MOST_BYTES = 256 * 1024


def rows_of(content: bytes) -> Iterator[Row]:
    return read_csv(lines_of(BytesIO(content)), COLUMNS, MOST_ROWS)
