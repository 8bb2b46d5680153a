"""https on this machine and its network: an authority of its own, certificates, and how a phone trusts them."""

from kendi.tls.authority import Authority
from kendi.tls.trusting import Trusting

__all__ = ["Authority", "Trusting"]
