"""The home's certificates."""

import contextlib
import ssl
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from cryptography import x509

from hexostore import clock, tls


def test_made_once_for_all_names(tmp_path: Path) -> None:
    files = tls.certificates(tmp_path, ["store.example.com", "10.1.2.3"])
    first = files.certificate.read_bytes()
    assert tls.problem(files, [*tls.NAMES, "store.example.com", "10.1.2.3"]) is None
    assert tls.certificates(tmp_path, ["store.example.com"]).certificate.read_bytes() == first


def test_renewed_by_the_same_authority_before_it_expires(tmp_path: Path) -> None:
    files = tls.certificates(tmp_path, [])
    leaf, ca = files.certificate.read_bytes(), files.ca.read_bytes()
    late = clock.now() + tls.VALIDITY - tls.RENEWAL + timedelta(days=1)
    with time_machine.travel(late):
        assert "expires on" in str(tls.problem(files, []))
        tls.certificates(tmp_path, [])
    assert files.certificate.read_bytes() != leaf
    assert files.ca.read_bytes() == ca


def test_renewed_for_a_new_name(tmp_path: Path) -> None:
    files = tls.certificates(tmp_path, [])
    assert tls.problem(files, ["new.example.com"]) == "it is not for new.example.com"
    tls.certificates(tmp_path, ["new.example.com"])
    assert tls.problem(files, ["new.example.com"]) is None


def test_the_authority_is_made_once(tmp_path: Path) -> None:
    made = tls.authority(tmp_path)
    leaf = tls.paths(tmp_path).certificate.read_bytes()
    assert tls.authority(tmp_path) == made
    tls.certificates(tmp_path, [])
    assert tls.paths(tmp_path).certificate.read_bytes() == leaf


def test_processes_that_begin_at_once_agree(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from hexostore import tls; "
        "print(tls.authority(Path(sys.argv[1])).serial_number)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    several = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert len({process.communicate(timeout=60)[0] for process in several}) == 1
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    files = tls.paths(tmp_path)
    context.load_cert_chain(files.certificate, files.key)
    ca, leaf = (
        x509.load_pem_x509_certificate(file.read_bytes()) for file in (files.ca, files.certificate)
    )
    leaf.verify_directly_issued_by(ca)


@pytest.mark.parametrize("name", ["api.hexoskin.com", "my.hexoskin.com", "localhost", "127.0.0.1"])
def test_clients_find_the_name_that_they_use(tmp_path: Path, name: str) -> None:
    """A whole handshake, in memory."""
    files = tls.certificates(tmp_path, [])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = tls.trusting(files.ca).wrap_bio(down, up, server_hostname=name)
    server = context.wrap_bio(up, down, server_side=True)
    for side in (client, server, client):
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()
    assert client.version() is not None
    assert client.getpeercert()


def test_keys_are_their_owners_alone(tmp_path: Path) -> None:
    tls.certificates(tmp_path, [])
    for key in (tmp_path / "tls").glob("*-key.pem"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_certificate_is_renewed_while_it_is_served(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewal = tls.Renewal(home, [])
    files = renewal.renew()
    monkeypatch.setattr(tls, "LOOK", 0.0)
    assert not renewal.renew_when_due()
    before = files.certificate.read_bytes()
    monkeypatch.setattr(tls, "RENEWAL", tls.VALIDITY * 2)  # as if its end were near
    assert renewal.renew_when_due()
    assert files.certificate.read_bytes() != before
