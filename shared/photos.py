"""Photos that people send: taken for what they are, not for what they are called, and kept without what they tell beside."""

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
    try:
        with Image.open(BytesIO(sent), formats=FORMATS) as picture:
            kind = str(picture.format)
            if picture.width * picture.height > MOST_PIXELS:
                raise _no_photo(field)
            upright = ImageOps.exif_transpose(picture)
            plain = upright.convert("RGB" if kind == "JPEG" else "RGBA")
    except Exception:  # Pillow has no one way to say that a file is broken
        raise _no_photo(field) from None
    plain.info.clear()
    if longest_side:
        plain.thumbnail((longest_side, longest_side))
    into = BytesIO()
    plain.save(into, kind)
    return f"image/{kind.lower()}", into.getvalue()


def _no_photo(field: str) -> Refused:
    return Refused(NO_PHOTO, field=field, megapixels=MOST_PIXELS // 1_000_000)
