"""The users of the demonstration: systems that call the APIs, and people who sign in and fill in forms."""

import re
import uuid
from typing import Any, Self

import httpx

from kendi.accounts import Person
from shared.failure import Failure


class DemoFailed(Failure):
    """The demonstration could not go on; the message says at which step and what was answered."""


class Caller:
    """Somebody with a connection to one service, which ends with the ``with`` block."""

    def __init__(self, url: str, **headers: str) -> None:
        self._http = httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()


class Client(Caller):
    """A system with an API key."""

    def __init__(self, url: str, key: str) -> None:
        super().__init__(url, Authorization=f"Bearer {key}")

    def get(self, path: str, **query: Any) -> Any:
        return _answered(self._http.get(path, params=query)).json()

    def post(self, path: str, body: dict[str, Any]) -> Any:
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        return _answered(self._http.post(path, json=body, headers=headers)).json()

    def try_post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """A POST whose refusal is part of the story."""
        return self._http.post(path, json=body, headers={"Idempotency-Key": str(uuid.uuid4())})

    def download(self, path: str) -> bytes:
        return _answered(self._http.get(path)).content


class Visitor(Caller):
    """A person in front of the pages of one service."""

    def __init__(self, url: str, person: Person) -> None:
        super().__init__(url)
        self.person = person
        self._csrf_token = ""
        form = {"email": person.email, "password": person.password, "next": f"/{person.service}/"}
        entered = self._http.post(f"/{person.service}/sign-in", data=form)
        if entered.status_code != 303:
            raise DemoFailed(f"{person.email} could not sign in: {entered.status_code}")

    def open(self, path: str) -> str:
        """The page's HTML; its forms' CSRF token is remembered."""
        page = _answered(self._http.get(path)).text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        self._csrf_token = found[1] if found else ""
        return page

    def submit(self, path: str, *, file: tuple[str, bytes] | None = None, **fields: Any) -> None:
        """Send a form of the page that is open, with a file if it takes one."""
        files = {"file": file} if file else None
        answer = self._http.post(path, data={"csrf_token": self._csrf_token, **fields}, files=files)
        if answer.status_code != 303:
            said = re.findall(r'class="error"[^>]*>([^<]+)<', answer.text)
            raise DemoFailed(f"{self.person.name}: {path} answered {answer.status_code}: {'; '.join(said)}")


def _answered(response: httpx.Response) -> httpx.Response:
    if response.is_error:
        raise DemoFailed(
            f"{response.request.method} {response.request.url} answered {response.status_code}: {response.text[:500]}"
        )
    return response
