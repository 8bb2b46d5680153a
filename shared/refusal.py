"""How the rules of a domain say no."""


class Refused(Exception):
    """A rule says no. ``field`` names what was wrong; the message says what would be right."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field
