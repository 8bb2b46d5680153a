"""Telling buyers' systems, signed as Standard Webhooks, each order's steps in their order.

At least once, with a stable id. A delivery that fails is tried again with growing pauses for
three days and holds back only the later ones of its own order; then it is given up, and the
later ones go on. Each carries the number of its step in its order, so that a buyer sees what
is missing.
"""

from services.orders.webhooks.address import check_address
from services.orders.webhooks.delivery import GIVE_UP_AFTER, deliver_due, is_due, new_secret

__all__ = ["GIVE_UP_AFTER", "check_address", "deliver_due", "is_due", "new_secret"]
