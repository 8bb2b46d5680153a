"""Signing in and out."""

from typing import Any

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from shared.card import Card
from shared.web import access, pages
from shared.web.context import serving
from shared.web.pages import check_origin, cookie_name


def blueprint(card: Card) -> Blueprint:
    signing = Blueprint("signing_in", __name__, url_prefix=f"/{card.name}")

    @signing.get("/sign-in")
    def form() -> str:
        return render_template("sign_in.html", next=_own_path(request.args.get("next"), card), email="")

    @signing.post("/sign-in")
    def enter() -> Any:
        check_origin()
        email, target = request.form.get("email", "").strip(), _own_path(request.form.get("next"), card)
        token = access.sign_in(
            serving().database,
            email=email,
            password=request.form.get("password", ""),
            address=request.remote_addr or "",
            instead_of=request.cookies.get(cookie_name()),
        )
        if token is None:
            return render_template("sign_in.html", next=target, email=email, failed=True), 422
        response = redirect(target, 303)
        response.set_cookie(
            cookie_name(),
            token,
            secure=serving().settings.secure_cookies,
            httponly=True,
            samesite="Lax",
            path="/",
        )
        return response

    @signing.post("/sign-out")
    @pages.desk(*access.ROLES)
    def leave() -> Response:
        with serving().database.transaction() as session:
            access.sign_out(session, request.cookies[cookie_name()])
        response = redirect(f"/{card.name}/sign-in", 303)
        response.delete_cookie(cookie_name(), path="/", secure=serving().settings.secure_cookies)
        return response

    return signing


def _own_path(target: str | None, card: Card) -> str:
    """Only a path of this service: nobody is sent elsewhere after signing in."""
    home = f"/{card.name}/"
    own = target is not None and target.startswith(home) and target.isprintable()
    return target if target and own and "\\" not in target and "//" not in target else home
