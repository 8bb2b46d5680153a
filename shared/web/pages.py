"""What the pages of all desks share: language, numbers and dates, the signed-in person, forms."""

import hmac
import secrets
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache, partial, wraps
from io import BytesIO
from pathlib import Path
from typing import Any, ParamSpec
from urllib.parse import urlsplit

from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal
from babel.support import NullTranslations, Translations
from flask import Flask, Response, g, redirect, request, url_for
from jinja2 import ChoiceLoader, FileSystemLoader
from werkzeug.wrappers import Response as AnyResponse

from shared.clock import TIME_ZONES, WIB
from shared.refusal import Refused, Sentence
from shared.text import WITHOUT_IDENTITY_NUMBER
from shared.web import access
from shared.web.access import Principal
from shared.web.context import serving
from shared.web.idempotency import once_sent
from shared.web.problems import Problem

P = ParamSpec("P")
HERE = Path(__file__).parent
LANGUAGES = ("id", "en")


def install(app: Flask) -> None:
    """Teach the application's templates our languages and formats."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
        lambda message: _translations(language()).gettext(message),
        lambda one, many, n: _translations(language()).ngettext(one, many, n),
        newstyle=True,
    )
    app.jinja_env.filters.update(number=number, amount=amount, day=day, month=month, moment=moment, said=said)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.loader = ChoiceLoader(
        [app.jinja_env.loader or FileSystemLoader([]), FileSystemLoader(HERE / "templates")]
    )
    app.jinja_env.globals.update(WITHOUT_IDENTITY_NUMBER=WITHOUT_IDENTITY_NUMBER)
    app.context_processor(_around_every_page)
    app.after_request(_remember_language)


def _around_every_page() -> dict[str, Any]:
    return {
        "service": serving().card.name,
        "desk_name": _translations(language()).gettext(serving().card.desk),
        "language": language(),
        "languages": LANGUAGES,
        "person": g.get("principal"),
        "csrf_token": _token_of_this_page(),
        "demo": serving().settings.demo,
    }


def language() -> str:
    """The reader's language, found once for a request: a long page asks thousands of times."""
    if "language" not in g:
        g.language = _language_of_request()
    return str(g.language)


def _language_of_request() -> str:
    """Indonesian or English: what was chosen, else what the browser prefers, else the desk's own."""
    chosen = request.args.get("lang") or request.cookies.get("kendi-language")
    if chosen in LANGUAGES:
        return chosen
    preferred = (code.partition("-")[0].lower() for code, quality in request.accept_languages if quality > 0)
    return next((code for code in preferred if code in LANGUAGES), serving().card.language)


def _remember_language(response: Response) -> Response:
    if request.args.get("lang") in LANGUAGES:
        response.set_cookie(
            "kendi-language", request.args["lang"], max_age=31_536_000, samesite="Lax", httponly=True
        )
    return response


@cache
def _translations(language: str) -> NullTranslations:
    """The catalogue beside this module; English is what the templates are written in."""
    source = HERE / "translations" / f"{language}.po"
    if not source.exists():
        return NullTranslations()
    with source.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def said(told: Refused | str) -> str:
    """What a rule or a schema says, in the reader's language."""
    sentence = told.sentence if isinstance(told, Refused) else told
    translate = _translations(language()).gettext
    return sentence.said(translate, _shown) if isinstance(sentence, Sentence) else translate(sentence)


def _shown(value: object) -> object:
    """A value of a sentence as the reader's language writes it: 22 Maret 2025, 1.200."""
    if isinstance(value, date):
        return moment(value) if isinstance(value, datetime) else day(value)
    return number(value) if isinstance(value, int | Decimal) else value


def amount(value: Decimal, currency: str) -> str:
    """Money without its currency's name, with as many decimals as the currency has: 1,234.50."""
    return amount_in(value, currency, language())


def amount_in(value: Decimal, currency: str, language: str) -> str:
    return format_currency(value, currency, "#,##0.00", locale=language)


def number(value: Any) -> str:
    return _number_in(value, language())


@lru_cache(maxsize=4096)
def _number_in(value: Any, language: str) -> str:
    """A page of thousands of cartons writes few numbers thousands of times."""
    return format_decimal(value, locale=language)


def day(value: date) -> str:
    return day_in(value, language())


def day_in(value: date, language: str) -> str:
    """A date, or the day of a time where it is told, as it is written in a language: 22 Maret 2025."""
    return _day_in(_here(value).date() if isinstance(value, datetime) else value, language)


@lru_cache(maxsize=4096)
def _day_in(value: date, language: str) -> str:
    return format_date(value, "d MMMM y", locale=language)


def month(value: date) -> str:
    """The month of a day as it is written: Maret 2025."""
    return format_date(value, "MMMM y", locale=language())


def moment(value: datetime) -> str:
    """A time as people read it: the day, the time, its zone."""
    return moment_in(value, language())


def moment_in(value: datetime, language: str) -> str:
    """The same in a language of choice."""
    here = _here(value)
    return f"{format_datetime(here, 'd MMMM y, HH.mm', locale=language)} {here.tzname()}"


def _here(value: datetime) -> datetime:
    """A time is told in its own zone if that is one of Indonesia's, else as in Central Java."""
    return value if getattr(value.tzinfo, "key", None) in TIME_ZONES else value.astimezone(WIB)


def cookie_name() -> str:
    """The session cookie: each service has its own; bound to https except in a demonstration without it."""
    service = serving().card.name
    return f"__Host-kendi-{service}" if serving().settings.secure_cookies else f"kendi-{service}"


def desk(*roles: str, once: bool = True) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """The decorated page is for signed-in people with one of these roles; others are sent to sign in.

    Any POST must carry the session's CSRF token and come from this site. It is done once, in one transaction,
    but for a view that does something long between its own, and may be done twice (``once=False``).
    """

    def decorate(view: Callable[P, Any]) -> Callable[P, Any]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> Any:
            if not _identify():
                return redirect(url_for("signing_in.form", next=request.full_path.rstrip("?")))
            page = check_form() if request.method == "POST" else None
            if access.current().role not in roles:
                if _is_operator_at_home():
                    return redirect(url_for("operations.overview"))
                whose = Sentence("This page is for {roles}.", roles=access.in_words(roles))
                raise access.WrongRole("Not for you", whose)
            if once and page:
                return once_sent(page, partial(view, *args, **kwargs))
            return view(*args, **kwargs)

        return checked

    return decorate


def _is_operator_at_home() -> bool:
    """An operator's first page is the operations', wherever the service's own desk begins."""
    at_home = request.method == "GET" and request.path == f"/{serving().card.name}/"
    return at_home and access.current().role == access.OPERATOR


def _identify() -> Principal | None:
    token = request.cookies.get(cookie_name())
    if not token:
        return None
    with serving().database.transaction() as session:
        found = access.by_session(session, token)
    if found:
        g.principal, g.csrf_token = found
        return found[0]
    return None


def _token_of_this_page() -> str:
    """What each form of a page sends along: the session's token, by which no other site knows how to ask,
    and which page it was, for a form that is sent twice to count once."""
    return f"{g.csrf_token}.{secrets.token_urlsafe(12)}" if "csrf_token" in g else ""


def check_form() -> str:
    """The page that the form stood on, if it says; a form that another site made the browser send is refused."""
    check_origin()
    token, _, page = request.form.get("csrf_token", "").partition(".")
    if not hmac.compare_digest(token.encode(), g.csrf_token.encode()):
        raise Problem(403, "The form is too old", "Open the page again and repeat; nothing was done.")
    return page


def check_origin() -> None:
    origin = request.headers.get("Origin")
    if origin and urlsplit(origin).netloc != request.host:
        raise Problem(403, "Sent from another site", "Open the page here and repeat; nothing was done.")


def back_to(endpoint: str, **values: Any) -> AnyResponse:
    """After a form was accepted: show the page again by GET."""
    return redirect(url_for(endpoint, **values), 303)
