"""Where the system stands that is looked over: what the environment says, or what a data folder remembers."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kendi.servers import Servers
from shared.card import all_cards
from shared.settings import PORTS, BadSetting, database_url


@dataclass(frozen=True)
class Surroundings:
    """Settings as the processes have them; ``admin_broker_url`` may ask the broker what services may not."""

    env: Mapping[str, str]
    services: tuple[str, ...]
    admin_broker_url: str | None = None

    @property
    def database_urls(self) -> dict[str, str]:
        """Each service's database, as its owner where the environment names one; raises ``BadSetting``."""
        return {service: database_url(service, "migrate", self.env) for service in self.services}


def find(data: Path, env: Mapping[str, str] = os.environ) -> Surroundings:
    """The environment's settings if it names any database, else those of the ``kendi up`` over this folder."""
    services = tuple(sorted(all_cards(), key=lambda name: PORTS.get(name, 8004)))
    ours = {name: value for name, value in env.items() if name.startswith("KENDI_") and value}
    if any(name.endswith("_DATABASE_URL") for name in ours):
        return Surroundings(ours, services)
    if not (data / "servers.json").exists():
        raise BadSetting(
            f"KENDI_ORDERS_DATABASE_URL is not set and {data} is not the folder of a kendi up; "
            "set the databases' addresses or give the folder with --data"
        )
    return _of_folder(data, services, ours)


def _of_folder(data: Path, services: tuple[str, ...], ours: Mapping[str, str]) -> Surroundings:
    addresses = Servers(data, services).addresses
    env = dict(ours)
    for service in services:
        env[f"KENDI_{service.upper()}_DATABASE_URL"] = addresses.app_urls[service]
        env[f"KENDI_{service.upper()}_BROKER_URL"] = addresses.broker_urls[service]
    if (data / "signing_keys").exists():
        env["KENDI_SIGNING_KEYS"] = (data / "signing_keys").read_text().strip()
    if (data / "ports.json").exists():
        ports = json.loads((data / "ports.json").read_text())
        env |= {f"KENDI_{s.upper()}_PORT": str(p) for s, p in zip(services, ports, strict=False)}
    return Surroundings(env, services, addresses.admin_broker_url)
