"""The portal: what becomes of what I ordered, and what do you need from me?"""

from uuid import UUID

from flask import Blueprint, render_template

from services.orders import views
from services.orders.sentences import tell_timeline
from shared.web import pages
from shared.web.access import BUYER, COMPLIANCE, KANWIL, current
from shared.web.context import transaction
from shared.web.problems import not_found

desk = Blueprint("portal", __name__, url_prefix="/orders", template_folder="../templates")


@desk.get("/")
@pages.desk(BUYER, COMPLIANCE, KANWIL)
def home() -> str:
    with transaction() as session:
        orders = [views.order_as_dict(o, pages.language()) for o in views.recent_orders(session, current())]
    blocked = [
        (order, line) for order in orders for line in order["lines"] if line["state"] == "policy_blocked"
    ]
    return render_template("portal.html", orders=orders, blocked=blocked)


@desk.get("/order/<uuid:order_id>")
@pages.desk(BUYER, COMPLIANCE, KANWIL)
def one_order(order_id: UUID) -> str:
    with transaction() as session:
        order = views.find_order(session, current(), order_id)
        if order is None:
            raise not_found("order")
        entries = tell_timeline(session, views.timeline_of(session, order_id), pages.language())
        shown = views.order_as_dict(order, pages.language())
    return render_template("order.html", order=shown, entries=entries)
