"""What every API route has in common: who calls, what a request must bring, and how OpenAPI tells it."""

import json
from collections.abc import Callable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

from apispec import APISpec, BasePlugin
from flask import Flask, Request, current_app, g, request
from flask_smorest import Api, Blueprint
from flask_smorest.utils import load_info_from_docstring
from marshmallow import RAISE, Schema
from webargs.flaskparser import FlaskParser

from shared import json_text
from shared.web import access, idempotency, limiting, problem_examples, versions
from shared.web.context import serving
from shared.web.pages import check_origin, cookie_name
from shared.web.problems import JSON_PROBLEM, Problem
from shared.web.schemas import ProblemSchema

F = TypeVar("F", bound=Callable[..., Any])

KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "description": "new for each thing that is created, the same when the request is repeated; kept 48 hours",
    "schema": {"type": "string", "minLength": 1, "maxLength": idempotency.LONGEST_KEY},
}
SESSION = {"type": "apiKey", "in": "cookie", "description": "the session of somebody who signed in"}
BEARER = {"type": "http", "scheme": "bearer", "description": "an API key, such as pk_…"}


class _JsonBody(FlaskParser):
    """Says what a body must be, instead of taking one of another type for one without fields.

    A parameter that the route does not know is refused by name, as a field is.
    """

    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {"query": RAISE}

    def load_json(self, req: Request, schema: Schema) -> Any:
        if not (req.get_data() or req.form or req.files):  # a form has been read from the body by now
            if schema.fields:
                raise Problem(400, "Nothing was sent", "Send a JSON object as the body.")
            return {}
        if not req.is_json:
            wanted = "Send the body as application/json, and say so in the header Content-Type."
            raise Problem(415, "Not JSON", wanted)
        try:
            return json_text.loads(req.get_data())
        except json_text.TwoWays as twice:
            raise Problem(400, "Not readable", str(twice)) from None
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise Problem(400, "Not readable", "The body is no JSON in UTF-8.") from None


class Routes(Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    """A group of API routes. Each takes a key; each POST takes an Idempotency-Key besides."""

    ARGUMENTS_PARSER = _JsonBody()

    def arguments(self, schema: type[Schema], **options: Any) -> Any:
        """What the view takes. The schema is made here: given the class, webargs makes one for each request."""
        return super().arguments(schema(), **options)

    def add_url_rule(
        self, rule: str, endpoint: str | None = None, view_func: Any = None, *args: Any, **options: Any
    ) -> None:
        """Add the route; in the document it is named as its view is, and says whose keys it takes."""
        told = load_info_from_docstring(view_func.__doc__)
        roles, of_people = ", ".join(view_func.roles), _is_of_people(view_func)
        takers = f"For people who signed in, of: {roles}." if of_people else f"For keys of: {roles}."
        described = self.doc(
            operationId=view_func.__name__,
            description="\n\n".join(filter(None, (told.get("description"), takers))),
            **({"security": [{"session": []}]} if of_people else {}),
        )
        super().add_url_rule(rule, endpoint, described(view_func), *args, **options)


class _JsonOrForm(_JsonBody):
    """Takes the same fields as a form too, beside which a file comes."""

    def load_json(self, req: Request, schema: Schema) -> Any:
        if req.mimetype == "multipart/form-data":
            return req.form.to_dict()
        return super().load_json(req, schema)


class RoutesWithFiles(Routes):
    """Routes whose bodies may come as forms with files."""

    ARGUMENTS_PARSER = _JsonOrForm()


def takes(most: int) -> Callable[[F], F]:
    """The decorated view takes a body of so many bytes; others take what the application does."""

    def mark(view: F) -> F:
        view.most_bytes = most  # type: ignore[attr-defined]  # found again by ``allow_body``
        return view

    return mark


def allow_body() -> None:
    """Let in as large a body as the view takes that is asked for."""
    view = current_app.view_functions.get(request.endpoint or "")
    most: int | None = getattr(view, "most_bytes", None)
    if most is not None:
        request.max_content_length = most


class _Conventions(BasePlugin):
    """Tells in the OpenAPI document what holds for every route, so that no route has to."""

    def __init__(self, examples: dict[str, Any]) -> None:
        self._examples = examples

    def init_spec(self, spec: APISpec) -> None:
        spec.components.security_scheme("key", BEARER)

    def operation_helper(
        self, path: str | None = None, operations: dict[str, Any] | None = None, **_: Any
    ) -> None:
        for method, operation in (operations or {}).items():
            if method == "post":
                operation.setdefault("parameters", []).append(KEY)
            for status in _problems_of(path or "", method, operation):
                operation["responses"].setdefault(str(status.value), status.name)
            self._show(operation)

    def _show(self, operation: dict[str, Any]) -> None:
        """Add the examples of an operation: what was asked, and what was answered."""
        example = self._examples.get(operation["operationId"], {"requests": {}, "answers": {}})
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            if kind in example["requests"]:
                content["example"] = example["requests"][kind]
        for status, answer in operation["responses"].items():
            body = example["answers"].get(str(status))
            if body is not None and isinstance(answer, dict):
                for content in answer.get("content", {}).values():
                    content["example"] = body


def _problems_of(path: str, method: str, operation: dict[str, Any]) -> set[HTTPStatus]:
    """How a request of this operation may fail."""
    statuses = {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }
    if "{" in path:
        statuses.add(HTTPStatus.NOT_FOUND)
    if "requestBody" in operation:
        statuses |= {HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE}
    if "requestBody" in operation or operation.get("parameters"):
        statuses |= {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}
    if method == "post":
        statuses.add(HTTPStatus.CONFLICT)
    if versions.IF_MATCH in operation.get("parameters", []):
        statuses |= {HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED}
    return statuses


class _Api(Api):  # type: ignore[misc]  # flask-smorest has no types
    """flask-smorest, but errors are our problem details, in the document and in what is answered."""

    def _register_error_handlers(self) -> None:
        return

    def _register_responses(self) -> None:
        told = {
            status.name: (status.phrase, problem_examples.EXAMPLES.get(status, problem_examples.OTHERWISE))
            for status in HTTPStatus
        }
        told[self.DEFAULT_ERROR_RESPONSE_NAME] = ("Any other failure", problem_examples.OTHERWISE)
        for name, (phrase, example) in told.items():
            content = {JSON_PROBLEM: {"schema": ProblemSchema, "example": example}}
            self.spec.components.response(name, {"description": phrase, "content": content}, lazy=True)


def _pattern(_: Any, field: Any, *, ret: dict[str, Any], **__: Any) -> dict[str, Any]:
    """A pattern as ECMA-262 has it, which the document takes: its ``$`` is what Python calls ``\\Z``."""
    return {"pattern": ret["pattern"].replace(r"\Z", "$")} if "pattern" in ret else {}


def install(app: Flask, blueprints: Sequence[Routes]) -> None:
    """Serve these routes to who has a key, and describe them."""
    conventions = _Conventions(json.loads((Path(app.root_path) / "examples.json").read_text()))
    api = _Api(app, spec_kwargs={"extra_plugins": [conventions], "security": [{"key": []}]})
    api.ma_plugin.converter.add_attribute_function(_pattern)
    for blueprint in blueprints:
        api.register_blueprint(blueprint)
    if any(map(_is_of_people, app.view_functions.values())):
        cookie = {"name": f"__Host-kendi-{Path(app.root_path).name}"}
        api.spec.components.security_scheme("session", SESSION | cookie)
    app.extensions["openapi"] = api.spec
    names = {blueprint.name for blueprint in blueprints}

    @app.before_request
    def identify() -> None:
        if request.blueprint in names:
            g.principal = _signed_in() or _by_key()
            access.need_scope(g.principal, request.method)
            if request.method == "POST":
                g.idempotency_key = idempotency.key_of(request)


def _is_of_people(view: Any) -> bool:
    return getattr(view, "of_people", False)


def _signed_in() -> access.Principal | None:
    """Who signed in here, where what is asked for is for people.

    Another site can't make a browser ask: each POST takes a header that none sends elsewhere unasked, and JSON.
    """
    token = request.cookies.get(cookie_name())
    if token is None or not _is_of_people(current_app.view_functions.get(request.endpoint or "")):
        return None
    limiting.spend(limiting.KEY, access.digest(token).hex())
    check_origin()
    with serving().database.transaction() as session:
        found = access.by_session(session, token)
    return found[0] if found else None


def _by_key() -> access.Principal:
    token = access.bearer_token()
    limiting.spend(limiting.KEY, access.digest(token).hex())
    with serving().database.one_by_one() as session:
        return access.by_key(session, token)
