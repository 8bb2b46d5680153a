"""Hashing of passwords (argon2id). It takes long and much memory, so it is bounded and no transaction waits for it."""

import secrets
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from shared.web.problems import Problem

AT_ONCE = 4
"""Verifications in one process: each takes 64 MiB and a core for a quarter of a second."""

_hasher = PasswordHasher()
_rooms = BoundedSemaphore(AT_ONCE)


def _b64(length: int) -> str:
    return b64encode(secrets.token_bytes(length)).decode().rstrip("=")


NOBODYS = (
    f"$argon2id$v=19$m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    f"${_b64(_hasher.salt_len)}${_b64(_hasher.hash_len)}"
)
"""The hash of no password: verified for unknown e-mail addresses, so that the time taken tells nothing."""


def hashed(password: str) -> str:
    return _hasher.hash(password)


@contextmanager
def room() -> Iterator[None]:
    """Room for one verification; who finds none is told to come again (503) rather than kept waiting."""
    if not _rooms.acquire(blocking=False):
        raise Problem(
            503,
            "Too many sign-ins at once",
            "Many people sign in at this moment; nothing was done. Try again in a few seconds.",
            retry_after=2,
        )
    try:
        yield
    finally:
        _rooms.release()


def fits(hash: str, password: str) -> bool:
    try:
        return _hasher.verify(hash, password)
    except VerificationError:
        return False
