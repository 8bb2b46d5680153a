"""kombu's Redis transport and Celery's consumer, but what is no message of theirs ends no worker.

As they are, garbage on a queue raises through the worker's loop and ends the process; here it is told by
Celery's own signal, as other messages that are refused are, and the loop goes on.
"""

import logging
from collections.abc import Callable
from queue import Empty
from typing import Any

from celery import signals
from celery.exceptions import InvalidTaskError
from celery.worker.consumer import Consumer as CeleryConsumer
from celery.worker.state import maybe_shutdown
from kombu import Connection
from kombu.exceptions import ContentDisallowed, DecodeError
from kombu.transport import redis

log = logging.getLogger(__name__)

NO_MESSAGE = (ValueError, TypeError, KeyError, AttributeError, RecursionError)


class Channel(redis.Channel):
    """Reads queues on which anything may lie."""

    def _brpop_read(self, **options: Any) -> bool:
        try:
            return bool(super()._brpop_read(**options))  # type: ignore[misc]  # the stubs leave it out
        except Empty:
            raise
        except NO_MESSAGE as error:
            log.exception("what came is no message")
            raw = getattr(error, "doc", None) or getattr(error, "object", None)
            signals.task_rejected.send(sender=self, message=raw, exc=error)
            self._forget_what_was_begun()
            return True

    def _forget_what_was_begun(self) -> None:
        """A message that was counted as delivered and never ended would fill the only place there is."""
        for tag in tuple(self.qos._delivered or ()):
            self.qos.ack(tag)


class Transport(redis.Transport):
    Channel = Channel


ERRANDS = {"callbacks", "errbacks", "chain", "chord", "group", "eta", "expires"}
"""What Celery does beside or after a task because a message says so, wherever in the message it stands.

It would publish under the worker's own name, whoever wrote the message: no signature covers these.
"""


class Consumer(CeleryConsumer):
    """Tells also of a message whose body can't be decoded, runs no errands for a message, and is back soon."""

    def ensure_connected(self, conn: Connection) -> Connection:
        """Look for the broker once a second: Celery's own pauses grow to half a minute."""
        conn.ensure_connection(
            _tell_away, interval_start=1, interval_step=0, interval_max=1, callback=maybe_shutdown
        )
        self.first_connection_attempt = False
        return conn

    def create_task_handler(self, *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
        handle = super().create_task_handler(*args, **kwargs)

        def take(message: Any) -> Any:
            try:
                _refuse_errands(message)
            except (InvalidTaskError, ContentDisallowed) as error:
                return self.on_invalid_task(None, message, error)
            except DecodeError as error:
                return self.on_decode_error(message, error)
            return handle(message)

        return take

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        super().on_decode_error(message, exc)
        signals.task_rejected.send(sender=self, message=message, exc=exc)


def _tell_away(error: Exception, pause: float) -> None:
    log.warning("the broker is away: %s", error)


def _refuse_errands(message: Any) -> None:
    """A message of ours is a list: arguments, no named ones, and nothing to be done with them but the task."""
    payload = message.payload
    if not (isinstance(payload, list) and len(payload) == 3 and isinstance(payload[2], dict)):
        raise InvalidTaskError(
            "it is no list of arguments, named arguments and what is asked beside the task"
        )
    _, named, beside = payload
    if named or any(beside.values()) or any(message.headers.get(errand) for errand in ERRANDS):
        raise InvalidTaskError("it asks for more than its task")
