"""What people with a hand for it type into the forms of production, and what its pages make of it."""

import pytest

from shared.web.access import HEAD, KANWIL
from tests.hostile import rummage
from tests.production.conftest import SRAGEN, Production, warned
from tests.production.test_board import Visitor


@pytest.mark.parametrize(("role", "account", "least"), [(HEAD, SRAGEN, 15), (KANWIL, None, 8)])
def test_no_form_breaks_and_nothing_typed_is_obeyed_on_any_page(
    shared_out: Production, role: str, account: str | None, least: int
) -> None:
    warned(shared_out)
    work = shared_out.sragen.started()
    beside = (f"/production/work-orders/{work['id']}/report", f"/production/facilities/{SRAGEN}")
    assert rummage(Visitor(shared_out, role, account).client, "production", *beside) >= least
