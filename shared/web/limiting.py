"""How many requests a key and an address may make: a flood of one leaves the others alone.

Counted in the memory of each web process, so that a request costs no database and no broker its
answer; what can't be counted is let through.
"""

import logging
from dataclasses import dataclass
from math import ceil
from time import time
from typing import Any, cast

from flask import Flask, Response, current_app, g, request
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from werkzeug.middleware.proxy_fix import ProxyFix

from shared.settings import Settings
from shared.web.problems import Problem

log = logging.getLogger(__name__)

WINDOW = 10
"""Seconds."""
KEY, ADDRESS, TRACKING = "key", "address", "tracking"
FREE = ("static", "health.livez", "health.readyz", "health.metrics")
"""What watches the process is never sent away."""


@dataclass(frozen=True)
class Spent:
    """What is left of a quota after this request, and until when."""

    policy: str
    most: int
    left: int
    seconds: int
    over: bool


class Limiter:
    """The quotas of one web process."""

    def __init__(self, settings: Settings) -> None:
        self.storage = MemoryStorage()
        self._windows = FixedWindowRateLimiter(self.storage)
        per = {
            KEY: settings.requests_per_key,
            ADDRESS: settings.requests_per_address,
            TRACKING: settings.tracking_requests,
        }
        self._items = {policy: RateLimitItemPerSecond(most, WINDOW) for policy, most in per.items() if most}

    def spend(self, policy: str, who: str) -> Spent | None:
        """Count a request; None if there is no limit, or the count fails, which must stop nobody."""
        item = self._items.get(policy)
        if item is None:
            return None
        try:
            fits = self._windows.hit(item, policy, who)
            stats = self._windows.get_window_stats(item, policy, who)
        except Exception:
            log.exception("requests can't be counted; all are let through")
            return None
        return Spent(
            policy, item.amount, max(0, stats.remaining), max(1, ceil(stats.reset_time - time())), not fits
        )


def install(app: Flask, settings: Settings) -> None:
    """Count each request of an address; those of a key are counted where it is looked up."""
    app.extensions["limiter"] = Limiter(settings)
    if settings.proxies:
        behind = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=behind, x_proto=behind, x_host=behind)  # type: ignore[method-assign]
    app.before_request(_spend_of_address)
    app.after_request(_tell)


def spend(policy: str, who: str) -> None:
    """Count this request, and refuse it when there were too many."""
    spent = cast(Limiter, current_app.extensions["limiter"]).spend(policy, who)
    if spent is None:
        return
    g.setdefault("spent", []).append(spent)
    if spent.over:
        wait = f"At most {spent.most} requests in {WINDOW} seconds for each {policy}; wait {spent.seconds} s."
        members: dict[str, Any] = {"violated-policies": [policy]}
        raise Problem(429, "Too many requests", wait, retry_after=spent.seconds, **members)


def _spend_of_address() -> None:
    if request.endpoint not in FREE:
        spend(ADDRESS, request.remote_addr or "")


def _tell(response: Response) -> Response:
    """RateLimit and RateLimit-Policy as draft-ietf-httpapi-ratelimit-headers-10 has them."""
    spent: list[Spent] = g.get("spent", [])
    if spent:
        policies = (f'"{one.policy}";q={one.most};w={WINDOW}' for one in spent)
        left = (f'"{one.policy}";r={one.left};t={one.seconds}' for one in spent)
        response.headers["RateLimit-Policy"] = ", ".join(policies)
        response.headers["RateLimit"] = ", ".join(left)
    return response
