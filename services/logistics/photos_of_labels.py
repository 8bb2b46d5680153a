"""The number of a carton or a pallet on a photo of its label: for who has no scanner at hand."""

from io import BytesIO
from typing import Final

import zxingcpp
from PIL import Image, ImageOps

from services.logistics.domain.sscc import check
from shared.refusal import Refused

MOST_BYTES: Final = 10 * 1024 * 1024
MOST_PIXELS: Final = 40_000_000
"""A small file can unfold into a picture that fills the memory."""
LONGEST_SIDE: Final = 2_500
"""Enough for each bar of a label that fills the picture, and read in a fraction of a second."""
FORMATS: Final = ("JPEG", "PNG")
KINDS: Final = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.QRCode])


def sscc_on(sent: bytes) -> str:
    """The one SSCC that barcodes on the picture tell; refused if there is none, or more than one."""
    told = {
        number for code in zxingcpp.read_barcodes(_grey(sent), formats=KINDS) if (number := _sscc(code.text))
    }
    if not told:
        raise Refused(
            "There is no barcode of a carton on this picture. Come nearer, hold still and keep the whole "
            "barcode in the picture.",
            field="photo",
        )
    if len(told) > 1:
        raise Refused(
            "There are labels of several cartons on this picture: {numbers}. Take one at a time.",
            field="photo",
            numbers=", ".join(sorted(told)),
        )
    return told.pop()


def _sscc(text: str) -> str | None:
    """What a barcode says, if it is an SSCC; other barcodes may stand beside it."""
    try:
        return check(text)
    except Refused:
        return None


def _grey(sent: bytes) -> Image.Image:
    try:
        with Image.open(BytesIO(sent), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise _no_photo()
            picture.draft("L", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(picture).convert("L")
    except Exception:  # Pillow has no one way to say that a file is broken
        raise _no_photo() from None
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return upright


def _no_photo() -> Refused:
    return Refused(
        "Send a JPEG or PNG picture of up to {megapixels} megapixels.",
        field="photo",
        megapixels=MOST_PIXELS // 1_000_000,
    )
