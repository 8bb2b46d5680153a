"""A buyer's developer begins: with curl as the guide says, and with a client made from the document."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest

from kendi.system import System
from shared.clock import real_now
from shared.web.access import BUYER

pytestmark = pytest.mark.flow

GUIDE = Path(__file__).parents[2] / "docs" / "first-order.md"


@pytest.fixture(scope="module")
def system(prepared: Callable[[str], Path]) -> Iterator[System]:
    folder = prepared("developer")
    with System(folder, free_ports=True, fsync=False, say=lambda _: None) as running:
        yield running


def test_the_guides_commands_work_as_pasted(system: System, tmp_path: Path) -> None:
    blocks = re.findall(r"```bash\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    given = {"ORDERS": f"{system.urls['orders']}/orders/v1", "KEY": system.accounts.key(BUYER)}
    said = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", "\necho; echo ----\n".join(blocks)],
        env={**os.environ, **given},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    catalogue, placed, followed, amended, cancelled, wrong = said.stdout.split("\n----\n")
    assert "CR-BALL-07" in catalogue
    assert json.loads(placed)["lines"][0]["ordered"] == 1000
    assert "kendi.orders.order_placed.v1" in followed
    assert json.loads(amended)["lines"][0]["ordered"] == 1200
    assert '"probably"' in cancelled
    assert json.loads(wrong)["errors"]


@pytest.fixture(scope="module")
def generated(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a package made by openapi-python-client from the running service's document."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "config.yml").write_text("post_hooks: []\n")
    (folder / "openapi.json").write_text(httpx.get(f"{system.urls['orders']}/orders/openapi.json").text)
    command = [str(Path(sys.executable).parent / "openapi-python-client"), "generate", "--meta", "none"]
    options = ["--path", "openapi.json", "--config", "config.yml", "--output-path", "kendi_orders_client"]
    subprocess.run([*command, *options], cwd=folder, check=True, capture_output=True)
    sys.path.insert(0, str(folder))
    yield "kendi_orders_client"
    sys.path.remove(str(folder))


class Generated:
    """The operations of the generated client, by tag and name; each must succeed."""

    def __init__(self, package: str, client: Any) -> None:
        self._package, self._client = package, client

    def call(self, tag: str, operation: str, *path: Any, **given: Any) -> Any:
        function = import_module(f"{self._package}.api.{tag}.{operation}").sync_detailed
        answer = function(*path, client=self._client, **given)
        assert answer.status_code < 300, answer.content
        return answer


@pytest.fixture
def buyer(system: System, generated: str) -> Iterator[Generated]:
    connect = import_module(generated).AuthenticatedClient
    with connect(base_url=system.urls["orders"], token=system.accounts.key(BUYER)) as client:
        yield Generated(generated, client)


def test_a_generated_client_places_follows_amends_and_cancels(buyer: Generated, generated: str) -> None:
    models = import_module(f"{generated}.models")
    asked = {
        "po_number": "PO-BY-CLIENT",
        "currency": "USD",
        "incoterm": "FCA",
        "named_place": "Semarang",
        "lines": [
            {
                "sku": "CR-BALL-07",
                "quantity": 1000,
                "requested_date": (real_now() + timedelta(days=300)).date().isoformat(),
                "consignee": {"name": "Toko", "address": ["Jalan 1"], "country": "ID"},
            }
        ],
    }
    body = models.OrderRequest.from_dict(asked)
    placed = buyer.call("orders", "place_order", body=body, idempotency_key="client-1").parsed
    assert str(placed.state) in {"accepted", "allocated", "in_progress"}
    read = buyer.call("orders", "read_order", placed.id)
    more = models.AmendRequest.from_dict({"lines": [{"line": 1, "quantity": 1200}]})
    amended = buyer.call(
        "amendments", "amend_order", placed.id, body=more, if_match=read.headers["ETag"]
    ).parsed
    assert amended.lines[0].ordered == 1200
    fewer = models.CancelRequest.from_dict(
        {"lines": [{"line": 1, "quantity": 200}], "reason": "fewer are needed"}
    )
    asked_back = buyer.call(
        "cancellations", "cancel", placed.id, body=fewer, idempotency_key="client-2"
    ).parsed
    assert asked_back.lines[0].asked == 200
    steps = buyer.call("orders", "read_timeline", placed.id).parsed
    assert {"kendi.orders.order_placed.v1", "kendi.orders.cancellation_requested.v1"} <= {
        step.type_ for step in steps
    }
