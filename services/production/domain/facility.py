"""Which facilities may take part, and what each still lacks before it is asked for work."""

from dataclasses import dataclass
from typing import Literal

from stdnum import ean

from services.production.domain.agreement import LANES
from services.production.domain.clearance import LANE
from shared.events.orders import Lane
from shared.refusal import Refused

KINDS = ("lapas", "rutan", "lpka", "bapas", "workshop")
PRISONS = ("lapas", "rutan", "lpka")
"""What is made there is made by prisoners; a workshop is outside, and says who works in it."""
CLASSES = ("I", "II", "IIA", "IIB", "III")
FIRST_LEVEL, HIGHEST_LEVEL = 1, 3
"""Skill: learning under a master, working alone, teaching others. An article needs the first unless it says more."""
Zone = Literal["block", "workshop"]
ZONES = ("block", "workshop")
"""Where a family is made: no blade comes into a block, whatever is cut or sawn is made in the workshop."""


@dataclass(frozen=True, kw_only=True)
class Particulars:
    """What a facility is; ``producing`` says that it takes part, ``verified`` that the regional office confirmed it.

    ``lane`` is whose work its lots are: of prisoners, of people on parole or in the community, or of free workers.
    """

    name: str
    kind: str
    kelas: str | None
    place: str
    cluster: str
    time_zone: str
    address: tuple[str, ...]
    gln: str
    hub: bool
    verified: bool
    producing: bool
    lane: Lane

    def may_be(self) -> None:
        """Refuse work for children, free work in a prison, and a number of a place that is none."""
        if self.producing and self.kind == "lpka":
            raise Refused("Children are never given work.", field="producing")
        if self.producing and self.kind == "bapas":
            raise Refused("A Bapas has no workshop.", field="producing")
        if self.kind in PRISONS and self.lane != LANE:
            raise Refused("What is made in a Lapas, Rutan or LPKA is made by prisoners.", field="lane")
        if not ean.is_valid(self.gln) or len(self.gln) != 13:
            raise Refused("Give the 13 digits of its GLN, the last of them the check digit.", field="gln")


def lane_may_become(lane: str, *, before: str, open_work: int) -> None:
    """Refuse to make freer, by an edit, the lots of work that others have begun or are asked for."""
    if open_work and LANES.index(lane) > LANES.index(before):
        raise Refused(
            "Work orders are open here ({count}): an edit never makes their lots freer. Change this when they are done.",
            field="lane",
            count=open_work,
        )


def still_missing(
    *, verified: bool, producing: bool, open_minutes: int, families: int, workers: int, agreements: int
) -> tuple[str, ...]:
    """What keeps a facility from being asked for work, in the order in which it is put right."""
    wanting = {
        "hours": not open_minutes,
        "families": not families,
        "workers": not workers,
        "producing": not producing,
        "verified": not verified,
        "agreement": not agreements,
    }
    return tuple(name for name, lacks in wanting.items() if lacks)
