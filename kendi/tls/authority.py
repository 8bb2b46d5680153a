"""A certificate authority in the data folder, and the certificate that the services show.

A phone that trusts it trusts it for little: its name constraints allow this machine's names and private
addresses only, so nobody who gets hold of its key can pretend to be any other site.
"""

import ipaddress
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kendi.servers.kept import open_private

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
AUTHORITY_LASTS: Final = timedelta(days=3650)
CERTIFICATE_LASTS: Final = timedelta(days=90)
RENEWED_BEFORE: Final = timedelta(days=30)
A_CLOCK_MAY_BE_SLOW_BY: Final = timedelta(days=1)
PRIVATE: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "::1/128", "fc00::/7",
    )
)  # fmt: skip

ELSEWHERE: Final = ("198.51.100.1", 9)
"""An address of documentation (RFC 5737), which no network has."""


@dataclass(frozen=True)
class Authority:
    """Its files lie in one folder that only its owner may read."""

    folder: Path

    @property
    def certificate(self) -> Path:
        return self.folder / "ca.crt"

    @property
    def server_certificate(self) -> Path:
        return self.folder / "server.crt"

    @property
    def server_key(self) -> Path:
        return self.folder / "server.key"

    @property
    def fingerprint(self) -> str:
        """What a person compares on the phone before trusting: SHA-256, as phones show it."""
        return _load(self.certificate).fingerprint(hashes.SHA256()).hex(":").upper()

    def ensure(self, addresses: Sequence[IPAddress], *, now: datetime) -> bool:
        """Make what is missing, runs out soon, or is for other addresses; tells whether the server's is new."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.certificate.exists():
            self._make(now)
        if self.server_certificate.exists() and self._serves(addresses, now):
            return False
        self._issue(addresses, now)
        return True

    def _serves(self, addresses: Sequence[IPAddress], now: datetime) -> bool:
        shown = _load(self.server_certificate)
        names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        lasts = shown.not_valid_after_utc - now > RENEWED_BEFORE
        return lasts and set(names.get_values_for_type(x509.IPAddress)) >= set(addresses)

    def _make(self, now: datetime) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(f"Kendi on {socket.gethostname()}"[:64])
        allowed = [x509.DNSName("localhost"), *(x509.IPAddress(network) for network in PRIVATE)]
        made = (
            _builder(name, name, key.public_key(), now, AUTHORITY_LASTS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(
                x509.NameConstraints(permitted_subtrees=allowed, excluded_subtrees=None), critical=True
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        _write(self.folder / "ca.key", _pem(key))
        _write(self.certificate, made.public_bytes(Encoding.PEM))

    def _issue(self, addresses: Sequence[IPAddress], now: datetime) -> None:
        authority = _load(self.certificate)
        signer = load_pem_private_key((self.folder / "ca.key").read_bytes(), None)
        assert isinstance(signer, ec.EllipticCurvePrivateKey)
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName("localhost"), *(x509.IPAddress(address) for address in addresses)]
        issued = (
            _builder(_name("Kendi"), authority.subject, key.public_key(), now, CERTIFICATE_LASTS)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
            )
            .sign(signer, hashes.SHA256())
        )
        _write(self.server_key, _pem(key))
        _write(self.server_certificate, issued.public_bytes(Encoding.PEM))


def own_addresses() -> list[IPAddress]:
    """The addresses of this machine that its own network reaches it by, the loopback first."""
    told = [
        ipaddress.ip_address(each.address.partition("%")[0])
        for interface in psutil.net_if_addrs().values()
        for each in interface
        if each.family in (socket.AF_INET, socket.AF_INET6)
    ]
    allowed = {each for each in told if any(each in network for network in PRIVATE)}
    loopback = ipaddress.ip_address("127.0.0.1")
    return sorted(allowed | {loopback}, key=lambda each: (each != loopback, each.version, int(each)))


def reached_at(addresses: Sequence[IPAddress]) -> IPAddress:
    """By which of these IPv4 addresses others find this machine: where its way out begins, else the last one."""
    candidates = [each for each in addresses if each.version == 4]
    begins = _begin_of_the_way_out()
    return begins if begins in candidates else candidates[-1]


def _begin_of_the_way_out() -> IPAddress | None:
    """The source address of the default route; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(ELSEWHERE)
        except OSError:
            return None
        return ipaddress.ip_address(asking.getsockname()[0])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - A_CLOCK_MAY_BE_SLOW_BY)
        .not_valid_after(now + lasts)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes) -> None:
    """All or nothing, for its owner's eyes."""
    new = path.with_suffix(".new")
    with open_private(new, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
