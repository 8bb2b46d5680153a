"""Photos that people send: taken for what they are, not for what they are called, and kept without what they tell beside."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps

from shared.refusal import Refused

MOST_BYTES: Final = 10 * 1024 * 1024
MOST_PIXELS: Final = 40_000_000
"""A small file can unfold into a picture that fills the memory."""
FORMATS: Final = ("JPEG", "PNG")
NO_PHOTO = "Send a JPEG or PNG picture of up to {megapixels} megapixels."


def cleaned(sent: bytes, *, field: str = "photo", longest_side: int | None = None) -> tuple[str, bytes]:
    """The picture drawn anew, upright, with its media type; where and when it was taken is left out."""
    with opened(sent, field=field) as picture:
        kind = str(picture.format)
        upright = ImageOps.exif_transpose(picture)
        plain = upright.convert("RGB" if kind == "JPEG" else "RGBA")
    plain.info.clear()
    if longest_side:
        plain.thumbnail((longest_side, longest_side))
    into = BytesIO()
    plain.save(into, kind)
    return f"image/{kind.lower()}", into.getvalue()


@contextmanager
def opened(sent: bytes, *, field: str, most_pixels: int = MOST_PIXELS) -> Iterator[Image.Image]:
    """A picture to be read; whatever goes wrong meanwhile is refused by the field."""
    try:
        with Image.open(BytesIO(sent), formats=FORMATS) as picture:
            if picture.width * picture.height > most_pixels:
                raise ValueError("so many pixels")
            yield picture
    except Exception:  # Pillow has no one way to say that a file is broken
        raise Refused(NO_PHOTO, field=field, megapixels=most_pixels // 1_000_000) from None
