"""The numbers of trucks are written one way"""

from alembic import op

revision = "logistics_0038"
down_revision = "logistics_0037"
branch_labels = None
depends_on = None

WRITTEN_ONE_WAY = r"""
    UPDATE shipment SET container = CASE
        WHEN plain ~ '^[A-Z]{1,2}[0-9]{1,4}[A-Z]{0,3}$'
        THEN rtrim(regexp_replace(plain, '^([A-Z]+)([0-9]+)([A-Z]*)$', '\1 \2 \3'))
        ELSE regexp_replace(container, '\s', '', 'g') END
    FROM (SELECT id, regexp_replace(container, '[()[:space:]-]', '', 'g') AS plain FROM shipment) kept
    WHERE kept.id = shipment.id AND mode IN ('road', 'sea_lcl') AND container IS NOT NULL"""
"""As ``unit_number`` does; containers and air waybills are kept so already, and all of them in capitals."""


def upgrade() -> None:
    op.execute("SELECT set_config('kendi.sees', 'service', true)")
    op.execute(WRITTEN_ONE_WAY)
