"""One order from a buyer's POST to delivery, played over HTTP as its users would."""

from kendi.demo.play import play

__all__ = ["play"]
