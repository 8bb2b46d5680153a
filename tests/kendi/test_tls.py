"""https by an authority of one's own: who trusts it gets in, nobody else, and it vouches for nothing else."""

import ipaddress
import socket
import ssl
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from cryptography import x509

from kendi.system import System
from kendi.tls import Authority, Trusting
from kendi.tls.authority import PRIVATE, own_addresses, reached_at
from shared.clock import real_now
from shared.web.access import FACILITY
from tests.awaiting import until

HOME = ipaddress.ip_address("127.0.0.1")


@pytest.fixture(scope="module")
def system(prepared: Callable[[str], Path]) -> Iterator[System]:
    folder = prepared("tls")
    with System(
        folder,
        free_ports=True,
        fsync=False,
        kinds=("web",),
        say=lambda _: None,
        tls=Authority(folder / "tls"),
    ) as running:
        yield running


@pytest.mark.flow
def test_who_trusts_the_authority_reads_by_https_and_signs_in_with_a_secure_cookie(system: System) -> None:
    ready = f"{system.urls['production']}/production/readyz"
    assert ready.startswith("https://")
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(ready)
    person = system.accounts.person("production", FACILITY, "LPS-SRG")
    with httpx.Client(verify=ssl.create_default_context(cafile=system.tls.certificate)) as client:
        assert client.get(ready).status_code == 200
        form = {"email": person.email, "password": person.password}
        answer = client.post(f"{system.urls['production']}/production/sign-in", data=form)
    assert answer.headers["Set-Cookie"].startswith("__Host-kendi-production=")
    assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.flow
def test_a_renewed_certificate_is_shown_by_the_processes(
    system: System,
) -> None:
    before = system.tls.server_certificate.read_bytes()
    system.renew()
    assert system.tls.server_certificate.read_bytes() == before
    system.tls.server_certificate.unlink()
    system.renew()
    address = urlsplit(system.urls["production"])
    trusted = ssl.create_default_context(cafile=system.tls.certificate)

    def shown() -> str | None:
        """By the process that is there now; none while it starts."""
        try:
            httpx.get(f"{system.urls['production']}/production/readyz", verify=trusted)
        except httpx.TransportError:
            return None
        return ssl.get_server_certificate((address.hostname, address.port))

    until(lambda: shown() == system.tls.server_certificate.read_text())


def test_a_certificate_is_renewed_a_month_before_it_runs_out(tmp_path: Path) -> None:
    made, now = Authority(tmp_path / "tls"), real_now()
    assert [made.ensure([HOME], now=now + timedelta(days=days)) for days in (0, 59, 61, 119, 121)] == [
        True, False, True, False, True,
    ]  # fmt: skip


def test_keys_are_for_their_owner_and_the_authority_stays_the_same(tmp_path: Path) -> None:
    made = Authority(tmp_path / "tls")
    assert made.ensure([HOME], now=real_now())
    fingerprint = made.fingerprint
    assert not made.ensure([HOME], now=real_now())
    assert made.ensure([HOME, ipaddress.ip_address("192.168.7.7")], now=real_now())
    assert made.fingerprint == fingerprint
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "tls").iterdir()}
    assert modes == dict.fromkeys(("ca.crt", "ca.key", "server.crt", "server.key"), 0o600)


def test_the_authority_can_vouch_for_private_addresses_only(tmp_path: Path) -> None:
    made = Authority(tmp_path / "tls")
    made.ensure(own_addresses(), now=real_now())
    read = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    allowed = read.extensions.get_extension_for_class(x509.NameConstraints)
    assert allowed.critical
    permitted = allowed.value.permitted_subtrees
    assert {name.value for name in permitted if isinstance(name, x509.IPAddress)} == set(PRIVATE)
    assert [name.value for name in permitted if isinstance(name, x509.DNSName)] == ["localhost"]


def test_a_certificate_for_an_address_of_the_internet_convinces_nobody(tmp_path: Path) -> None:
    made, anywhere = Authority(tmp_path / "tls"), ipaddress.ip_address("8.8.8.8")
    made.ensure([HOME, ipaddress.ip_address("192.168.7.7")], now=real_now())
    shake_hands(made, "192.168.7.7")
    made.ensure([anywhere], now=real_now())
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        shake_hands(made, str(anywhere))


def shake_hands(made: Authority, address: str) -> None:
    """What a program that trusts the authority does first with a server at that address."""
    shows = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shows.load_cert_chain(made.server_certificate, made.server_key)
    trusts = ssl.create_default_context(cafile=made.certificate)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = shows.wrap_bio(there, back, server_side=True)
    client = trusts.wrap_bio(back, there, server_hostname=address)
    for side in (client, server, client):
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()
    assert client.getpeercert()


def test_a_phone_is_sent_to_where_the_way_out_begins_and_not_to_a_bridge() -> None:
    bridge = ipaddress.ip_address("223.255.255.254")
    assert reached_at([HOME, bridge]) == bridge
    routes = [line.split() for line in Path("/proc/net/route").read_text().splitlines()[1:]]
    ways_out = {interface for interface, destination, *_ in routes if destination == "00000000"}
    if not ways_out:
        pytest.skip("this machine has no way out")
    own = {
        ipaddress.ip_address(each.address)
        for interface in ways_out
        for each in psutil.net_if_addrs()[interface]
        if each.family == socket.AF_INET
    }
    assert reached_at([HOME, *own, bridge]) in own


def test_a_phone_finds_the_certificate_and_the_way_to_trust_it(tmp_path: Path) -> None:
    made = Authority(tmp_path / "tls")
    made.ensure([HOME], now=real_now())
    page = Trusting(made, "127.0.0.1", "https://127.0.0.1:8002/production/").start()
    try:
        told = httpx.get(page.url)
        crt = httpx.get(f"{page.url}kendi-ca.crt")
        assert httpx.get(f"{page.url}../ca.key").status_code == 404
    finally:
        page.close()
    assert made.fingerprint in told.text
    assert "Unduh sertifikat" in told.text and "Download the certificate" in told.text
    assert "https://127.0.0.1:8002/production/" in told.text and "<svg" in told.text
    assert crt.headers["Content-Type"] == "application/x-x509-ca-cert"
    assert crt.content == made.certificate.read_bytes()
