"""Who may do what in a facility: the one table that pages and API ask."""

from typing import Final

from shared.web.access import FACILITY, HEAD, IN_A_FACILITY, INSPECTOR, KANWIL, TOOL_KEEPER

READERS: Final = (*IN_A_FACILITY, KANWIL)
WELFARE_READERS: Final = (FACILITY, HEAD, KANWIL)

MAY: Final = {
    "accept": (FACILITY, HEAD),
    "decline": (FACILITY, HEAD),
    "start": (FACILITY, HEAD),
    "pause": (FACILITY, HEAD),
    "report": (FACILITY, HEAD),
    "correct": (FACILITY, HEAD),
    "inspect": (FACILITY, HEAD, INSPECTOR),
    "short_close": (HEAD,),
    "tools": (FACILITY, HEAD, TOOL_KEEPER),
    "unlock": (HEAD,),
    "acknowledge": (HEAD, KANWIL),
    "heed": (FACILITY, HEAD, KANWIL),
    "capacity": (FACILITY, HEAD, KANWIL),
    "pool": (FACILITY, HEAD),
    "material": (FACILITY, HEAD),
    "quarantine": (FACILITY, HEAD, KANWIL),
    "evidence": (HEAD, KANWIL),
    "people": (FACILITY, HEAD),
    "reverse": (HEAD,),
}
"""An officer goes on accepting and inspecting: a small facility has nobody else, and a key that was given out
must not lose what it could. Who is to do less gets a narrower role. The pool is told by who sees it as it is: what
the office reads is rounded, and would be less each time it wrote it back."""


def duties_of(role: str) -> frozenset[str]:
    """All that a role may do."""
    return frozenset(duty for duty, roles in MAY.items() if role in roles)
