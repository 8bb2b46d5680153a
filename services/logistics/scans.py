"""Papers that people send: taken for what they are, not for what they are called."""

from io import BytesIO
from typing import Final

from pypdf import PdfReader

from shared.photos import opened
from shared.refusal import Refused

MOST_BYTES: Final = 10 * 1024 * 1024
MOST_PIXELS: Final = 100_000_000
"""An A3 page at 600 dots an inch has 70 million; a small file can unfold into one that fills the memory."""
END_OF_PDF: Final = 2048
"""Bytes at the end within which a whole PDF says where its table of contents begins."""
ARCHIVES: Final = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")


def media_type_of(sent: bytes) -> str:
    """What a paper is by its content; refused if it can't be opened as that. Nothing in it is unpacked."""
    if len(sent) > MOST_BYTES:
        raise Refused("Send a file of up to {megabytes} MB.", field="file", megabytes=MOST_BYTES // 1024**2)
    if sent.startswith(ARCHIVES):
        raise Refused("This is an archive: send each paper by itself, as PDF, JPEG or PNG.", field="file")
    if sent.startswith(b"%PDF-"):
        _need_pages(sent)
        return "application/pdf"
    return _picture(sent)


def _need_pages(sent: bytes) -> None:
    if b"startxref" not in sent[-END_OF_PDF:] or not _pages(sent):
        raise Refused("This begins like a PDF, but has no page that can be read.", field="file")


def _pages(sent: bytes) -> int:
    try:
        reader = PdfReader(BytesIO(sent))
        if not reader.is_encrypted:
            return len(reader.pages)
    except Exception:  # pypdf has no one way to say that a file is broken
        return 0
    raise Refused("This PDF has a password: send it without one.", field="file")


def _picture(sent: bytes) -> str:
    try:
        with opened(sent, field="file", most_pixels=MOST_PIXELS) as picture:
            kind = str(picture.format)
            picture.verify()
    except Refused:
        raise Refused(
            "Send a PDF, a JPEG or a PNG; a picture of up to {megapixels} megapixels.",
            field="file",
            megapixels=MOST_PIXELS // 1_000_000,
        ) from None
    return f"image/{kind.lower()}"
