"""The buyer's word that they know who made the goods, and that importing them is theirs to answer for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from services.orders.domain.facts import digest
from services.orders.domain.order import Line, Order
from shared.events.orders import AcknowledgementEnded, AcknowledgementGiven, Changed
from shared.refusal import Refused

NEED: Final = "BUYER_ACK"
"""What rules call it."""

TEXTS: Final[Mapping[int, Mapping[str, str]]] = {
    1: {
        "en": (
            "I have read what is told here of who made these goods, where, and what the law says about them."
            " I know that this system does not decide that goods may be imported, that a dossier tells which"
            " documents are there and what is open, and that it certifies nothing. Whether these goods may be"
            " imported, and what follows if they may not, is mine to answer for."
        ),
        "id": (
            "Saya telah membaca apa yang dijelaskan di sini tentang siapa yang membuat barang ini, di mana, dan apa"
            " kata hukum tentangnya. Saya tahu bahwa sistem ini tidak memutuskan boleh tidaknya barang diimpor,"
            " bahwa dosir menjelaskan dokumen apa yang ada dan apa yang masih terbuka, dan bahwa dosir bukan"
            " sertifikat. Boleh tidaknya barang ini diimpor, dan akibatnya jika tidak boleh, adalah tanggung jawab"
            " saya."
        ),
    }
}
"""Each version in each language; one that somebody acknowledged is never changed, but followed by another."""
NEWEST: Final = max(TEXTS)
Language = Literal["en", "id"]
Standing = Literal["asked", "given"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "id")


@dataclass(frozen=True, kw_only=True)
class Said:
    """What was said last of a line; ``because`` is why an acknowledgement ended, and none while it was not."""

    text_version: int
    language: Language
    about: Mapping[str, Any]
    said_by: str
    said_by_name: str
    said_at: datetime
    because: str | None = None

    def counts(self, line: Line) -> bool:
        return self.because is None and changed(self.about, line) is None


def about(line: Line) -> dict[str, Any]:
    """What an acknowledgement is about, and ends with; of the consignee only a hash, for it is never erased."""
    return {
        "consignee": digest([line.consignee_name, line.consignee_address, line.destination]),
        "route": list(line.transit or ()),
        "lane": line.lane,
    }


def changed(then: Mapping[str, Any], line: Line) -> Changed | None:
    """What of the line is not as it was acknowledged; a route that became known as direct is no other one."""
    now = about(line)
    kinds: tuple[Changed, ...] = ("consignee", "route", "lane")
    return next((kind for kind in kinds if then[kind] != now[kind]), None)


def give(
    order: Order,
    line: Line,
    earlier: Said | None,
    *,
    text_version: int,
    language: Language,
    knows: bool,
    answers: bool,
) -> AcknowledgementGiven:
    """The buyer says both of what is asked; refused where nothing asks for it or it was said already."""
    if line.blocked:
        raise Refused("The law blocks line {line}: there is nothing to acknowledge.", line=line.number)
    if NEED not in line.needs:
        raise Refused("No rule asks for an acknowledgement of line {line}.", line=line.number)
    if not line.left_to("export"):
        raise Refused("All of line {line} has departed already.", line=line.number)
    if text_version != NEWEST:
        raise Refused("The text is at version {newest}; read that one.", field="text_version", newest=NEWEST)
    for field, said in (("knows_who_made_it", knows), ("answers_for_import", answers)):
        if not said:
            raise Refused("An acknowledgement says both: tick it if it is so.", field=field)
    if earlier and earlier.counts(line):
        raise Refused("Line {line} is acknowledged already.", line=line.number)
    return AcknowledgementGiven(
        order_id=order.id, line=line.number, text_version=text_version, language=language
    )


def end(order: Order, line: Line, standing: Said | None) -> AcknowledgementEnded | None:
    """The line is not any more what was acknowledged, if anything was; what has departed stays as it was said."""
    if standing is None or standing.because or not line.left_to("export"):
        return None
    because = changed(standing.about, line)
    return AcknowledgementEnded(order_id=order.id, line=line.number, because=because) if because else None
