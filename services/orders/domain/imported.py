"""What becomes of the rows of an import."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from shared.refusal import Refused, Sentence

OF_THE_ORDER = ("po_number", "currency", "incoterm", "named_place", "payment_terms")
"""What all rows of one order must say alike."""
MOST_LINES = 200
IN_A_LINE = re.compile(r"lines\[(\d+)\]\.(.+)")

Place = Callable[[dict[str, Any]], tuple[Literal["accepted", "repeated"], UUID | None]]
"""Places the order or says that it stands already, under its id; raises ``Refused``."""

Loaded = Mapping[int, dict[str, Any]]
"""Rows that are right each by itself, by their numbers."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of one row, or would become of it."""

    number: int
    outcome: Literal["accepted", "refused", "repeated"]
    order_id: UUID | None = None
    field: str | None = None
    reason: str | None = None


def refused(numbers: Sequence[int], wrong: Mapping[int, tuple[str, str]]) -> list[Verdict]:
    """An order is refused as a whole: each row that is wrong for its own reason, the others for these."""
    because = Sentence("Refused with row {row} of the same order.", row=min(wrong))
    return [
        Verdict(number=number, outcome="refused", field=field, reason=reason)
        for number in numbers
        for field, reason in [wrong.get(number, ("po_number", because))]
    ]


def order_in(rows: Loaded) -> dict[str, Any]:
    """The order that the rows make together."""
    first, *others = rows.values()
    if len(rows) > MOST_LINES:
        raise Refused("An order has up to {most} lines.", field="po_number", most=MOST_LINES)
    for index, row in enumerate(others, 1):
        for name in OF_THE_ORDER:
            if row[name] != first[name]:
                raise Refused(
                    "Rows of one order have the same {name}; the first has {value}.",
                    field=f"lines[{index}].{name}",
                    name=name,
                    value=first[name],
                )
    return {**{name: first[name] for name in OF_THE_ORDER}, "lines": [_line(row) for row in rows.values()]}


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    said = ("sku", "quantity", "requested_date", "unit_price", "transit")
    line = {name: row[name] for name in said if name in row}
    consignee = {name: row[f"consignee_{name}"] for name in ("name", "address", "country")}
    return {**line, "consignee": consignee}


def refusal_of(rows: Loaded, refusal: Refused) -> list[Verdict]:
    """What a rule that refuses the order says of each of its rows."""
    numbers = list(rows)
    found = IN_A_LINE.fullmatch(refusal.field or "")
    if found is None:
        told = (refusal.field or "po_number", refusal.sentence)
        return refused(numbers, dict.fromkeys(numbers, told))
    field = found[2].replace("consignee.", "consignee_")
    return refused(numbers, {numbers[int(found[1])]: (field, refusal.sentence)})


def judged(rows: Loaded, place: Place) -> list[Verdict]:
    """The verdict on the order that the rows make, for each of them."""
    try:
        outcome, order_id = place(order_in(rows))
    except Refused as refusal:
        return refusal_of(rows, refusal)
    return [Verdict(number=number, outcome=outcome, order_id=order_id) for number in rows]
