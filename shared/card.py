"""A service's card: what it owns, what it hears, and from whom."""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """What the rest of the system may know about a service.

    ``owns`` are the kinds of subject that it publishes events about; ``hears`` maps another
    service to the kinds of its subjects that this one subscribes to. Who hears one event of a
    subject hears all of them, so that its sequence has no gaps.
    """

    name: str
    owns: tuple[str, ...]
    hears: Mapping[str, tuple[str, ...]]
    desk: str = "Kendi"
    """The name of its pages in English; the translations have it in Indonesian."""
    language: str = "en"
    """What its people read if neither they nor their browser say."""


def card_of(service: str) -> Card:
    """The card in ``services/<service>/__init__.py``."""
    card: Card = importlib.import_module(f"services.{service}").CARD
    return card


def all_cards() -> dict[str, Card]:
    """Every service's card by name: a folder under ``services`` is a service."""
    services = importlib.import_module("services")
    return {module.name: card_of(module.name) for module in pkgutil.iter_modules(services.__path__)}
