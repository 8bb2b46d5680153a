"""Looking a system over without changing anything: its settings, its servers, and whether all its numbers agree."""

from kendi.doctor.audit import Summary, summary
from kendi.doctor.comparing import Difference
from kendi.doctor.deliveries import Finding

__all__ = ["Difference", "Finding", "Summary", "summary"]
