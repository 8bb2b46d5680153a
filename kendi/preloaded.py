"""Everything that the nine processes import, so that a fork has it already."""

import gc
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

gc.freeze()  # what is imported stays: no collection of a fork walks through it, or copies its pages

__all__ = ["celery", "granian", "kombu", "relay", "worker"]
