"""How the rules of a domain say no."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any, Self

from shared.failure import Failure


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

    def to_keep(self) -> dict[str, Any]:
        """What is kept of it, so that it can be said in any language later."""
        values = {
            name: value.to_keep() if isinstance(value, Sentence) else str(value)
            for name, value in self.values.items()
        }
        return {"message": self.message, "values": values}

    @classmethod
    def kept(cls, message: str, values: Mapping[str, Any]) -> Self:
        """The sentence of which this was kept."""
        found = {
            name: cls.kept(**value) if isinstance(value, Mapping) else value for name, value in values.items()
        }
        return cls(message, **found)

    def said(self, translate: Callable[[str], str], show: Callable[[object], object]) -> str:
        """The sentence in the language of ``translate``; its days and numbers as ``show`` writes them."""
        words = {name: _word(value, translate, show) for name, value in self.values.items()}
        return translate(self.message).format(**words) if self.values else translate(self.message)


def _word(value: object, translate: Callable[[str], str], show: Callable[[object], object]) -> object:
    if isinstance(value, Sentence):
        return value.said(translate, show)
    if isinstance(value, str):
        return translate(value) if value else value
    return show(value)


def one_after_another(sentences: Sequence[Sentence], between: str = " ") -> Sentence:
    """Several sentences as one, of which each is said in the reader's language."""
    names = [f"part{number}" for number in range(len(sentences))]
    message = between.join(f"{{{name}}}" for name in names)
    return Sentence(message, **dict(zip(names, sentences, strict=True)))


def one_of(sentences: Sequence[Sentence]) -> Sentence:
    """Several as a choice."""
    return reduce(lambda one, other: Sentence("{one} or {other}", one=one, other=other), sentences)


class Refused(Failure):
    """A rule says no. ``field`` names what was wrong; the message says what would be right."""

    def __init__(self, message: str, *, field: str | None = None, **values: object) -> None:
        self.sentence = message if isinstance(message, Sentence) else Sentence(message, **values)
        super().__init__(self.sentence)
        self.field = field
