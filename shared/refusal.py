"""How the rules of a domain say no."""

from collections.abc import Callable


class Refused(Exception):
    """A rule says no. ``field`` names what was wrong; the message says what would be right.

    A message with ``{names}`` is filled from ``values``, so that a page can say it in the reader's
    language.
    """

    def __init__(self, message: str, *, field: str | None = None, **values: object) -> None:
        super().__init__(message.format(**values) if values else message)
        self.message = message
        self.values = values
        self.field = field

    def said(self, translate: Callable[[str], str]) -> str:
        """The refusal in the language of ``translate``."""
        words = {
            name: translate(value) if isinstance(value, str) else value for name, value in self.values.items()
        }
        return translate(self.message).format(**words) if self.values else translate(self.message)
