"""Telling buyers' systems, signed as Standard Webhooks, each order's steps in their order.

At least once, with a stable id. A delivery that fails is tried again with growing pauses for
three days and holds back only the later ones of its own order; then it is given up, and the
later ones go on. Each carries the number of its step in its order, so that a buyer sees what
is missing, and can have it told again. An endpoint that fails for all orders is tried by one
probe in each pause until it answers.
"""

from services.orders.webhooks.address import check_address
from services.orders.webhooks.delivery import deliver_due, is_due, try_soon
from services.orders.webhooks.secrets import new_secret

__all__ = ["check_address", "deliver_due", "is_due", "new_secret", "try_soon"]
