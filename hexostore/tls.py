"""The certificates of https: a certificate authority of this home, and a leaf signed by it.

Clients are told to trust HOME/tls/ca.pem, or not to check, as many old ones never did.
"""

import os
import ssl
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic

import trustme
from cryptography import x509

from hexostore import clock
from hexostore.locks import Lock

NAMES = "localhost", "127.0.0.1", "::1", "api.hexoskin.com", "*.hexoskin.com"
VALIDITY = timedelta(days=398)  # the longest that current clients accept
RENEWAL = timedelta(days=30)
LOOK = 3600.0  # seconds between two looks at a certificate that is served


@dataclass(frozen=True)
class Certificates:
    """Paths of PEM files: the authority to trust, the leaf with its chain, the leaf's key."""

    ca: Path
    certificate: Path
    key: Path


def certificates(home: Path, names: list[str]) -> Certificates:
    """The certificates of the home for NAMES and `names`, made or renewed where needed."""
    folder = home / "tls"
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    files = paths(home)
    wanted = list(dict.fromkeys([*NAMES, *names]))
    if problem(files, wanted):
        _make(files, wanted)
    return files


class Renewal:
    """Keeps the certificates of a home for NAMES and `names` young while they are served."""

    def __init__(self, home: Path, names: list[str]) -> None:
        self.home, self.names = home, names
        self._looked = monotonic()

    def renew(self) -> Certificates:
        """The certificates, made or renewed where needed."""
        self._looked = monotonic()
        return certificates(self.home, self.names)

    def renew_when_due(self) -> bool:
        """Look every hour; True when they were renewed."""
        if monotonic() - self._looked < LOOK:
            return False
        before = paths(self.home).certificate.read_bytes()
        return self.renew().certificate.read_bytes() != before


def _make(files: Certificates, wanted: list[str]) -> None:
    """Makes them, unless another process has done so in the meantime."""
    folder = files.ca.parent
    lock = Lock(folder / "lock")
    lock.take(wait=True)
    try:
        if not problem(files, wanted):
            return
        leaf = _authority(folder).issue_cert(*wanted, not_after=clock.now() + VALIDITY)
        _write(files.key, leaf.private_key_pem.bytes())
        _write(files.certificate, b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    finally:
        lock.release()


def paths(home: Path) -> Certificates:
    """Where the home's certificates are, made or not."""
    folder = home / "tls"
    return Certificates(folder / "ca.pem", folder / "server.pem", folder / "server-key.pem")


def problem(files: Certificates, names: list[str]) -> str | None:
    """What is wrong with the leaf: missing, about to expire, or not for one of `names`."""
    if not (files.ca.exists() and files.certificate.exists() and files.key.exists()):
        return "there is none yet"
    leaf = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    if leaf.not_valid_after_utc - clock.now() < RENEWAL:
        return f"it expires on {leaf.not_valid_after_utc:%Y-%m-%d}"
    missing = set(names) - _names(leaf)
    return f"it is not for {', '.join(sorted(missing))}" if missing else None


def _names(leaf: x509.Certificate) -> set[str]:
    found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    names = found.get_values_for_type(x509.DNSName)
    addresses = found.get_values_for_type(x509.IPAddress)
    return {*names, *(str(address) for address in addresses)}


def _authority(folder: Path) -> trustme.CA:
    """The home's own authority; made once, so that whoever trusts it need not ask again."""
    certificate, key = folder / "ca.pem", folder / "ca-key.pem"
    if certificate.exists() and key.exists():
        return trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
    authority = trustme.CA(organization_name="Hexostore", organization_unit_name=folder.parent.name)
    _write(key, authority.private_key_pem.bytes())
    _write(certificate, authority.cert_pem.bytes())
    return authority


def _write(file: Path, content: bytes) -> None:
    """Writes a file whole; keys are readable by their owner only."""
    draft = file.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600 if file.stem.endswith("key") else 0o644)
    draft.write_bytes(content)
    draft.replace(file)


def authority(home: Path) -> x509.Certificate:
    """The home's own authority, made where it has none yet. Raises OSError where it cannot be."""
    files = paths(home)
    if not files.ca.exists():
        certificates(home, [])
    return x509.load_pem_x509_certificate(files.ca.read_bytes())


def trusting(ca: Path) -> ssl.SSLContext:
    """A client's context that trusts the home's authority."""
    return ssl.create_default_context(cafile=ca)
