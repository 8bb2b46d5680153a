"""What buyers asked for, and what became of it.

Owns the catalogue, the buyers' orders and the decision whether goods may go to a destination.
Used by buyer systems, the buyer portal, the compliance officer and the regional office.
"""

from shared.card import Card

CARD = Card(
    name="orders",
    owns=("item", "order", "quote"),
    hears={
        "production": ("facility", "plan", "work_order", "lot", "promise"),
        "logistics": ("packing", "shipment", "withholding"),
    },
    desk="Portal",
)
