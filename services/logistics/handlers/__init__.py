"""What each command and each heard event does, all or nothing; the caller owns the transaction."""

from services.logistics.handlers.hearing import REACTIONS

__all__ = ["REACTIONS"]
