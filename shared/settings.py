"""Every environment variable that Kendi reads, validated once when a process starts."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from shared.failure import Failure

Process = Literal["web", "worker", "relay", "migrate", "operator"]
T = TypeVar("T")


class BadSetting(Failure):
    """An environment variable is missing or can't be understood; the message says what would be right."""


@dataclass(frozen=True)
class SigningKey:
    """A shared secret under which services sign the messages they exchange."""

    id: str
    secret: bytes


@dataclass(frozen=True)
class Settings:
    """What one process of one service needs to know of its surroundings."""

    service: str
    process: Process
    database_url: str
    broker_url: str
    signing_keys: tuple[SigningKey, ...]
    host: str
    port: int
    web_threads: int
    demo: bool
    log_level: str
    requests_per_key: int = 1000
    requests_per_address: int = 2000
    tracking_requests: int = 30
    tracking_days: int = 90
    proxies: int = 0
    gs1_prefix: str = "9529900"
    tls_certificate: str = ""
    tls_key: str = ""

    @property
    def secure_cookies(self) -> bool:
        """Whether sessions are bound to https: always but in a demonstration without it."""
        return not self.demo or bool(self.tls_certificate)


VARIABLES = {
    "KENDI_<SERVICE>_DATABASE_URL": "postgresql+psycopg://user:password@host:port/name of the service's own database",
    "KENDI_<SERVICE>_<PROCESS>_DATABASE_URL": "the same for one process (web, worker, relay, operator; migrate: the owner)",
    "KENDI_BROKER_URL": "redis://user:password@host:port/0 of the Redis-protocol broker",
    "KENDI_<SERVICE>_BROKER_URL": "the same for one service, which then has its own broker user",
    "KENDI_SIGNING_KEYS": "id:hex[,id:hex]: keys of 32 bytes or more, each with an id of its own; the first one signs, all verify",
    "KENDI_HOST": "address that the web processes listen on (127.0.0.1)",
    "KENDI_<SERVICE>_PORT": "port of the service's web process (8001 orders, 8002 production, 8003 logistics)",
    "KENDI_WEB_THREADS": "requests that a web process serves at once (8)",
    "KENDI_REQUESTS_PER_KEY": "requests that a key may make of a web process in ten seconds; 0 for no limit (1000)",
    "KENDI_REQUESTS_PER_ADDRESS": "the same for an address that requests come from (2000)",
    "KENDI_TRACKING_REQUESTS": "times that an address may open tracking pages in ten seconds; 0 for no limit (30)",
    "KENDI_TRACKING_DAYS": "days after the delivery or cancellation for which a shipment's tracking page can be opened (90)",
    "KENDI_PROXIES": "proxies in front whose X-Forwarded headers are believed (0)",
    "KENDI_TLS_CERTIFICATE": "file of the certificate with which the web processes serve https themselves (none)",
    "KENDI_TLS_KEY": "file of its key, without a passphrase",
    "KENDI_GS1_PREFIX": "your GS1 company prefix, 6 to 12 digits, for the numbers of cartons and pallets (9529900, GS1's for demonstrations)",
    "KENDI_DEMO": "1 in a demonstration: webhooks may go to http on this machine",
    "KENDI_LOG_LEVEL": "DEBUG, INFO, WARNING or ERROR (INFO)",
}

SECRETS = {"KENDI_SIGNING_KEYS"}
"""Whose values appear in no message."""

PORTS = {"orders": 8001, "production": 8002, "logistics": 8003}


def load(service: str, process: Process, env: Mapping[str, str] = os.environ) -> Settings:
    """The settings of one process; raises ``BadSetting`` naming the variable."""
    own = f"KENDI_{service.upper()}"
    certificate, key = _certificate_and_key(env)
    return Settings(
        service=service,
        process=process,
        database_url=database_url(service, process, env),
        broker_url=broker_url(service, env),
        signing_keys=_read(env, "KENDI_SIGNING_KEYS", _signing_keys),
        host=env.get("KENDI_HOST", "127.0.0.1"),
        port=_read(env, f"{own}_PORT", int, str(PORTS.get(service, 8004))),
        web_threads=_read(env, "KENDI_WEB_THREADS", int, "8"),
        demo=_read(env, "KENDI_DEMO", _flag, "0"),
        log_level=_read(env, "KENDI_LOG_LEVEL", _log_level, "INFO"),
        requests_per_key=_read(env, "KENDI_REQUESTS_PER_KEY", _count, "1000"),
        requests_per_address=_read(env, "KENDI_REQUESTS_PER_ADDRESS", _count, "2000"),
        tracking_requests=_read(env, "KENDI_TRACKING_REQUESTS", _count, "30"),
        tracking_days=_read(env, "KENDI_TRACKING_DAYS", _count, "90"),
        proxies=_read(env, "KENDI_PROXIES", _count, "0"),
        tls_certificate=certificate,
        tls_key=key,
        gs1_prefix=_read(env, "KENDI_GS1_PREFIX", _gs1_prefix, "9529900"),
    )


def database_url(service: str, process: Process, env: Mapping[str, str] = os.environ) -> str:
    """The address of a service's database, for this kind of process if it has one of its own."""
    own = f"KENDI_{service.upper()}"
    return _first(env, f"{own}_{process.upper()}_DATABASE_URL", f"{own}_DATABASE_URL")


def broker_url(service: str, env: Mapping[str, str] = os.environ) -> str:
    """The address of the broker, with the service's own user if it has one."""
    return _first(env, f"KENDI_{service.upper()}_BROKER_URL", "KENDI_BROKER_URL")


def _first(env: Mapping[str, str], *names: str) -> str:
    for name in names:
        if env.get(name):
            return _address(name, env[name])
    raise BadSetting(f"{names[-1]} is not set; it takes {_meaning(names[-1])}")


def _address(name: str, url: str) -> str:
    """Refused here where a sign in its password ends that too early: whoever parses it later tells a part of it."""
    if _is_cut_short(url):
        raise BadSetting(
            f"{name} can't be read; it takes {_meaning(name)}, with / ? # @ in a password as %2F %3F %23 %40"
        )
    return url


def _is_cut_short(url: str) -> bool:
    """Whether its host, or the port, is read from the password: the only @ stands before them."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return True
    return url.count("@") > 1 or parts.netloc.count("@") != url.count("@")


def _read(env: Mapping[str, str], name: str, parse: Callable[[str], T], default: str = "") -> T:
    text = env.get(name) or default
    try:
        return parse(text)
    except ValueError:
        given = "can't be read" if name in SECRETS else f"is {text!r}"
        raise BadSetting(f"{name} {given}; it takes {_meaning(name)}") from None


def _meaning(name: str) -> str:
    for pattern, meaning in VARIABLES.items():
        if pattern == name or ("<" in pattern and name.endswith(pattern.rsplit(">", 1)[1])):
            return meaning
    return "a value"


def _signing_keys(text: str) -> tuple[SigningKey, ...]:
    keys = tuple(
        SigningKey(id, bytes.fromhex(secret))
        for id, _, secret in (part.partition(":") for part in text.split(","))
    )
    ids = {key.id for key in keys if key.id}
    if len(ids) < len(keys) or any(len(key.secret) < 32 for key in keys):
        raise ValueError
    return keys


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ValueError
    return int(text)


def _file_or_none(text: str) -> str:
    if text and not Path(text).is_file():
        raise ValueError
    return text


def _certificate_and_key(env: Mapping[str, str]) -> tuple[str, str]:
    names = ("KENDI_TLS_CERTIFICATE", "KENDI_TLS_KEY")
    certificate, key = (_read(env, name, _file_or_none) for name in names)
    if bool(certificate) != bool(key):
        raise BadSetting(
            f"{names[0 if certificate else 1]} is set alone; give {' and '.join(names)}, or neither"
        )
    return certificate, key


def _gs1_prefix(text: str) -> str:
    if not (text.isascii() and text.isdigit() and 6 <= len(text) <= 12):
        raise ValueError
    return text


def _flag(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError
    return text == "1"


def _log_level(text: str) -> str:
    if text not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError
    return text
