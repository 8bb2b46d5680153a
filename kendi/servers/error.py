"""What all of this package raises."""

from shared.failure import Failure


class ServersError(Failure):
    """A server could not be started; the message says why and where its log lies."""
