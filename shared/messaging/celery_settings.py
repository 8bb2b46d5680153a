"""How Celery, kombu and our own client of the broker are set: here only, each setting with its reason.

``kendi/servers/broker.py`` has those of the broker itself, ``shared/database.py`` those of PostgreSQL.
"""

from collections.abc import Mapping
from typing import Any

CELERY: Mapping[str, Any] = {
    # Direct queues of known names only: a typo raises, and no routing table in the broker can be lost.
    "task_create_missing_queues": False,
    # What became of a message is in our databases; nobody asks Celery.
    "task_ignore_result": True,
    "result_backend": None,
    # Pickle would run what a stranger sends.
    "task_serializer": "json",
    "accept_content": ["json"],
    # What dies with its worker is sent again by its publisher, so that a message is done with when it is taken;
    # given back to the broker, one that kills its process would kill the next at once.
    "task_acks_late": False,
    "task_reject_on_worker_lost": False,
    # One message at a time: what is prefetched dies with its worker.
    "worker_prefetch_multiplier": 1,
    # A relay or worker must learn at once that the broker is away: Celery's defaults block for long.
    "task_publish_retry": True,
    "task_publish_retry_policy": {
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
        "interval_max": 0,
    },
    # A worker outlives any outage; Celery's would end after a hundred attempts.
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    # So it does a broker that is there and refuses, read-only after a failover or with a full disk.
    "broker_channel_error_retry": True,
    # A broker that is there answers at once.
    "broker_connection_timeout": 2,
    # One to publish with, and one while that is found dead.
    "broker_pool_limit": 2,
    "broker_transport_options": {
        # The outbox sends again what dies with a worker; see docs/decisions/0009.
        "ack_emulation": False,
        # Without a timeout a broker that hangs blocks for ever; a half-open connection is found in 10 s.
        "socket_timeout": 3,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 3,
    },
    # Garbage on a queue must end no worker.
    "broker_transport": "shared.messaging.transport:Transport",
    "worker_consumer": "shared.messaging.transport:Consumer",
    # A worker that is told to end finishes what it has begun.
    "worker_soft_shutdown_timeout": 20.0,
    "worker_enable_soft_shutdown_on_idle": True,
    # Remote control and its events travel by pub/sub, which nothing of ours needs.
    "worker_enable_remote_control": False,
    "worker_send_task_events": False,
    # Our logs are JSON lines on the real stderr.
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
}

WORKER = (
    # One message after the other in one process: more processes are more workers, each with its own connection.
    "--pool=solo",
    # Workers ask each other nothing when they start, tell each other nothing, and no event of theirs is awaited:
    # all of this is pub/sub, which is lost without a word. Progress is a row in the database.
    "--without-mingle",
    "--without-gossip",
    "--without-heartbeat",
    # A line for each message would be most of the log.
    "--loglevel=WARNING",
)

LOOKING: Mapping[str, Any] = {
    # The relay looks at the broker's epoch and at the length of queues in each round: one that is away or hangs
    # keeps it from applying what waits for no longer than this.
    "socket_timeout": 0.5,
    "socket_connect_timeout": 0.5,
}
