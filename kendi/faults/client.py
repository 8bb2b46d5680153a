"""A client that repeats what got no answer, under the same Idempotency-Key, and says how it ended."""

import re
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from kendi.faults.ledger import Ledger, Outcome

TRIES = 4
DONE = 303
"""How a page answers a form that did something."""
REFUSED = re.compile(r'class="error"[^>]*>([^<]+)<')


@dataclass(frozen=True)
class Answer:
    outcome: Outcome
    body: Any


class Client:
    """One thread's connection to one service."""

    def __init__(
        self, url: str, key: str, ledger: Ledger, stop: threading.Event, *, session: Mapping[str, str]
    ) -> None:
        """Calls with a key, and where a person must decide by the cookie of a ``session``, if there is one."""
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(
            base_url=url, headers=headers, cookies=dict(session), timeout=4, trust_env=False
        )
        self._token = ""
        self._ledger = ledger
        self._stop = stop

    def get(self, path: str, **query: Any) -> Any:
        """What is there, or None when nobody answers."""
        try:
            response = self._http.get(path, params=query)
        except httpx.HTTPError:
            return None
        return response.json() if response.is_success else None

    def post(self, path: str, body: dict[str, Any], *, what: str, about: str, amount: int = 1) -> Answer:
        """Ask for something about one thing; the ledger notes how that ended."""
        answer = self.ask(path, body, what=what)
        self._ledger.note(what, about, answer.outcome, amount)
        return answer

    def ask(self, path: str, body: dict[str, Any], *, what: str, key: str | None = None) -> Answer:
        """Ok if it was done, failed if it was refused, unknown if no try got an answer.

        Who gives the Idempotency-Key may ask again after that.
        """
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        return self._ask(what, lambda: self._http.post(path, json=body, headers=headers))

    def page(self, path: str) -> str | None:
        """What a page says, or None when nobody answers."""
        try:
            response = self._http.get(path)
        except httpx.HTTPError:
            return None
        return response.text if response.is_success else None

    def take_token(self, path: str, pattern: re.Pattern[str]) -> None:
        """Keep what the forms of the session's pages send along."""
        found = pattern.search(self.page(path) or "")
        assert found is not None, f"{path} has no form"
        self._token = found[1]

    def submit(self, path: str, form: dict[str, str], *, what: str) -> Answer:
        """Send a form as of one page, and again as it was where no answer came: that counts once."""
        sent = {"csrf_token": f"{self._token}.{uuid.uuid4()}", **form}
        return self._ask(what, lambda: self._http.post(path, data=sent))

    def note(self, what: str, about: str, outcome: Outcome = "ok", amount: int = 1) -> None:
        """Note about a thing how it ended; what an answer named must be there."""
        self._ledger.note(what, about, outcome, amount)

    def _ask(self, what: str, send: Callable[[], httpx.Response]) -> Answer:
        answer, refusal = self._try(send), None
        if answer.outcome == "failed":
            refusal = answer.body.get("detail")
        self._ledger.note_call(what, answer.outcome, refusal)
        return answer

    def _try(self, send: Callable[[], httpx.Response]) -> Answer:
        for attempt in range(TRIES):
            if self._stop.wait(0.3 * attempt):
                break
            try:
                response = send()
            except httpx.HTTPError:
                continue
            if response.status_code in (409, 500, 503):
                continue  # an earlier try may be under way, or committed: whoever repeats it gets its answer
            if response.status_code == DONE:
                return Answer("ok", None)
            return Answer("ok" if response.is_success else "failed", _said(response))
        return Answer("unknown", None)

    def patch(self, path: str, body: dict[str, Any], *, etag: str, what: str) -> Answer:
        """Change what is at that version. Repeated after a lost answer it finds that it was done, and is stale."""
        answer, lost, refusal = Answer("unknown", None), False, None
        for attempt in range(TRIES):
            if self._stop.wait(0.3 * attempt):
                break
            try:
                response = self._http.patch(path, json=body, headers={"If-Match": etag})
            except httpx.HTTPError:
                lost = True
                continue
            if response.status_code in (500, 503):
                lost = True  # it may have been committed all the same
                continue
            if response.is_success:
                answer = Answer("ok", response.json())
            elif not (lost and response.status_code == 412):
                answer = Answer("failed", response.json())
                refusal = answer.body.get("detail")
            break
        self._ledger.note_call(what, answer.outcome, refusal)
        return answer

    def wait(self, seconds: float) -> None:
        """Let time pass, unless all is to end."""
        self._stop.wait(seconds)

    def close(self) -> None:
        self._http.close()


def _said(response: httpx.Response) -> Any:
    """What an answer says; of a page's form what it was refused for."""
    if response.headers.get("Content-Type", "").startswith("text/html") and not response.is_success:
        return {"detail": "; ".join(REFUSED.findall(response.text))}
    return response.json()
