"""The certificates of https: a certificate authority of this home, and a leaf signed by it.

Clients are told to trust HOME/tls/ca.pem. Many old ones do not check certificates at all.
"""

import os
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hexostore import authority as authorities
from hexostore import clock
from hexostore import home as homes
from hexostore.authority import Pair
from hexostore.locks import Lock

NAMES = "localhost", "127.0.0.1", "::1", "api.hexoskin.com", "*.hexoskin.com"
DOMAIN = "hexoskin.com"  # with all below it
VALIDITY = authorities.VALIDITY
RENEWAL = timedelta(days=30)
LOOK = 3600.0  # seconds between two looks at a certificate that is served
RENEW = "hexostore trust --renew"


class CertificateError(Exception):
    """The home has no certificates to serve with. The text says why and what to do."""


@dataclass(frozen=True)
class Certificates:
    """Paths of PEM files: the authority to trust, the leaf with its chain, the leaf's key."""

    ca: Path
    certificate: Path
    key: Path


def ensure_certificates(home: Path, names: Sequence[str]) -> Certificates:
    """Return the certificates of the home for NAMES and `names`, made or renewed if necessary.

    Names that the authority may not sign are left out; see unsigned(). Raise CertificateError for a
    damaged authority or a malformed name, and HomeError if nothing can be written.
    """
    files, wanted = certificate_paths(home), _spell_names(names)
    with homes.explain_errors(home):
        files.ca.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        if find_problem(files, wanted):
            _make_missing(files, wanted)
    return files


def renew_authority(home: Path, names: Sequence[str]) -> Certificates:
    """Return a new authority for NAMES and `names`, and a leaf. Trust in the old authority becomes
    useless.

    It raises the errors of certificates().
    """
    files, wanted = certificate_paths(home), _spell_names(names)
    with homes.explain_errors(home):
        files.ca.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        with _hold_lock(files):
            _write_leaf(files, _make_authority(files, wanted), wanted)
    return files


class Renewal:
    """Keeps the certificates of a home for NAMES and `names` up to date while they are served."""

    def __init__(self, home: Path, names: list[str]) -> None:
        self.home, self.names = home, names
        self._looked = monotonic()

    def renew(self) -> Certificates:
        """Return the certificates, made or renewed if necessary."""
        self._looked = monotonic()
        return ensure_certificates(self.home, self.names)

    def renew_when_due(self) -> bool:
        """Check every hour. Return True when they were renewed. It raises the errors of
        certificates()."""
        if monotonic() - self._looked < LOOK:
            return False
        self._looked = monotonic()
        if find_problem(certificate_paths(self.home), _spell_names(self.names)) is None:
            return False
        self.renew()
        return True


def _make_missing(files: Certificates, wanted: list[str]) -> None:
    """Make them, unless another process has done so in the meantime."""
    with _hold_lock(files):
        if find_problem(files, wanted):
            _write_leaf(files, _load_signer(files, wanted), wanted)


@contextmanager
def _hold_lock(files: Certificates) -> Iterator[None]:
    lock = Lock(files.ca.parent / "lock")
    lock.take(wait=True)
    try:
        yield
    finally:
        lock.release()


def _write_leaf(files: Certificates, signer: Pair, wanted: Sequence[str]) -> None:
    allowed = [name for name in wanted if authorities.may_sign(signer.certificate, name)]
    leaf = authorities.sign_certificate(signer, allowed)
    _write_file(files.key, leaf.key_pem)
    _write_file(files.certificate, leaf.certificate_pem + _intermediate_of(files, signer))


def _intermediate_of(files: Certificates, signer: Pair) -> bytes:
    """Return the certificates between the leaf and the authority; none if the authority itself
    signs."""
    pem = signer.certificate_pem
    return b"" if pem == files.ca.read_bytes() else pem


def certificate_paths(home: Path) -> Certificates:
    """Return the paths of the home's certificates, whether they exist or not."""
    folder = home / "tls"
    return Certificates(folder / "ca.pem", folder / "server.pem", folder / "server-key.pem")


def find_problem(files: Certificates, names: Sequence[str]) -> str | None:
    """Return what is wrong with the leaf: missing, damaged, about to expire, or not for one of
    `names`.

    Only problems that a new leaf can solve are returned. A name that the authority may not sign is
    not one of them.
    """
    if not (files.ca.exists() and files.certificate.exists() and files.key.exists()):
        return "there is none yet"
    try:
        ca = x509.load_pem_x509_certificate(files.ca.read_bytes())
        leaf = authorities.load_pair(
            files.certificate.read_bytes(), files.key.read_bytes()
        ).certificate
        chain = x509.load_pem_x509_certificates(files.certificate.read_bytes())
    except ValueError as error:
        return f"it is damaged ({error})"
    if not authorities.lead_to(chain, ca):
        return "it was not signed by this authority"
    return _expiry_problem(leaf, ca) or _missing_names(leaf, ca, names)


def _expiry_problem(leaf: x509.Certificate, ca: x509.Certificate) -> str | None:
    """Return when a new leaf should be made. A leaf may expire with its authority, and then a new
    one would not last longer."""
    end = leaf.not_valid_after_utc
    soon = end - clock.now() < RENEWAL and end < ca.not_valid_after_utc
    return f"it expires on {end:%Y-%m-%d}" if soon or _is_expired(ca) else None


def _missing_names(
    leaf: x509.Certificate, ca: x509.Certificate, names: Sequence[str]
) -> str | None:
    wanted = {spelt for name in names for spelt in authorities.spell_host(name)}
    missing = {name for name in wanted if authorities.may_sign(ca, name)}
    missing -= authorities.names_of(leaf)
    return f"it is not valid for {', '.join(sorted(missing))}" if missing else None


def unsigned_names(files: Certificates, names: Sequence[str]) -> list[str]:
    """Return those of NAMES and `names` that the authority may not sign and the certificate
    lacks."""
    ca = x509.load_pem_x509_certificate(files.ca.read_bytes())
    return [name for name in _spell_names(names) if not authorities.may_sign(ca, name)]


def _spell_names(names: Sequence[str]) -> list[str]:
    """Return NAMES and `names` as in certificates. Raise CertificateError for a malformed one."""
    try:
        spelt = [each for name in (*NAMES, *names) for each in authorities.spell_host(name)]
    except ValueError as error:
        raise CertificateError(f"{error}; see HEXOSTORE_HOSTS.") from error
    return list(dict.fromkeys(spelt))


def _is_expired(certificate: x509.Certificate) -> bool:
    return certificate.not_valid_after_utc < clock.now()


def _load_signer(files: Certificates, wanted: Sequence[str]) -> Pair:
    """Return the signer of the home's own authority. It is made once, so that people need not trust
    it again."""
    signer, key = _signer_files(files)
    if not (files.ca.exists() and signer.exists() and key.exists()):
        return _make_authority(files, wanted)
    try:
        ca = x509.load_pem_x509_certificate(files.ca.read_bytes())
        found = authorities.load_pair(signer.read_bytes(), key.read_bytes())
        if found.certificate != ca and not authorities.lead_to([found.certificate], ca):
            raise ValueError("its signer belongs to another authority")
    except ValueError as error:
        raise CertificateError(
            f"The certificate authority {files.ca} is damaged ({error}). Restore it, or create "
            f"another with: {RENEW}"
        ) from error
    return _make_authority(files, wanted) if _is_expired(ca) else found


def _signer_files(files: Certificates) -> tuple[Path, Path]:
    """Return certificate and key. Older authorities sign with their own key."""
    own_key = _own_key(files)
    if own_key.exists():
        return files.ca, own_key
    return files.ca.with_name("signer.pem"), files.ca.with_name("signer-key.pem")


def _own_key(files: Certificates) -> Path:
    return files.ca.with_name("ca-key.pem")


def _make_authority(files: Certificates, wanted: Sequence[str]) -> Pair:
    ca, signer = authorities.make_authority(
        files.ca.parent.parent.name or "home", [*wanted, DOMAIN]
    )
    files.ca.unlink(missing_ok=True)  # so that it never stands beside another's signer
    _own_key(files).unlink(missing_ok=True)
    certificate, key = _signer_files(files)
    _write_file(key, signer.key_pem)
    _write_file(certificate, signer.certificate_pem)
    _write_file(files.ca, ca.public_bytes(Encoding.PEM))
    return signer


def _write_file(file: Path, content: bytes) -> None:
    """Write a file completely, even in case of a power cut. Only the owner can read keys."""
    draft = file.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600 if file.stem.endswith("key") else 0o644)
    with draft.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)


def load_authority(home: Path, names: Sequence[str] = ()) -> x509.Certificate:
    """Return the home's own authority; if it has none, it is made for NAMES and `names`.

    It raises the errors of certificates(), and CertificateError if the present one is invalid.
    """
    files = certificate_paths(home)
    with homes.explain_errors(home):
        if not files.ca.exists():
            ensure_certificates(home, names)
        content = files.ca.read_bytes()
    try:
        return x509.load_pem_x509_certificate(content)
    except ValueError as error:
        text = f"{files.ca} is not a certificate ({error}). Create another with: {RENEW}"
        raise CertificateError(text) from error


def trusting_context(ca: Path) -> ssl.SSLContext:
    """Return a client's context that trusts the home's authority."""
    return ssl.create_default_context(cafile=ca)
