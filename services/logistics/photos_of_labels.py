"""The number of a carton or a pallet on a photo of its label: for who has no scanner at hand."""

from typing import Final

import zxingcpp
from PIL import Image, ImageOps

from services.logistics.domain.sscc import check
from shared.photos import opened
from shared.refusal import Refused

LONGEST_SIDE: Final = 2_500
"""Enough for each bar of a label that fills the picture, and read in a fraction of a second."""
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
    with opened(sent, field="photo") as picture:
        picture.draft("L", (LONGEST_SIDE, LONGEST_SIDE))
        upright = ImageOps.exif_transpose(picture).convert("L")
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return upright
