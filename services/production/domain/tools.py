"""Tools that must come back: counted out and in each shift, until nothing differs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.refusal import Refused

BLADE, HAMMER, HARMLESS, STOCK = CLASSES = ("A", "B", "C", "S")
"""A cuts or stabs, B strikes or grips, C is harmless; S is stock that is used up, such as adhesive and thinner."""
CONTROLLED: Final = (BLADE, HAMMER, STOCK)

TOLD: Final = ("facility_head", "kplp", "kanwil")
"""Whom a locked facility is told of: its head, its security (KPLP) and the regional office."""


@dataclass(frozen=True, kw_only=True)
class ToolKind:
    """One kind of tool of a facility: how many there are, and how closely they are watched."""

    code: str
    name: str
    kind_class: str
    quantity: int


@dataclass(frozen=True, kw_only=True)
class Difference:
    """More or fewer came back than went out; stock that was ``used`` need not come back."""

    code: str
    out: int
    returned: int
    used: int

    @property
    def missing(self) -> int:
        return self.out - self.returned - self.used


def check_out(kinds: Mapping[str, ToolKind], counts: Mapping[str, int]) -> dict[str, int]:
    """What is handed out at the beginning of a shift: never more than there is, and only what is controlled."""
    for code, count in counts.items():
        kind = _controlled(kinds, code, "out")
        if count > kind.quantity:
            raise Refused(
                "{count} is more than the {most} there are of {name}.",
                field=f"out.{code}",
                count=count,
                most=kind.quantity,
                name=kind.name,
            )
    return dict(counts)


def check_in(
    kinds: Mapping[str, ToolKind],
    out: Mapping[str, int],
    returned: Mapping[str, int],
    used: Mapping[str, int],
) -> list[Difference]:
    """What came back at the end of a shift: the kinds of which it is not what went out. What is not told is none."""
    for code in returned:
        _controlled(kinds, code, "returned")
    for code in used:
        if _controlled(kinds, code, "used").kind_class != STOCK:
            raise Refused("Only stock is used up; tools come back.", field=f"used.{code}")
    counted = (
        Difference(code=code, out=out.get(code, 0), returned=returned.get(code, 0), used=used.get(code, 0))
        for code in sorted({*out, *returned, *used})
    )
    return [each for each in counted if each.missing]


def _controlled(kinds: Mapping[str, ToolKind], code: str, field: str) -> ToolKind:
    kind = kinds.get(code)
    if kind is None or kind.kind_class not in CONTROLLED:
        raise Refused("Give a controlled tool of this facility.", field=f"{field}.{code}")
    return kind
