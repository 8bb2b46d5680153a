"""Codes of workers: random, so that nothing about anybody can be read from one."""

from collections.abc import Callable, Sequence

from services.production.domain.work_order import short_code

SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""None that is read for another."""
LENGTH = 4


def code_of(facility: str, draw: Callable[[Sequence[str]], str]) -> str:
    """A code such as ``SRG-7K3Q``; ``draw`` takes one sign at random."""
    return f"{short_code(facility)}-{''.join(draw(SIGNS) for _ in range(LENGTH))}"
