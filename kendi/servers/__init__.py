"""A real PostgreSQL and a real Redis-protocol broker on this machine, from pinned wheels.

Loopback only; the passwords are made at first start and kept with the data. PostgreSQL refuses to
run as root, so root hands both servers to an unprivileged user.
"""

from kendi.servers.error import ServersError
from kendi.servers.servers import Addresses, Servers, in_use

__all__ = ["Addresses", "Servers", "ServersError", "in_use"]
