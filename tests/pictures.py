"""Pictures for tests."""

from io import BytesIO
from typing import Any

from PIL import Image


def a_photo(kind: str = "JPEG", **options: Any) -> bytes:
    into = BytesIO()
    Image.new("RGB", (40, 30), "sienna").save(into, kind, **options)
    return into.getvalue()
