"""All papers of a shipment as one ZIP: made while it is sent, one paper at a time, and always with the same bytes."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from sqlalchemy.orm import Session

from services.logistics import files
from services.logistics.domain.shipment import Shipment
from services.logistics.making import makers_of

Reading = Callable[[], AbstractContextManager[Session]]
"""Opens a transaction on behalf of whoever asked, after the request was answered too."""

MANIFEST: Final = "manifest.sha256"
"""As ``sha256sum --check`` reads it; the last of the ZIP, since papers are hashed as they are made."""

EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
"""The time of all that is in it: when it was put together says nothing."""


@dataclass(frozen=True)
class Member:
    """One paper by its name in the ZIP; ``read`` gives what is in it when its turn comes."""

    name: str
    read: Callable[[], bytes]


def members_of(session: Session, shipment: Shipment, reading: Reading) -> list[Member]:
    """Our own papers, then each that was sent: the newest version by its code, the earlier ones apart.

    Each file is read in a transaction of ``reading``, so that who takes the ZIP slowly holds none open.
    """
    ours = [Member(f"made/{name}.pdf", make) for name, make in makers_of(session, shipment).items()]
    rows = files.files_of(session, shipment.id)
    newest = {row.code: row.version for row in rows}
    sent = [
        Member(
            _name(row.code, row.version, row.media_type, newest[row.code]),
            partial(_content, reading, shipment.id, row.code, row.version),
        )
        for row in rows
    ]
    return ours + sorted(sent, key=lambda each: each.name)


def _name(code: str, version: int, media_type: str, newest: int) -> str:
    folder = "documents" if version == newest else "documents/earlier"
    return f"{folder}/{code}-v{version}.{files.ENDINGS[media_type]}"


def _content(reading: Reading, shipment_id: UUID, code: str, version: int) -> bytes:
    with reading() as session:
        found = files.find_file(session, shipment_id, code, version)
        assert found is not None  # files are never taken away
        return bytes(found.content)


class _Outlet:
    """Where the archive is written to, and from where it is taken on."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, part: bytes) -> int:
        self._written.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        part = b"".join(self._written)
        self._written.clear()
        return part


def zipped(members: Iterable[Member]) -> Iterator[bytes]:
    """The archive, a member at a time, with their hashes at its end. Nothing is packed: papers are so already."""
    outlet, hashes = _Outlet(), []
    with ZipFile(outlet, "w", ZIP_STORED) as archive:  # type: ignore[call-overload]  # it only writes
        for member in members:
            content = member.read()
            hashes.append(f"{hashlib.sha256(content).hexdigest()}  {member.name}\n")
            archive.writestr(_entry(member.name), content)
            yield outlet.taken()
        archive.writestr(_entry(MANIFEST), "".join(hashes))
    yield outlet.taken()


def _entry(name: str) -> ZipInfo:
    return ZipInfo(name, date_time=EARLIEST)
