"""The commands of operators: ``kendi status`` and ``kendi events``."""

from kendi.operating.events import events
from kendi.operating.status import status

__all__ = ["events", "status"]
