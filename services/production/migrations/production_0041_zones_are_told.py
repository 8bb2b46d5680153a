"""Of facilities outside Western Indonesia others are told the zone"""

import uuid_utils.compat as uuid7s
from alembic import op
from sqlalchemy import Connection, text

revision = "production_0041"
down_revision = "production_0040"
branch_labels = None
depends_on = None

ELSEWHERE = text(
    "SELECT code, time_zone FROM facility WHERE time_zone <> 'Asia/Jakarta' ORDER BY code FOR UPDATE"
)
TOLD_AGAIN = text("""
    WITH newest AS (
        SELECT subject, subject_kind, type, data FROM outbox_event
        WHERE subject = 'facility/' || :code AND type = 'kendi.production.facility_registered.v1'
        ORDER BY sequence DESC LIMIT 1),
    counted AS (
        UPDATE subject_counter SET last_sequence = last_sequence + 1 FROM newest
        WHERE subject_counter.subject = newest.subject
        RETURNING last_sequence),
    told AS (
        INSERT INTO outbox_event (
            event_id, subject_kind, subject, sequence, type, occurred_at, actor_role, data)
        SELECT :id, subject_kind, subject, last_sequence, type, clock_timestamp() + ahead, 'system',
            data || jsonb_build_object('time_zone', CAST(:zone AS text))
        FROM newest, counted, business_clock
        RETURNING id, subject_kind)
    INSERT INTO outbox_delivery (subscriber, event_pk)
    SELECT subscriber, id FROM told JOIN subscription USING (subject_kind)""")
"""What was told of a facility last, with its zone, as the next event of its subject."""


def upgrade() -> None:
    op.execute("SELECT set_config('kendi.sees', 'service', true)")
    tell_again(op.get_bind())


def tell_again(connection: Connection) -> None:
    for code, zone in connection.execute(ELSEWHERE).all():
        connection.execute(TOLD_AGAIN, {"code": code, "zone": zone, "id": uuid7s.uuid7()})
