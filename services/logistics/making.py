"""Our own papers of a shipment: what each says is read first, and made without the database."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue

from sqlalchemy.orm import Session

from services.logistics import papers
from services.logistics.documents import ShipmentPaper, Told
from services.logistics.documents.delivery_note import delivery_note
from services.logistics.documents.invoice import invoice
from services.logistics.documents.labels import PART, labels, labels_in_part
from services.logistics.documents.packing_list import packing_list
from services.logistics.documents.peb_data import peb_data
from services.logistics.documents.shipping_instruction import shipping_instruction
from services.logistics.domain.shipment import Shipment
from shared.refusal import Refused

MAKERS: dict[str, Callable[[ShipmentPaper], bytes]] = {
    "packing-list": packing_list,
    "invoice": invoice,
    "labels": labels,
    "shipping-instruction": shipping_instruction,
    "peb-data": peb_data,
}
"""Each makes its paper from the rows: the same rows give the same bytes."""

NOTE = "delivery-note"
NAMES = (*MAKERS, NOTE)

ANY_OF_THEM = "<any({}):name>".format(", ".join(f"'{name}'" for name in NAMES))
"""One of the names, as a part of an address."""

LONG: dict[str, Callable[[ShipmentPaper, Told], bytes]] = {"packing-list": packing_list, "labels": labels}
"""Those with a line or a page for each carton: with thousands they take seconds."""

ANY_LONG = "<any({}):name>".format(", ".join(f"'{name}'" for name in LONG))
TOLD_EACH = 10
"""So many cartons are told of at a time."""


def makers_of(session: Session, shipment: Shipment) -> dict[str, Callable[[], bytes]]:
    """What makes each paper that its way has, once it is called; until then nothing is made, and after this nothing is
    read."""
    paper = papers.paper_of(session, shipment)
    note = papers.note_from_hub(session, shipment, paper)
    return {
        **{name: partial(make, paper) for name, make in MAKERS.items() if name not in shipment.by.without},
        NOTE: partial(delivery_note, note),
    }


def maker_of_part(session: Session, shipment: Shipment, name: str, part: int) -> Callable[[], bytes]:
    """What makes one part of the labels; the other papers come whole."""
    most = -(-len(shipment.cartons) // PART) if name == "labels" else 0
    if not most:
        raise Refused("Only labels come in parts.", field="part")
    if not 1 <= part <= most:
        raise Refused("Give a part from 1 to {most}.", field="part", most=most)
    return partial(labels_in_part, papers.paper_of(session, shipment), part)


def with_progress(make: Callable[[Told], bytes], cartons: int) -> Iterator[bytes]:
    """How far a long paper is, a line for some cartons of all; after an empty line the paper itself."""
    done = SimpleQueue[int | None]()
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(make, done.put)
        made.add_done_callback(lambda _: done.put(None))
        yield b"0 %d\n" % cartons
        for number in iter(done.get, None):
            if number % TOLD_EACH == 0 or number == cartons:
                yield b"%d %d\n" % (number, cartons)
        paper = made.result()
        yield b"\n"
        yield paper
