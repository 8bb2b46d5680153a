"""What a facility prints of a work order: the ticket that goes with the work, and the sheet it is tallied on.

The builders are pure: the same paper gives the same bytes. They name roles and nobody.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class MaterialNeed:
    """How much of a material what remains to be made takes."""

    name_id: str
    name_en: str
    unit: str
    quantity: Decimal


@dataclass(frozen=True, kw_only=True)
class WorkPaper:
    """A work order as its papers show it; ``report_at`` is the address of the page where it is reported."""

    number: str
    state: str
    facility: str
    facility_name: str
    sku: str
    name_id: str
    name_en: str
    quantity: int
    made: int
    good: int
    scrap: int
    remaining: int
    due: date
    materials: tuple[MaterialNeed, ...]
    report_at: str
