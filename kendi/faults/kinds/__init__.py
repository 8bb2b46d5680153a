"""Every kind of fault that the campaign knows; a new one is a function in one of these modules."""

from kendi.faults.kinds import broker, messages, postgres, processes
from kendi.faults.kinds.kind import KINDS, Kind, NotCarriedOut, Scene

__all__ = ["KINDS", "Kind", "NotCarriedOut", "Scene", "broker", "messages", "postgres", "processes"]
