"""How programs are told to trust the certificates of a store, and how to undo that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from hexostore import tls
from hexostore.authority import signs_everything

USUAL_PORT = 8443

_KEYTOOL = "keytool -alias hexostore -storepass changeit"


@dataclass(frozen=True)
class Way:
    """The commands for one program or system; `undo` if something remains."""

    program: str
    commands: tuple[str, ...]
    undo: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Authority:
    """What people compare and type: the file, its fingerprint, serial number and last moment.

    `limited` says whether the authority can only sign the names of the store.
    """

    file: Path
    sha256: str
    serial: str
    expires: str
    limited: bool


def load_or_make_authority(home: Path, names: Sequence[str] = ()) -> Authority:
    """Return the authority of a home. If there is none yet, it is made for `names` and the usual
    ones.

    Raise CertificateError or HomeError if it cannot be made.
    """
    found = tls.load_authority(home, names)
    return Authority(
        file=tls.certificate_paths(home).ca,
        sha256=sha256_fingerprint(found),
        serial=found.serial_number.to_bytes(20).hex().removeprefix("00"),
        expires=found.not_valid_after_utc.isoformat(),
        limited=not signs_everything(found),
    )


def sha256_fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 in the form of browsers and `openssl x509 -fingerprint`."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def ways_to_trust(ca: Authority, port: int | str = USUAL_PORT) -> list[Way]:
    """Return all ways, with the real path; `port` is that of https."""
    file = quote(str(ca.file))
    return [
        *_trusting_programs(file, f"https://localhost:{port}/api/"),
        *_trusting_systems(file, ca),
    ]


def _trusting_programs(file: str, example: str) -> Iterator[Way]:
    """Yield programs that are told for one run."""
    keystore = "-keystore hexostore.p12 -storetype PKCS12"
    trust = "-Djavax.net.ssl.trustStore"
    yield Way("curl", (f"curl --cacert {file} {example}", f"export CURL_CA_BUNDLE={file}"))
    yield Way(
        "Python requests",
        (f"export REQUESTS_CA_BUNDLE={file}",),
        note="In code: requests.get(url, verify=path). It then accepts no other certificates.",
    )
    yield Way("Python ssl, urllib, httpx", (f"export SSL_CERT_FILE={file}",))
    yield Way("Node", (f"export NODE_EXTRA_CA_CERTS={file}",))
    yield Way(
        "Java, one program",
        (
            f"{_KEYTOOL} -importcert -noprompt {keystore} -file {file}",
            f"java {trust}=hexostore.p12 {trust}Password=changeit ...",
        ),
        note="keytool writes hexostore.p12 into the current folder.",
    )


def _trusting_systems(file: str, ca: Authority) -> Iterator[Way]:
    """Yield stores that last until the change is undone."""
    yield Way(
        "Java, all programs",
        (f"{_KEYTOOL} -importcert -noprompt -cacerts -file {file}",),
        (f"{_KEYTOOL} -delete -cacerts",),
    )
    debian = "/usr/local/share/ca-certificates/hexostore.crt"
    yield Way(
        "Debian, Ubuntu",
        (f"sudo install -m 644 {file} {debian}", "sudo update-ca-certificates"),
        (f"sudo rm {debian}", "sudo update-ca-certificates --fresh"),
    )
    yield Way(
        "Fedora, Red Hat",
        (f"sudo trust anchor --store {file}",),
        (f"sudo trust anchor --remove {file}",),
    )
    keychain = "/Library/Keychains/System.keychain"
    yield Way(
        "macOS, Safari, Chrome",
        (f"sudo security add-trusted-cert -d -r trustRoot -k {keychain} {file}",),
        (f"sudo security remove-trusted-cert -d {file}",),
    )
    yield Way(
        "Windows, Edge, Chrome",
        (f'certutil -addstore -f Root "{ca.file}"',),
        (f"certutil -delstore Root {ca.serial}",),
        note="Run this as an administrator. If the file is on another machine, copy it first.",
    )
    yield Way(
        "Chrome, Chromium on Linux",
        (f'certutil -d sql:"$HOME/.pki/nssdb" -A -t C,, -n Hexostore -i {file}',),
        ('certutil -d sql:"$HOME/.pki/nssdb" -D -n Hexostore',),
        note="certutil is in the package libnss3-tools, or nss-tools.",
    )
    yield Way(
        "Firefox",
        (f'certutil -d sql:"PROFILE" -A -t C,, -n Hexostore -i {file}',),
        ('certutil -d sql:"PROFILE" -D -n Hexostore',),
        note="PROFILE is the folder that about:profiles shows. By hand: Settings, Privacy & "
        "Security, View Certificates, Authorities, Import, and trust it for websites.",
    )
