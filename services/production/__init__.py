"""Who makes what, by when, and how much of it is good.

Owns the facilities, their capacity, the work orders and the lots. Used by the officers of the
facilities and the regional office.
"""

from shared.card import Card

CARD = Card(
    name="production",
    owns=("facility", "plan", "work_order", "lot", "promise"),
    hears={"orders": ("item", "order", "quote")},
    desk="Work board",
    language="id",
)
