"""kombu's Redis transport and Celery's consumer, but what is no message of theirs ends no worker.

As they are, garbage on a queue raises through the worker's loop and ends the process; here it is told by
Celery's own signal, as other messages that are refused are, and the loop goes on.
"""

import logging
from queue import Empty
from typing import Any

from celery import signals
from celery.worker.consumer import Consumer as CeleryConsumer
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


class Consumer(CeleryConsumer):
    """Tells also of a message whose body can't be decoded."""

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        super().on_decode_error(message, exc)
        signals.task_rejected.send(sender=self, message=message, exc=exc)
