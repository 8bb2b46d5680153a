"""Every effect leaves a row, in the transaction that makes it: what takes effect twice leaves two.

The tables of the protocol can't tell: their unique keys leave one row, however often a reaction ran.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from shared.messaging import inbox as inboxes
from shared.messaging.reactions import Reactions
from shared.messaging.tables import Inbox

TABLE = """
    CREATE TABLE IF NOT EXISTS campaign_effect (
        id bigint GENERATED ALWAYS AS IDENTITY,
        source text NOT NULL, event_id uuid NOT NULL, subject text NOT NULL, sequence int NOT NULL);
    GRANT SELECT, INSERT ON campaign_effect TO PUBLIC"""
"""Without any unique key."""

NOTE = text("""
    INSERT INTO campaign_effect (source, event_id, subject, sequence)
    SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS r (source text, event_id uuid, subject text, sequence int)""")


def note_effects() -> None:
    """Have each reaction to an event leave its row."""
    react: Any = vars(inboxes)["react"]

    def noted(
        session: Session, rows: Sequence[Row[Any]], reactions: Reactions
    ) -> list[tuple[Row[Any], Inbox]]:
        ended: list[tuple[Row[Any], Inbox]] = react(session, rows, reactions)
        session.execute(NOTE, {"rows": json.dumps([_named(row) for row, _ in ended])})
        return ended

    inboxes.react = noted  # type: ignore[attr-defined]


def _named(row: Row[Any]) -> dict[str, Any]:
    return {
        "source": row.source,
        "event_id": str(row.event_id),
        "subject": row.subject,
        "sequence": row.sequence,
    }
