"""How finished goods reach the consignee.

Owns the cartons, the shipments, their documents and milestones. Used by the logistics staff at
the hubs.
"""

from shared.card import Card

CARD = Card(
    name="logistics",
    owns=("packing", "shipment", "withholding"),
    hears={"orders": ("item", "order"), "production": ("facility", "lot")},
    desk="Dispatch desk",
)
