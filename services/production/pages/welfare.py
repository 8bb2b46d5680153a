"""How people fare at work: figures of closed months and no person."""

from datetime import date

from flask import Blueprint, render_template, request

from services.production import welfare
from services.production.domain.hours import hours
from services.production.duties import WELFARE_READERS
from shared.clock import business_now
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import current
from shared.web.context import transaction

desk = Blueprint("welfare_page", __name__, url_prefix="/production", template_folder="../templates")


@desk.get("/welfare")
@pages.desk(*WELFARE_READERS)
def home() -> str:
    account = current().account
    with transaction() as session:
        now = business_now(session)
        months = welfare.closed_months(now)
        try:
            month = welfare.closed_month(date.fromisoformat(f"{request.args.get('month', '')}-01"), now)
        except (Refused, ValueError):
            month = months[0]
        found = welfare.figures(session, month, [account] if account else None)
    rates = [row[name] for row in found["facilities"] for name in ("hourly_idr", "minimum_hourly_idr")]
    return render_template(
        "welfare.html",
        found=found,
        month=month,
        months=months,
        most=max((rate for rate in rates if rate), default=1),
        as_hours=hours,
    )
