"""What all of this package raises."""


class ServersError(Exception):
    """A server could not be started; the message says why and where its log lies."""
