"""A visitor who means harm: goes through every page, and types what harms into each field of each form."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from shared.database import Database
from shared.web.tables import web_session
from tests.matrix import any_value

OBEYED = ("<script>alert(1)", "<img src=x", "62710561")
"""What would stand on a page that took what was typed for its own."""

WORDS = (
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7919*7919}}${7919*7919}",
    "'; DROP TABLE person; --\r\nSet-Cookie: evil=1",
    "-1",
    "1e309",
    "9" * 5_000,
    "9999-12-31",
    "\u202e\u200b\ud7ff\uffff٣٣",
)
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9a-f]{12}\b|\b[A-Z]{2,4}-[A-Z0-9-]+|\d+|[?&]lang=\w+")


@dataclass
class Form:
    """A form of a page, with what a browser would send if nothing was typed."""

    at: str
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)

    @property
    def shape(self) -> tuple[str, str, str]:
        """Forms of one shape are one form about other things."""
        return self.method, ID.sub("…", urlsplit(self.action).path), " ".join(sorted(self.fields))


class _Reader(HTMLParser):
    def __init__(self, at: str) -> None:
        super().__init__()
        self.at, self.links, self.forms = at, set[str](), list[Form]()
        self.ids: dict[str, Form] = {}
        self._form: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in told:
            self.links.add(urljoin(self.at, told["href"]))
        elif tag == "form":
            action = urljoin(self.at, told.get("action") or self.at)
            self._form = Form(self.at, action, told.get("method", "get").lower())
            self.forms.append(self._form)
            self.ids[told.get("id", "")] = self._form
        elif tag in ("input", "button", "textarea", "select", "option"):
            self._take(tag, told)

    def _take(self, tag: str, told: dict[str, str]) -> None:
        form = self.ids.get(told["form"]) if told.get("form") else self._form
        if tag == "select":
            self._select = told.get("name", "")
        name = self._select if tag == "option" else told.get("name", "")
        if form is None or not name:
            return
        if told.get("type") == "file":
            form.files.add(name)
        else:
            form.fields.setdefault(name, told.get("value", "") if tag != "select" else "")
            if tag == "option" and not form.fields[name]:
                form.fields[name] = told.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""


class Attacker:
    """Somebody who has signed in to one service."""

    def __init__(self, client: FlaskClient, service: str) -> None:
        self.client, self.service = client, service
        self.pages: dict[str, str] = {}

    def walk(self, *beside: str) -> list[Form]:
        """Every page that can be reached by links, and one form of each shape on them."""
        forms: dict[tuple[str, str, str], Form] = {}
        ahead, seen = [f"/{self.service}/", *beside], set[str]()
        while ahead:
            path = ahead.pop(0)
            shape = ID.sub("…", path)
            if shape in seen or not path.startswith(f"/{self.service}/") or path.endswith("/sign-out"):
                continue
            seen.add(shape)
            answer = self.client.get(path, follow_redirects=True)
            assert answer.status_code < 500, (path, answer.text)
            if answer.mimetype == "text/html":
                self.pages[path] = answer.text
                reader = _Reader(answer.request.path)
                reader.feed(answer.text)
                ahead += sorted(
                    f"{urlsplit(link).path}?{urlsplit(link).query}".rstrip("?") for link in reader.links
                )
                for form in reader.forms:
                    forms.setdefault(form.shape, form)
        return [form for form in forms.values() if not form.action.endswith("/sign-out")]

    def attack(self, form: Form, word: str) -> Iterator[tuple[str, TestResponse]]:
        """The form with the word in one of its fields after the other."""
        for name in form.fields:
            if name != "csrf_token":
                yield name, self.send(form, {**form.fields, name: word})

    def send(self, form: Form, fields: dict[str, str], **headers: str) -> TestResponse:
        if form.method == "get":
            return self.client.get(f"{form.action}?{urlencode(fields, errors='replace')}", headers=headers)
        return self.client.post(form.action, data=fields, headers=headers)


def check(form: Form, name: str, word: str, answer: TestResponse) -> None:
    """The service answers, and nothing of what was typed is obeyed."""
    said = (form.action, name, word[:60], answer.status_code)
    assert answer.status_code < 500, said
    assert "evil" not in answer.headers.get("Set-Cookie", ""), said
    if answer.mimetype == "text/html":
        check_page(answer.text, said)


def check_page(page: str, said: object) -> None:
    for obeyed in OBEYED:
        assert obeyed not in page, (said, obeyed)


def check_forms(browser: FlaskClient, database: Database, service: str) -> int:
    """Send every form without its token, with another, and from another site; gives how many there are."""
    with database.transaction() as session:
        token = session.execute(select(web_session.c.csrf_token)).scalar_one()
    app, forms = browser.application, 0
    for rule in app.url_map.iter_rules():
        if "POST" not in rule.methods or "/v1/" in rule.rule or rule.endpoint == "signing_in.enter":
            continue
        values = {name: any_value(rule._converters[name]) for name in rule.arguments}
        path = app.url_map.bind("localhost").build(rule.endpoint, values, method="POST")
        for form, origin in (
            ({}, None),
            ({"csrf_token": ""}, None),
            ({"csrf_token": token[:-1]}, None),
            ({"csrf_token": token}, "https://evil.example"),
            ({"csrf_token": token}, "null"),
        ):
            answer = browser.post(path, data=form, headers={"Origin": origin} if origin else {})
            assert answer.status_code == 403, (path, form, origin, answer.text)
        forms += 1
    return forms


def rummage(client: FlaskClient, service: str, *beside: str) -> int:
    """Type every word into every field of every form, then read every page again; gives how many forms."""
    attacker = Attacker(client, service)
    forms = [form for form in attacker.walk(*beside) if set(form.fields) - {"csrf_token"}]
    for word in WORDS:
        for form in forms:
            for name, answer in attacker.attack(form, word):
                check(form, name, word, answer)
    attacker.walk(*beside)
    for path, page in attacker.pages.items():
        check_page(page, path)
    return len(forms)
