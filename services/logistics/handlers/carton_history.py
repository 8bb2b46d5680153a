"""What is done with cartons is noted for ever: an officer has to explain each one that is missing."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from services.logistics.domain.carton import Carton
from services.logistics.storage import carton_history


def note(session: Session, cartons: Iterable[Carton], what: str, *, at: datetime, **details: Any) -> None:
    """One row for each carton; ``details`` are further columns, the same for all."""
    by = {"what": what, "at": at, "role": role_of(session), **details}
    rows = [{"sscc": carton.sscc, **by} for carton in cartons]
    if rows:
        session.execute(insert(carton_history), rows)


def note_off_pallets(session: Session, cartons: Sequence[Carton], *, at: datetime) -> None:
    """Before they go from where they stand: those that are on a pallet are taken off it."""
    for pallet in sorted({carton.pallet for carton in cartons if carton.pallet}):
        on_it = [carton for carton in cartons if carton.pallet == pallet]
        note(session, on_it, "taken_off", at=at, pallet=pallet)


def role_of(session: Session) -> str:
    return str(session.info.get("actor_role", "system"))
