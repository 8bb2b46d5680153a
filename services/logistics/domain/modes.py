"""How goods travel: what each mode of transport has and lacks, as one table that the rules read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Literal

from services.logistics.domain.milestones import Graph
from services.logistics.domain.order import HOME
from services.logistics.domain.sscc import looks_like_container

Unit = Literal["container", "truck", "waybill"]
"""By what number the goods leave the hub: that of their container after ISO 6346, of the truck that brings them on, or of
the air waybill under which they go."""

_PLATE: Final = re.compile(r"([A-Z]{1,2})([0-9]{1,4})([A-Z]{0,3})")
_WAYBILL: Final = re.compile(r"([0-9]{3})([0-9]{8})")
_SIGNS: Final = re.compile(r"[()-]")


def unit_number(typed: str) -> str:
    """The one way in which we write the number of such a unit: H 1234 AB, CSQU3054383, 126-12345675.

    Another, such as that of a shipment, stays as it is, in capitals and without blanks.
    """
    together = "".join(typed.upper().split())
    plain = _SIGNS.sub("", together)
    if looks_like_container(plain):
        return plain
    if plate := _PLATE.fullmatch(plain):
        return " ".join(filter(None, plate.groups()))
    if waybill := _WAYBILL.fullmatch(plain):
        return "-".join(waybill.groups())
    return together


@dataclass(frozen=True, kw_only=True)
class Mode:
    """One way to travel.

    ``places`` is what loads and discharges the goods, none where they go from the hub to the consignee's door; ``asks``
    what a booking must tell. ``skips`` are the milestones that its way does not have, ``without`` the papers of ours
    that nobody needs. ``closing_days`` before the departure no more is taken; it may arrive on the ``same_day``.
    ``cm3_per_kg`` is the volume for which the carrier charges a kilogram, if the goods weigh less.
    """

    code: str
    home: bool = False
    places: Literal["sea", "air"] | None
    unit: Unit
    asks: tuple[str, ...]
    skips: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    closing_days: int = 0
    same_day: bool = False
    cm3_per_kg: int | None = None

    @property
    def sealed(self) -> bool:
        """Whether what leaves the hub has a seal of ours; an airline builds up its pallets itself."""
        return self.unit != "waybill"

    def closes_on(self, etd: date) -> date:
        """The last day on which the carrier takes what departs on this one."""
        return etd - timedelta(days=self.closing_days)

    def way(self, graph: Graph) -> Graph:
        """The milestones that it has, each after those that it has of what comes before."""
        if not self.skips:
            return graph
        return {
            code: replace(
                milestone,
                after=self.before(milestone.after, graph),
                ended_by=self.instead(milestone.ended_by, graph),
                bars=self.instead(milestone.bars, graph),
            )
            for code, milestone in graph.items()
            if code not in self.skips
        }

    def before(self, codes: tuple[str, ...], graph: Graph) -> tuple[str, ...]:
        """These milestones; in place of one that it skips those that come before it."""
        found = [
            self.before(graph[code].after, graph) if code in self.skips else (code,)
            for code in codes
            if code in graph
        ]
        return tuple(dict.fromkeys(code for some in found for code in some))

    def instead(self, codes: tuple[str, ...], graph: Graph) -> tuple[str, ...]:
        """These milestones; in place of one that it skips those that come next, which then wait for the same."""
        found = [self.instead(_next(code, graph), graph) if code in self.skips else (code,) for code in codes]
        return tuple(dict.fromkeys(code for some in found for code in some))


def _next(code: str, graph: Graph) -> tuple[str, ...]:
    return tuple(each.code for each in graph.values() if code in each.after and not each.beside)


ABROAD: Final = ("carrier", "vessel", "voyage", "port_of_loading", "port_of_discharge")
OF_EXPORT: Final = frozenset(
    {
        "FUMIGATED",
        "PEB_SUBMITTED",
        "NPE_ISSUED",
        "GATE_IN",
        "LOADED",
        "NOT_LOADED",
        "TRANSSHIPPED",
        "DISCHARGED",
        "IMPORT_CLEARED",
        "GATE_OUT",
        "STRIPPED",
        "CUSTOMS_RED_LANE",
        "QUARANTINE_HOLD",
        "QUARANTINE_RELEASED",
        "DETAINED_AT_DEST",
        "OUT_OF_PORT",
    }
)
"""What goods that stay in Indonesia never meet."""

WHOLE: Final = Mode(code="sea_fcl", places="sea", unit="container", asks=ABROAD, closing_days=1)
SHARE: Final = Mode(code="sea_lcl", places="sea", unit="truck", asks=ABROAD, closing_days=1)
AIR: Final = Mode(
    code="air",
    places="air",
    unit="waybill",
    asks=ABROAD,
    skips=frozenset({"LOADED"}),
    same_day=True,
    cm3_per_kg=6000,
)
ROAD: Final = Mode(
    code="road",
    home=True,
    places=None,
    unit="truck",
    asks=("carrier",),
    skips=OF_EXPORT,
    without=frozenset({"shipping-instruction", "peb-data"}),
    same_day=True,
)

MODES: Final[Mapping[str, Mode]] = {each.code: each for each in (WHOLE, SHARE, AIR, ROAD)}


def usual_to(destination: str) -> Mode:
    """As goods are expected to travel until they are booked: at home by road, else in a container of their own."""
    return ROAD if destination == HOME else WHOLE
