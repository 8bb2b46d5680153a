"""What goods are loaded into, and whether they fit: by volume and by weight."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from services.logistics.domain.carton import Carton
from services.logistics.domain.modes import MODES
from services.logistics.domain.order import HOME
from shared.refusal import Refused, Sentence, one_after_another

MM3_IN_M3 = Decimal(1_000_000_000)


@dataclass(frozen=True, kw_only=True)
class Equipment:
    """A container, a truck, a share of one, or air freight. Without ``usable_m3`` it has no walls of its own."""

    code: str
    mode: str
    name_en: str
    name_id: str
    usable_m3: int | None = None
    payload_kg: int | None = None
    worth_until_m3: int | None = None


def in_m3(mm3: int) -> Decimal:
    """A volume as it is shown: to the hundredth, never less than it is. What is reckoned with stays exact."""
    return (mm3 / MM3_IN_M3).quantize(Decimal("0.01"), ROUND_UP)


@dataclass(frozen=True, kw_only=True)
class Load:
    """The outer volume of cartons and their gross weight."""

    mm3: int
    grams: int

    @property
    def m3(self) -> Decimal:
        return in_m3(self.mm3)

    @property
    def kg(self) -> Decimal:
        return (Decimal(self.grams) / 1000).quantize(Decimal("0.1"), ROUND_UP)

    def chargeable_kg(self, cm3_per_kg: int) -> Decimal:
        """What a carrier charges for: the weight, or that of the volume where it is more; by half kilograms, rounded up."""
        of_volume = Decimal(self.mm3) / 1000 / cm3_per_kg
        halves = (2 * max(Decimal(self.grams) / 1000, of_volume)).to_integral_value(ROUND_UP)
        return (halves / 2).quantize(Decimal("0.1"))

    def reasons_not_to_fit(self, equipment: Equipment) -> list[Sentence]:
        reasons = []
        if equipment.usable_m3 is not None and self.mm3 > equipment.usable_m3 * MM3_IN_M3:
            reasons.append(
                Sentence(
                    "{m3} m³ don't go into {equipment}, which takes {usable} m³.",
                    m3=self.m3,
                    equipment=equipment.code,
                    usable=equipment.usable_m3,
                )
            )
        if equipment.payload_kg is not None and self.grams > equipment.payload_kg * 1000:
            reasons.append(
                Sentence(
                    "{kg} kg don't go into {equipment}, which carries {payload} kg.",
                    kg=self.kg,
                    equipment=equipment.code,
                    payload=equipment.payload_kg,
                )
            )
        return reasons

    def advice(self, equipment: Equipment) -> Sentence | None:
        """What is possible, and yet seldom right."""
        if equipment.worth_until_m3 is not None and self.mm3 > equipment.worth_until_m3 * MM3_IN_M3:
            return Sentence(
                "{m3} m³ go as {equipment}, but above {worth} m³ a whole container costs less as a rule.",
                m3=self.m3,
                equipment=equipment.code,
                worth=equipment.worth_until_m3,
            )
        return None


def load_of(cartons: Iterable[Carton]) -> Load:
    found = list(cartons)
    return Load(
        mm3=sum(each.length_mm * each.width_mm * each.height_mm for each in found),
        grams=sum(each.weight_g for each in found),
    )


def bound_for(destination: str, known: Sequence[Equipment]) -> list[Equipment]:
    """What goods travel in to this country: at home in trucks, abroad in containers and by air."""
    return [each for each in known if MODES[each.mode].home == (destination == HOME)]


def choose(load: Load, known: Sequence[Equipment], code: str | None, *, to: str) -> Equipment:
    """What was asked for, if the load fits; if nothing was, the first container or truck that takes it.

    A load that does not fit is refused, not warned of: one shipment is one container, and what stays
    outside of it would leave under papers that tell of it.
    """
    fitting = bound_for(to, known)
    if code is None:
        return _first_that_takes(load, fitting)
    chosen = next((each for each in known if each.code == code), None)
    if chosen is None:
        codes = ", ".join(each.code for each in fitting)
        raise Refused(
            "There is no equipment {code}; give one of {codes}.", field="equipment", code=code, codes=codes
        )
    need_fit(load, chosen, fitting)
    return chosen


def need_fit(load: Load, equipment: Equipment, known: Sequence[Equipment]) -> None:
    reasons = load.reasons_not_to_fit(equipment)
    if not reasons:
        return
    others = ", ".join(each.code for each in known if not load.reasons_not_to_fit(each))
    way_out = Sentence("Split the shipment, or take one of {others}.", others=others)
    raise Refused(one_after_another([*reasons, way_out]), field="equipment")


def _first_that_takes(load: Load, known: Sequence[Equipment]) -> Equipment:
    first = smallest_for(load, known)
    if first is None:
        raise Refused("What goods are loaded into is not known: run kendi load first.")
    need_fit(load, first, known)
    return first


def smallest_for(load: Load, known: Sequence[Equipment]) -> Equipment | None:
    """The first container that takes the load, or the largest if none does."""
    walled = [each for each in known if each.usable_m3 is not None]
    fitting = (each for each in walled if not load.reasons_not_to_fit(each))
    return next(fitting, walled[-1] if walled else None)
