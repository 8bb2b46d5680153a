"""What a command answers with one line instead of a traceback."""


class Failure(Exception):
    """Something is not as it must be, and whoever asked can do something about it: the message says what."""
