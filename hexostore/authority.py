"""The certificate authority of a home: what it may sign, and the certificates that it signs.

People trust it, so it can do as little as possible. It signs servers only, for the names that the
home had when it was made, and for ten years. Its own key signs one certificate, that of a signer
with the same limits, and is then deleted. Some clients (Java) ignore the limits of what they trust,
but respect those of everything that it signs.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hexostore import clock

LIFE = timedelta(days=3650)
VALIDITY = timedelta(days=397)  # with EARLIER the longest that current clients accept
EARLIER = timedelta(days=1)  # for clients whose clock is behind
LOOPBACK = "127.0.0.0/8", "::1/128"

_PEM = serialization.Encoding.PEM
_SIGNS = {"key_cert_sign", "crl_sign"}
_USAGES = [
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
    "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
]  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> bytes:
        """The certificate in PEM."""
        return self.certificate.public_bytes(_PEM)

    @property
    def key_pem(self) -> bytes:
        """The key in PEM, without a password."""
        form = serialization.PrivateFormat.TraditionalOpenSSL
        return self.key.private_bytes(_PEM, form, serialization.NoEncryption())


def load_pair(certificate_pem: bytes, key_pem: bytes) -> Pair:
    """Return the pair in two PEM files. Raise ValueError if one is damaged or they do not belong
    together."""
    certificate = x509.load_pem_x509_certificate(certificate_pem)
    key = serialization.load_pem_private_key(key_pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("the key has the wrong type")
    if key.public_key() != certificate.public_key():
        raise ValueError("the key belongs to another certificate")
    return Pair(certificate, key)


def make_authority(unit: str, names: Iterable[str]) -> tuple[x509.Certificate, Pair]:
    """Return a new authority that may sign `names`, names below them and the loopback, and its
    signer."""
    permitted = [_permitted_subtree(name) for name in names]
    permitted += [x509.IPAddress(ipaddress.ip_network(each)) for each in LOOPBACK]
    limits = x509.NameConstraints(list(dict.fromkeys(permitted)), None)
    end = clock.now() + LIFE
    root_key = ec.generate_private_key(ec.SECP256R1())
    root_name = _subject_name(unit)
    root_builder = _start_builder(root_name, root_name, root_key, end)
    root = _limit_builder(root_builder, limits, path_length=1).sign(root_key, hashes.SHA256())
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _start_builder(_subject_name("signer"), root_name, key, end)
    signer = _limit_builder(builder, limits, path_length=0)
    signer = signer.add_extension(_issuer_identifier(root), critical=False)
    return root, Pair(signer.sign(root_key, hashes.SHA256()), key)


def _limit_builder(
    builder: x509.CertificateBuilder, limits: x509.NameConstraints, path_length: int
) -> x509.CertificateBuilder:
    return (
        builder.add_extension(x509.BasicConstraints(True, path_length), critical=True)
        .add_extension(_key_usage(_SIGNS), critical=True)
        .add_extension(limits, critical=True)
    )


def _issuer_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    above = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above)


def sign_certificate(signer: Pair, names: Iterable[str]) -> Pair:
    """Return a new certificate for a server with those names. It expires no later than its
    signer's."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = signer.certificate
    end = min(clock.now() + VALIDITY, issuer.not_valid_after_utc)
    builder = (
        _start_builder(_subject_name("server"), issuer.subject, key, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage({"digital_signature"}), critical=True)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), False)
        .add_extension(_issuer_identifier(issuer), critical=False)
    )
    return Pair(builder.sign(signer.key, hashes.SHA256()), key)


def lead_to(chain: list[x509.Certificate], authority: x509.Certificate) -> bool:
    """Return whether each certificate is signed by the next, and the last one by the authority."""
    try:
        for below, above in pairwise([*chain, authority]):
            below.verify_directly_issued_by(above)
    except (InvalidSignature, TypeError, ValueError):
        return False
    return True


def names_of(leaf: x509.Certificate) -> set[str]:
    """Return the names and addresses in a server's certificate."""
    found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    names = found.get_values_for_type(x509.DNSName)
    return {*names, *map(str, found.get_values_for_type(x509.IPAddress))}


def may_sign(authority: x509.Certificate, name: str) -> bool:
    """Return whether clients that trust the authority accept a certificate for that name."""
    permitted = _permitted_names(authority)
    return permitted is None or any(
        _subtree_covers(subtree, _general_name(name)) for subtree in permitted
    )


def signs_everything(authority: x509.Certificate) -> bool:
    """Return whether the authority was made without limits."""
    return _permitted_names(authority) is None


def spell_host(name: str) -> list[str]:
    """Return a host in the forms that certificates have; `*` for any host has none.

    A leading dot means the name and everything below it. Raise ValueError for a malformed host.
    """
    plain = name.strip().strip("[]").lower()
    if plain == "*":
        return []
    if plain.startswith("."):
        return [*spell_host(plain[1:]), *spell_host(f"*{plain}")]
    try:
        return [str(ipaddress.ip_address(plain))]
    except ValueError:
        return [_to_ascii(plain)]


def _to_ascii(name: str) -> str:
    """Return a name in the characters of the DNS. It may begin with an asterisk."""
    try:
        found = name.encode("idna").decode()
    except UnicodeError as error:
        raise ValueError(f"{name!r} is not a host name") from error
    if not found or set(found) & set(" /:,@?#"):
        raise ValueError(f"{name!r} is not a host name")
    return found


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _permitted_subtree(name: str) -> x509.GeneralName:
    """Return the permission that is needed to sign that name."""
    try:
        return x509.IPAddress(ipaddress.ip_network(name))
    except ValueError:
        return x509.DNSName(name.removeprefix("*."))


def _subtree_covers(subtree: x509.GeneralName, name: x509.GeneralName) -> bool:
    if isinstance(subtree, x509.DNSName) and isinstance(name, x509.DNSName):
        return f".{name.value}".endswith(f".{subtree.value}")
    if isinstance(subtree, x509.IPAddress) and isinstance(name, x509.IPAddress):
        address, network = name.value, subtree.value
        single = ipaddress.IPv4Address | ipaddress.IPv6Address
        return not isinstance(network, single) and address in network
    return False


def _permitted_names(authority: x509.Certificate) -> list[x509.GeneralName] | None:
    try:
        found = authority.extensions.get_extension_for_class(x509.NameConstraints)
    except x509.ExtensionNotFound:
        return None
    return found.value.permitted_subtrees


def _start_builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, end: datetime
) -> x509.CertificateBuilder:
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(clock.now() - EARLIER)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )


def _subject_name(unit: str) -> x509.Name:
    """Return the name of a certificate. Units have at most 64 characters."""
    organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Hexostore")
    return x509.Name(
        [organization, x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit[:64])]
    )


def _key_usage(allowed: set[str]) -> x509.KeyUsage:
    return x509.KeyUsage(**{name: name in allowed for name in _USAGES})
