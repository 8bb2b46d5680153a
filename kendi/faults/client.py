"""A client that repeats what got no answer, under the same Idempotency-Key, and says how it ended."""

import time
import uuid
from dataclasses import dataclass
from typing import Any

import httpx

from kendi.faults.ledger import Ledger, Outcome

TRIES = 4


@dataclass(frozen=True)
class Answer:
    outcome: Outcome
    body: Any


class Client:
    """One thread's connection to one service."""

    def __init__(self, url: str, key: str, ledger: Ledger) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=4, trust_env=False)
        self._ledger = ledger

    def get(self, path: str, **query: Any) -> Any:
        """What is there, or None when nobody answers."""
        try:
            response = self._http.get(path, params=query)
        except httpx.HTTPError:
            return None
        return response.json() if response.is_success else None

    def post(self, path: str, body: dict[str, Any], *, what: str) -> Answer:
        """Ok if it was done, failed if it was refused, unknown if no try got an answer."""
        key = {"Idempotency-Key": str(uuid.uuid4())}
        answer = Answer("unknown", None)
        for attempt in range(TRIES):
            time.sleep(0.3 * attempt)
            try:
                response = self._http.post(path, json=body, headers=key)
            except httpx.HTTPError:
                continue
            if response.status_code in (409, 500, 503):
                continue  # it says that nothing was done, but an earlier try may still be under way
            if response.is_success:
                answer = Answer("ok", response.json())
            else:
                answer = Answer("failed", response.json())
                self._ledger.note_refusal(f"{what}: {response.json().get('detail')}")
            break
        self._ledger.note(what, answer.outcome)
        return answer

    def patch(self, path: str, body: dict[str, Any], *, etag: str, what: str) -> Answer:
        """Change what is at that version. Repeated after a lost answer it finds that it was done, and is stale."""
        answer, lost = Answer("unknown", None), False
        for attempt in range(TRIES):
            time.sleep(0.3 * attempt)
            try:
                response = self._http.patch(path, json=body, headers={"If-Match": etag})
            except httpx.HTTPError:
                lost = True
                continue
            if response.status_code in (500, 503):
                continue
            if response.is_success:
                answer = Answer("ok", response.json())
            elif not (lost and response.status_code == 412):
                answer = Answer("failed", response.json())
                self._ledger.note_refusal(f"{what}: {response.json().get('detail')}")
            break
        self._ledger.note(what, answer.outcome)
        return answer

    def close(self) -> None:
        self._http.close()
