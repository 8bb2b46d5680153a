"""What a scan says of one carton: whether it is news, or was scanned before, or can't be true."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.logistics.domain.carton import Carton
from shared.refusal import Refused, Sentence


@dataclass(frozen=True, kw_only=True)
class Scan:
    """One reading of a label, with what the scale and the packer say of the carton."""

    sscc: str
    grams: int | None = None
    seal: str | None = None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one scan: accepted, repeated or refused, and why."""

    sscc: str
    outcome: str
    message: Sentence | None = None


def need_loadable(carton: Carton, *, shipment_id: UUID, number: str, numbers: Mapping[UUID, str]) -> None:
    """Refuse what is not to go into this shipment's container; ``numbers`` are those of the others' shipments."""
    if carton.reason_to_stay:
        raise Refused(carton.reason_to_stay, field="sscc")
    if carton.shipment_id is None:
        raise Refused("Carton {sscc} is in no shipment.", field="sscc", sscc=carton.sscc)
    if carton.shipment_id != shipment_id:
        raise Refused(
            "Carton {sscc} belongs to shipment {other}, not to {number}: do not load it.",
            field="sscc",
            sscc=carton.sscc,
            other=numbers[carton.shipment_id],
            number=number,
        )


def repeated(carton: Carton) -> Sentence:
    return Sentence(
        "Carton {sscc} was scanned before. If this is another carton, its label was printed twice: set it "
        "aside and give it a new label.",
        sscc=carton.sscc,
    )
