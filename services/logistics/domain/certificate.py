"""Certificates that say who made the goods: none is made or taken that would be false."""

from collections.abc import Iterable
from typing import Final

from shared.refusal import Refused

NO_CONVICT_LABOUR: Final = "CERT-12.43"
"""The certificate of origin by which an importer into the United States shows that no convict made the goods."""
LAW: Final = "19 CFR 12.43; 19 U.S.C. 1307"


def is_false(code: str, lanes: Iterable[str]) -> bool:
    """Whoever is on parole or works in the community still serves a sentence."""
    return code == NO_CONVICT_LABOUR and any(lane != "free" for lane in lanes)


def need_true(code: str, lanes: Iterable[str]) -> None:
    """Refuse a certificate that the lane of the goods contradicts, with the law that it is asked by."""
    if is_false(code, lanes):
        raise Refused(
            "{code} would say that nobody who serves a sentence made these goods, and some did: it would be false ({law}).",
            field="code",
            code=code,
            law=LAW,
        )
