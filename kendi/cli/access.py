"""Who may come in, and who no more: keys for systems, sign-ins for people."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click

from kendi.cli.options import JSON, SERVICE, say

ROLES: dict[str, dict[str, str | None]] = {
    "orders": {"buyer": "buyer", "compliance_officer": None, "kanwil": None},
    "production": {
        "facility_officer": "facility",
        "facility_head": "facility",
        "tool_keeper": "facility",
        "inspector": "facility",
        "kanwil": None,
    },
    "logistics": {"logistics": None, "kanwil": None, "carrier": "carrier"},
}
"""Who has something to do in a service, and in which table the account stands that they are limited to."""
EVERY_ROLE = tuple(dict.fromkeys(role for roles in ROLES.values() for role in roles))
SHORTEST_PASSWORD = 12
SCOPES = ("read", "write")
REASON = click.option("--reason", required=True, help="why, in 10 to 2,000 characters; is kept")
WANTED_TIME = "give a time to come, such as 2027-01-31 or 2027-01-31T12:00:00+07:00"


def _plain(ctx: click.Context, option: click.Parameter, value: str) -> str:
    from shared.text import is_plain

    if not 1 <= len(value.strip()) <= 200 or not is_plain(value.strip()):
        raise click.BadParameter("give 1 to 200 characters of plain text")
    return value.strip()


def _email(ctx: click.Context, option: click.Parameter, value: str) -> str:
    from marshmallow import ValidationError, validate

    try:
        return str(validate.Email()(value.strip()))
    except ValidationError:
        raise click.BadParameter("give an address such as name@example.org") from None


def _moment(ctx: click.Context, option: click.Parameter, value: str | None) -> datetime | None:
    """A day means its beginning, and a time without a zone is none: which it means can't be known."""
    if value is None:
        return None
    try:
        given = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(WANTED_TIME) from None
    if "T" not in value.upper():
        given = given.replace(tzinfo=UTC)
    if given.tzinfo is None or given <= datetime.now(UTC):
        raise click.BadParameter(WANTED_TIME)
    return given


def _particulars(command: Callable[..., None]) -> Callable[..., None]:
    """What a key and a person have in common."""
    for option in (
        click.option("--name", required=True, callback=_plain, help="whose it is, for people to read"),
        click.option(
            "--account", help="the buyer, the facility or the carrier, as booked, that it is limited to"
        ),
        click.option("--role", required=True, help="what it may do: " + ", ".join(EVERY_ROLE)),
        SERVICE,
    ):
        command = option(command)
    return command


@click.group()
def key() -> None:
    """Keys of systems that call an API."""


@key.command("create")
@_particulars
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="what it may do; without one, both"
)
@click.option("--expires", callback=_moment, help="from when it opens nothing; without it, never")
@JSON
def create(
    service: str,
    role: str,
    account: str | None,
    name: str,
    scopes: tuple[str, ...],
    expires: datetime | None,
    as_json: bool,
) -> None:
    """Make an API key and print it; it can't be shown again.

    Needs KENDI_<SERVICE>_DATABASE_URL.

    Example: kendi key create orders --role buyer --account CHEWY-LOUIS --name "Reports" --scope read --expires 2027-01-31
    """
    from shared.web.access import create_key

    with _letting_in(service, role, account) as session:
        made = create_key(
            session, name=name, role=role, account=account, scopes=scopes or SCOPES, expires_at=expires
        )
    told: dict[str, Any] = {"service": service, "role": role, "account": account, "name": name, "key": made}
    told |= {"scopes": list(scopes or SCOPES), "expires_at": expires.isoformat() if expires else None}
    say(told, as_json, made)


@key.command("list")
@SERVICE
@JSON
def list_(service: str, as_json: bool) -> None:
    """List a service's keys, newest first: whose they are, and when each was used last. No key is shown whole.

    Those that were revoked or ran out are listed for thirty days. Needs KENDI_<SERVICE>_DATABASE_URL.

    Example: kendi key list logistics
    """
    from shared.web.keys import every_key

    with _transaction(service) as session:
        found = [dict(row) for row in every_key(session)]
    lines = [
        f"{row['prefix']}  {row['state']:<8} {row['role']:<18} {row['account'] or '–':<12} {row['name']}, last used"
        f" {row['last_used_at'].isoformat(timespec='minutes') if row['last_used_at'] else 'never'}"
        for row in found
    ]
    click.echo(json.dumps(found, default=str) if as_json else "\n".join(lines) or "none")


@key.command("revoke")
@SERVICE
@click.argument("prefix")
@REASON
@JSON
def revoke(service: str, prefix: str, reason: str, as_json: bool) -> None:
    """Have a key open nothing from now on; PREFIX is what `kendi key list` shows of it.

    Who did it, when and why is kept. Needs KENDI_<SERVICE>_DATABASE_URL.

    Example: kendi key revoke logistics pk_5f0c21d9aa17 --reason "The contract with the forwarder ended."
    """
    from kendi.operating.mending import operator
    from shared.messaging.operating import shut_out
    from shared.web.keys import revoke_any_key

    id = prefix.removeprefix("pk_").partition("_")[0]
    with _transaction(service) as session:
        if not revoke_any_key(session, key_id=id):
            wanted = f"no key of {service} that opens anything begins so; kendi key list {service} shows them"
            raise click.BadParameter(wanted, param_hint="'PREFIX'")
        shut_out(session, operator(), "revoke", f"key {id}", reason)
    say({"service": service, "prefix": f"pk_{id}"}, as_json, f"pk_{id} opens nothing in {service} any more.")


@click.group()
def user() -> None:
    """People who sign in to a service's pages."""


@user.command("add")
@_particulars
@click.option("--email", required=True, callback=_email, help="what they sign in with")
@JSON
def add(service: str, role: str, account: str | None, name: str, email: str, as_json: bool) -> None:
    """Let a person sign in; the password is asked for, or read as a line from standard input.

    The same e-mail address again renews the particulars and the password, and ends all sessions.
    Needs KENDI_<SERVICE>_DATABASE_URL.

    Example: kendi user add logistics --role logistics --name "Hub Sragen" --email hub@example.org
    """
    from shared.web.access import add_person

    password = _password()  # no transaction waits for somebody who types
    with _letting_in(service, role, account) as session:
        add_person(session, email=email, name=name, role=role, account=account, password=password)
    told = {"service": service, "role": role, "account": account, "name": name, "email": email.lower()}
    say(told, as_json, f"{email.lower()} may sign in to {service} as {role}.")


@user.command("disable")
@SERVICE
@click.option("--email", required=True, callback=_email, help="what they sign in with")
@REASON
@JSON
def disable(service: str, email: str, reason: str, as_json: bool) -> None:
    """Shut a person out: their sessions end at once, and they can't sign in again.

    Who did it, when and why is kept. `kendi user add` with the same address lets them in again.
    Needs KENDI_<SERVICE>_DATABASE_URL.

    Example: kendi user disable logistics --email hub@example.org --reason "Left the hub."
    """
    from kendi.operating.mending import operator
    from shared.messaging.operating import shut_out
    from shared.web.access import disable_person

    with _transaction(service) as session:
        person = disable_person(session, email=email)
        if person is None:
            wanted = f"nobody who may sign in to {service} has this address"
            raise click.BadParameter(wanted, param_hint="'--email'")
        shut_out(session, operator(), "disable", f"person {person}", reason)
    told = {"service": service, "email": email.lower()}
    say(told, as_json, f"{email.lower()} may not sign in to {service} any more.")


def _password() -> str:
    """Never an option: what stands on a command line is seen by others and stays in a history."""
    if sys.stdin.isatty():
        password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if len(password) < SHORTEST_PASSWORD:
        wanted = f"give {SHORTEST_PASSWORD} characters or more, at the prompt or as a line of standard input"
        raise click.BadParameter(wanted, param_hint="the password")
    return password


@contextmanager
def _letting_in(service: str, role: str, account: str | None) -> Iterator[Any]:
    """A transaction of the service, once its role and account are known to be some."""
    if role not in ROLES[service]:
        raise click.BadParameter(f"give one of {service}: {', '.join(ROLES[service])}", param_hint="'--role'")
    with _transaction(service) as session:
        _need_account(session, ROLES[service][role], role, account)
        yield session


@contextmanager
def _transaction(service: str) -> Iterator[Any]:
    from sqlalchemy.exc import DBAPIError

    from shared.database import Database
    from shared.settings import database_url
    from shared.sight import SERVICE

    database = Database(database_url(service, "web"), sees=SERVICE, pool_size=1)
    try:
        with database.transaction() as session:
            yield session
    except DBAPIError as error:
        why = str(error.orig).strip().splitlines()[0]
        raise click.ClickException(f"the database of {service} is not ready: {why}") from None
    finally:
        database.close()


def _need_account(session: Any, table: str | None, role: str, account: str | None) -> None:
    from sqlalchemy import text

    hint = "'--account'"
    if table is None:
        if account is not None:
            raise click.BadParameter(f"leave it out: {role} is limited to none", param_hint=hint)
        return
    known = session.execute(text(f"SELECT code FROM {table} ORDER BY code")).scalars().all()  # noqa: S608  # one of ours
    if account not in known:
        first = "a shipment is booked with it" if table == "carrier" else "run kendi load"
        codes = ", ".join(known) or f"none yet; {first} first"
        raise click.BadParameter(f"give the code of a {table}: {codes}", param_hint=hint)
