"""What others take from Kendi as files."""

import sys
from uuid import UUID

import click


@click.group()
def export() -> None:
    """Files for partners' systems and for auditors."""


@export.command("epcis")
@click.argument("shipment")
def epcis(shipment: str) -> None:
    """Print the EPCIS 2.0 document of a shipment, by its number or its id.

    Needs KENDI_LOGISTICS_DATABASE_URL.

    Example: kendi export epcis SHP-2026-0009 > shipment.json
    """
    from services.logistics import epcis_facts
    from services.logistics.domain.shipment import Shipment
    from services.logistics.epcis import document_in_pieces
    from services.logistics.views import find_by, find_shipment
    from shared.database import Database
    from shared.settings import database_url
    from shared.sight import SERVICE

    database = Database(database_url("logistics", "operator"), sees=SERVICE, pool_size=1)
    try:
        with database.transaction() as session:
            id = _uuid(shipment) or find_by(session, shipment)
            found: Shipment | None = find_shipment(session, id) if id else None
            if found is None:
                raise click.ClickException(f"there is no shipment {shipment}; give its number or its id")
            if found.cancelled:
                raise click.ClickException(f"{found.number} was cancelled: it carries nothing to tell of")
            facts = epcis_facts.facts_of(session, found)
            created_at = epcis_facts.newest_of(found, facts)
        sys.stdout.writelines(document_in_pieces(facts, created_at=created_at))
    finally:
        database.close()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
