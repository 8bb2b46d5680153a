"""The README's pictures, taken from the running system while the demonstration plays: ``make screenshots``."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from kendi.accounts import Person
from kendi.demo.play import Story
from kendi.system import System
from shared.web.access import BUYER, COMPLIANCE, FACILITY, LOGISTICS
from tests.browser.conftest import ARGUMENTS
from tests.browser.install import find

IMAGES = Path(__file__).parents[2] / "docs" / "images"
WIDE, NARROW = {"width": 1180, "height": 820}, {"width": 390, "height": 800}


class PicturedStory(Story):
    """The demonstration, with a picture of each desk at the moment it is busiest."""

    browser: Browser

    def _release(self, purpose: str) -> None:
        if purpose == "produce":
            self._until(lambda: len(self._held(purpose)) == 5, "five lines are held")
            self._take("holds", "orders", COMPLIANCE, "/orders/holds/")
        super()._release(purpose)

    def _show_news(self) -> None:
        """Board and portal are pictured once, when a good part of the work is done."""
        super()._show_news()
        order = self.buyer.get(f"/orders/v1/orders/{self.order['id']}")
        if sum(line["good"] for line in order["lines"]) > 15_000 and not (IMAGES / "board.png").exists():
            self._take("board", "production", FACILITY, "/production/", account="LPS-SRG", locale="id-ID")
            self._take("portal", "orders", BUYER, "/orders/")

    def _ship(self) -> None:
        self.desk.after_booking = lambda: self._take("desk", "logistics", LOGISTICS, "/logistics/")
        super()._ship()
        self._take("order", "orders", BUYER, f"/orders/order/{self.order['id']}")

    def _take(
        self,
        name: str,
        service: str,
        role: str,
        path: str,
        *,
        account: str | None = None,
        locale: str = "en-GB",
    ) -> None:
        person = self.system.accounts.person(service, role, account)
        for suffix, size in (("", WIDE), ("-phone", NARROW)):
            context = self.browser.new_context(viewport=size, locale=locale)  # type: ignore[arg-type]  # a plain dict serves
            page = context.new_page()
            _sign_in(page, self.system.urls[service], person)
            page.goto(f"{self.system.urls[service]}{path}")
            page.screenshot(path=IMAGES / f"{name}{suffix}.png")
            context.close()


def _sign_in(page: Page, url: str, person: Person) -> None:
    page.goto(f"{url}/{person.service}/sign-in")
    page.fill("input[name=email]", person.email)
    page.fill("input[type=password]", person.password)
    page.press("input[type=password]", "Enter")
    page.wait_for_url(f"**/{person.service}/")


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    for old in IMAGES.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory(prefix="kendi-pictures-") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=ARGUMENTS)
        with System(Path(folder) / "system", free_ports=True, say=lambda _: None) as system:
            story = PicturedStory(system, Path(folder), lambda _: None)
            story.browser = browser
            story.tell()
        browser.close()


if __name__ == "__main__":
    main()
