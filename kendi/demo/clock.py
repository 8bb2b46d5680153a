"""The business clock of all services, which a demonstration may move."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from shared import clock
from shared.database import Database
from shared.sight import SERVICE


class BusinessClock:
    """Days pass when the demonstration says so, in all services at once."""

    def __init__(self, app_urls: Mapping[str, str]) -> None:
        self._databases = {
            service: Database(url, sees=SERVICE, pool_size=1) for service, url in app_urls.items()
        }

    def advance_a_day(self) -> None:
        self.advance(timedelta(days=1))

    def advance(self, by: timedelta) -> None:
        for database in self._databases.values():
            with database.transaction() as session:
                clock.advance(session, by)

    def close(self) -> None:
        for database in self._databases.values():
            database.close()

    def now(self) -> datetime:
        with self._databases["logistics"].transaction() as session:
            return clock.business_now(session)

    def today_plus(self, days: int) -> date:
        return self.now().astimezone(clock.WIB).date() + timedelta(days=days)
