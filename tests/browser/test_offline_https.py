"""The board as `kendi up --tls` gives it to phones: by https at this machine's own address, and without a network."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Error, expect

from kendi.system import System
from kendi.tls import Authority
from kendi.tls.authority import own_addresses, reached_at
from services.production.handlers import REACTIONS
from shared.database import Database
from shared.sight import SERVICE
from tests.awaiting import until
from tests.browser.install import CERTUTIL
from tests.browser.test_offline import Workshop, database, report_pieces, tap, waiting, workshop
from tests.hearing import Hearing
from tests.production.conftest import an_item

__all__ = ["database", "workshop"]
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def system(prepared: Callable[[str], Path]) -> Iterator[System]:
    """The web processes by https, at the address by which a phone finds this machine."""
    folder = prepared("https")
    authority = Authority(folder / "tls")
    with System(
        folder, free_ports=True, fsync=False, kinds=("web",), say=lambda _: None, tls=authority
    ) as running:
        port = urlsplit(running.urls["production"]).port
        running.urls["production"] = f"https://{reached_at(own_addresses())}:{port}"
        told = Database(running.addresses.app_urls["production"], sees=SERVICE, pool_size=1)
        Hearing(told, REACTIONS).hears(an_item())
        told.close()
        yield running


@pytest.fixture(scope="module")
def browser(
    launch: Callable[..., Browser], system: System, tmp_path_factory: pytest.TempPathFactory
) -> Browser:
    """One of somebody who trusts the authority, as a phone does after its guide."""
    if shutil.which(CERTUTIL) is None:
        pytest.skip("no certutil on PATH")
    assert system.tls is not None
    home = tmp_path_factory.mktemp("home")
    kept = home / ".pki" / "nssdb"
    kept.mkdir(parents=True)
    _certutil("-N", "--empty-password", database=kept)
    _certutil("-A", "-n", "Kendi", "-t", "C,,", "-i", str(system.tls.certificate), database=kept)
    return launch(home)


def _certutil(*what: str, database: Path) -> None:
    subprocess.run([CERTUTIL, "-d", f"sql:{database}", *what], check=True, capture_output=True)


def test_a_browser_that_does_not_trust_the_authority_shows_no_board(
    launch: Callable[..., Browser], system: System
) -> None:
    stranger = launch()
    with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
        stranger.new_page().goto(f"{system.urls['production']}/production/")
    stranger.close()


def test_by_https_what_is_tapped_without_a_network_is_sent_when_it_is_back(workshop: Workshop) -> None:
    page = workshop.board()
    assert page.url.startswith("https://")
    assert page.evaluate("isSecureContext")
    worker = page.evaluate(
        "navigator.serviceWorker.ready.then(({ active, scope }) => [active.scriptURL, scope])"
    )
    assert worker == [f"{workshop.url}/production/service-worker.js", f"{workshop.url}/production/"]
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#offline")).to_contain_text("Tanpa jaringan")
    tap(page, workshop, "^Terima 100 buah")
    tap(page, workshop, "^Mulai")
    report_pieces(page, workshop, 40)
    waiting(page, 3)
    page.reload()
    waiting(page, 3)
    assert workshop.reported() == []
    page.context.set_offline(False)
    until(lambda: workshop.reported() == [40])
    expect(page.locator("#waiting")).to_be_hidden()
    expect(page.locator(f"#wo-{workshop.work} .big")).to_have_text(re.compile("60"))
