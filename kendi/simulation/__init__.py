"""``kendi simulate``: a year of the province by the advanced clock, on the real code of production."""

from kendi.simulation.command import simulate

__all__ = ["simulate"]
