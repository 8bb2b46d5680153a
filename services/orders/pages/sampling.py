"""Golden samples: is this piece as you want it? What waits for it is made only then."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, request
from marshmallow import ValidationError

from services.orders.handlers import sampling
from services.orders.samples import list_samples
from services.orders.schemas.samples import SampleApproval, SampleRefusal
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import BUYER, COMPLIANCE, KANWIL, current
from shared.web.context import transaction
from shared.web.forms import Wrong, wrong_with
from shared.web.problems import not_found

desk = Blueprint("sampling", __name__, url_prefix="/orders/samples", template_folder="../templates")

COMMANDS: dict[str, tuple[SampleApproval, Callable[..., None]]] = {
    "approve": (SampleApproval(), sampling.approve_sample),
    "refuse": (SampleRefusal(), sampling.refuse_sample),
}
FIELDS = ("reason",)


@desk.get("/")
@desk.get("/<sku>/<any(approve, refuse):_form>")
@pages.desk(BUYER, COMPLIANCE, KANWIL)
def all_samples(sku: str = "", _form: str = "") -> str:
    """Each item that asks for a sample, and what was said of it."""
    return _page()


@desk.post("/<sku>/<any(approve, refuse):said>")
@pages.desk(BUYER)
def say(sku: str, said: str) -> Any:
    """Approve or refuse the sample that the page showed."""
    principal, (schema, command) = current(), COMMANDS[said]
    typed = {name: request.form[name] for name in schema.fields if request.form.get(name)}
    try:
        with transaction() as session:
            if not list_samples(session, principal, sku=sku):
                raise not_found("sample")
            command(session, buyer=principal.account or "", sku=sku, by=principal, **schema.load(typed))
    except (ValidationError, Refused) as error:
        return _page(sku, typed, wrong_with(error, FIELDS)), 422
    return pages.back_to("sampling.all_samples")


def _page(sku: str = "", typed: dict[str, str] | None = None, wrong: Wrong | None = None) -> str:
    with transaction() as session:
        found = list_samples(session, current())
    return render_template(
        "samples.html",
        samples=found,
        may_say=current().role == BUYER,
        sku=sku,
        typed=typed or {},
        wrong=wrong or {},
    )
