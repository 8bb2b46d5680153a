"""How the rules of a domain say no."""

from collections.abc import Callable
from typing import Any, Self


class Sentence(str):
    """A message for whoever asked; a page can say it in the reader's language.

    ``{names}`` in it are filled from ``values``. Those that are texts are codes or names: they are
    translated too, if the language knows them.
    """

    __slots__ = ("message", "values")
    message: str
    values: dict[str, Any]

    def __new__(cls, message: str, **values: object) -> Self:
        made = super().__new__(cls, message.format(**values) if values else message)
        made.message, made.values = message, values
        return made

    def said(self, translate: Callable[[str], str]) -> str:
        """The sentence in the language of ``translate``."""
        words = {
            name: translate(value) if isinstance(value, str) else value for name, value in self.values.items()
        }
        return translate(self.message).format(**words) if self.values else translate(self.message)


class Refused(Exception):
    """A rule says no. ``field`` names what was wrong; the message says what would be right."""

    def __init__(self, message: str, *, field: str | None = None, **values: object) -> None:
        self.sentence = Sentence(message, **values)
        super().__init__(self.sentence)
        self.field = field
