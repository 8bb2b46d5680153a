"""Where the services' databases and the broker are: from the settings, else from what a ``kendi up`` keeps."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from kendi.cli.options import SERVICES
from kendi.doctor.surroundings import find
from shared.card import Card, all_cards
from shared.database import Database
from shared.failure import Failure
from shared.messaging.wire import queues
from shared.settings import BadSetting, broker_url, database_url
from shared.sight import SERVICE


class NotReached(Failure):
    """A service's database or broker does not answer, or is not what it should be."""


@dataclass(frozen=True)
class Place:
    """One service: its card, its database and its broker as an operator reaches them."""

    card: Card
    database: Database
    broker_url: str | None

    @property
    def name(self) -> str:
        return self.card.name

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self._told(), self.database.reading() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with self._told(), self.database.transaction() as session:
            yield session

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except ProgrammingError as error:
            raise NotReached(f"{self.name}: run kendi migrate first ({_line(error.orig)})") from error
        except (OperationalError, PoolTimeout) as error:
            raise NotReached(f"{self.name}: the database does not answer: {_line(error)}") from error

    def queue_lengths(self) -> dict[str, int]:
        """How many messages stand unread in each of the service's queues."""
        if self.broker_url is None:
            raise NotReached(f"{self.name}: KENDI_BROKER_URL is not set")
        names = [queue.name for queue in queues(self.name).values()]
        retry = Retry(NoBackoff(), 0)
        try:
            with redis.Redis.from_url(
                self.broker_url, socket_timeout=2, socket_connect_timeout=2, retry=retry
            ) as broker:
                return {name.partition(".")[2]: int(str(broker.llen(name))) for name in names}
        except redis.RedisError as error:
            raise NotReached(f"{self.name}: the broker does not answer: {_line(error)}") from error


def _line(error: object) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


@contextmanager
def places(data: Path, service: str | None = None) -> Iterator[list[Place]]:
    """Every service that has an address, or the one that is named."""
    env = find(data).env
    found = [_place(name, env) for name in SERVICES if service in (None, name)]
    reachable = [place for place in found if isinstance(place, Place)]
    if not reachable:
        raise next(place for place in found if isinstance(place, BadSetting))
    try:
        yield reachable
    finally:
        for place in reachable:
            place.database.close()


def _place(service: str, env: Mapping[str, str]) -> Place | BadSetting:
    try:
        url = database_url(service, "operator", env)
    except BadSetting as missing:
        return missing
    return Place(all_cards()[service], Database(url, sees=SERVICE, pool_size=1), _broker(service, env))


def _broker(service: str, env: Mapping[str, str]) -> str | None:
    try:
        return broker_url(service, env)
    except BadSetting:
        return None
