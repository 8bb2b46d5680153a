"""Everything that the nine processes import, so that a fork has it already."""

import importlib

import celery.apps.worker
import celery.concurrency.solo
import celery.worker.consumer
import granian
import kombu.transport.redis

from shared.card import all_cards
from shared.messaging import relay, worker

for service in all_cards():
    importlib.import_module(f"services.{service}.app")
    importlib.import_module(f"services.{service}.tasks")

__all__ = ["celery", "granian", "kombu", "relay", "worker"]
