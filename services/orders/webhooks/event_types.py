"""What an endpoint may choose from: all that the timeline of an order can say."""

from services.orders import CARD
from services.orders.handlers.hearing import REACTIONS
from shared.events import CONTRACTS, contract_of

OWN = [told.type for told in CONTRACTS.values() if told.owner == CARD.name and told.subject_kind == "order"]
HEARD = [
    contract_of(event).type
    for event in REACTIONS
    if "order_id" in event.__dataclass_fields__ or contract_of(event).subject_kind == "shipment"
]
EVENT_TYPES = (*OWN, *HEARD)
"""The order's own events first, then those of the other services."""
