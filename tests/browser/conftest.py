"""A real browser, and a running system with one order on its way."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from kendi.demo.people import Client
from kendi.demo.play import LINES
from kendi.system import System
from shared.clock import real_now
from shared.web.access import BUYER
from tests.browser.install import find

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def launch() -> Iterator[Callable[..., Browser]]:
    """Opens a browser, as somebody with a home of their own if one is given."""
    path = find()
    if path is None:
        pytest.skip("no Chromium on PATH")
    opened: list[Browser] = []
    with sync_playwright() as playwright:

        def open_browser(home: Path | None = None) -> Browser:
            chromium = playwright.chromium
            whose = {} if home is None else {"HOME": str(home)}
            opened.append(chromium.launch(executable_path=path, args=ARGUMENTS, env={**os.environ, **whose}))
            return opened[-1]

        yield open_browser
        for each in opened:
            each.close()


@pytest.fixture(scope="session")
def browser(launch: Callable[..., Browser]) -> Browser:
    return launch()


@pytest.fixture(scope="session")
def system(prepared: Callable[[str], Path]) -> Iterator[System]:
    """The whole system, on which the buyer has placed the order of the demonstration."""
    folder = prepared("browser")
    with System(folder, free_ports=True, fsync=False, say=lambda _: None) as running:
        wanted = (real_now() + timedelta(days=300)).date().isoformat()
        lines = [
            {"sku": sku, "quantity": quantity, "requested_date": wanted, "consignee": consignee}
            for sku, quantity, consignee in LINES
        ]
        order = {
            "po_number": "PO-2025-0001",
            "currency": "USD",
            "incoterm": "FCA",
            "named_place": "CY Tanjung Emas",
            "lines": lines,
        }
        with Client(running.urls["orders"], running.accounts.key(BUYER)) as buyer:
            buyer.post("/orders/v1/orders", order)
        yield running
