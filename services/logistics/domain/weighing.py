"""Weighing: a closed carton weighs what its pieces weigh, or it is opened again."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.logistics.domain.carton import HEAVIEST_G, Carton
from shared.refusal import Refused


def need_weighable(carton: Carton, *, left: Mapping[UUID, str]) -> None:
    """Refuse to weigh what is not there; ``left`` are the numbers of the shipments that were sealed."""
    carton.need_there()
    if carton.shipment_id is not None and carton.shipment_id in left:
        raise Refused(
            "Carton {sscc} left in shipment {number}: its weight stands in the papers.",
            field="sscc",
            sscc=carton.sscc,
            number=left[carton.shipment_id],
        )


def weigh(carton: Carton, grams: int, *, seal: str | None, at: datetime) -> None:
    """Note what the scale says. A carton that did not fit its weight is weighed again under a new seal only."""
    if grams > HEAVIEST_G:
        raise Refused(
            "{weight} g is too heavy: {most} g is the most that may be lifted. Unpack carton {sscc}.",
            field="grams",
            weight=grams,
            most=HEAVIEST_G,
            sscc=carton.sscc,
        )
    if carton.must_be_reopened and seal in (None, carton.seal):
        raise Refused(
            "Carton {sscc} did not weigh what it should: open and count it, close it with a new seal, and "
            "give the number of the seal.",
            field="seal",
            sscc=carton.sscc,
        )
    carton.measured_g, carton.weighed_at, carton.explained_by = grams, at, None
    carton.seal = seal or carton.seal
