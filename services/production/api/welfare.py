"""How people fare at work, without people: ``/production/v1/welfare``."""

from datetime import date
from typing import Any

from services.production import welfare
from services.production.duties import WELFARE_READERS
from services.production.schemas.welfare import WelfareQuery, WelfareSchema
from shared.clock import business_now
from shared.web.access import current, requires
from shared.web.api import Routes
from shared.web.context import transaction

api = Routes("welfare", __name__, url_prefix="/production/v1", description="Participation, hours, premi")


@api.get("/welfare")
@api.arguments(WelfareQuery, location="query")
@api.response(200, WelfareSchema)
@requires(*WELFARE_READERS)
def read_welfare(query: dict[str, Any]) -> Any:
    """Figures of a closed month; a facility reads its own, the regional office all. None is about fewer than five."""
    account = current().account
    with transaction() as session:
        now = business_now(session)
        asked = query["month"]
        month = (
            welfare.closed_month(date.fromisoformat(f"{asked}-01"), now)
            if asked
            else welfare.closed_months(now)[0]
        )
        return welfare.figures(session, month, [account] if account else None)
