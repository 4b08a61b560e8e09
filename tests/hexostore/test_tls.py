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
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hexostore import authority, clock, tls


def test_made_once_for_all_names(tmp_path: Path) -> None:
    files = tls.ensure_certificates(tmp_path, ["store.example.com", "10.1.2.3"])
    first = files.certificate.read_bytes()
    assert tls.find_problem(files, [*tls.NAMES, "store.example.com", "10.1.2.3"]) is None
    assert (
        tls.ensure_certificates(tmp_path, ["store.example.com"]).certificate.read_bytes() == first
    )


def test_renewed_by_the_same_authority_before_it_expires(tmp_path: Path) -> None:
    files = tls.ensure_certificates(tmp_path, [])
    leaf, ca = files.certificate.read_bytes(), files.ca.read_bytes()
    late = clock.now() + tls.VALIDITY - tls.RENEWAL + timedelta(days=1)
    with time_machine.travel(late):
        assert "expires on" in str(tls.find_problem(files, []))
        tls.ensure_certificates(tmp_path, [])
    assert files.certificate.read_bytes() != leaf
    assert files.ca.read_bytes() == ca


def test_renewed_for_a_new_name(tmp_path: Path) -> None:
    files = tls.ensure_certificates(tmp_path, [])
    assert tls.find_problem(files, ["new.hexoskin.com"]) == "it is not valid for new.hexoskin.com"
    tls.ensure_certificates(tmp_path, ["new.hexoskin.com"])
    assert tls.find_problem(files, ["new.hexoskin.com"]) is None


def test_the_authority_is_made_once(tmp_path: Path) -> None:
    made = tls.load_authority(tmp_path)
    leaf = tls.certificate_paths(tmp_path).certificate.read_bytes()
    assert tls.load_authority(tmp_path) == made
    tls.ensure_certificates(tmp_path, [])
    assert tls.certificate_paths(tmp_path).certificate.read_bytes() == leaf


def test_processes_that_begin_at_once_agree(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from hexostore import tls; "
        "print(tls.load_authority(Path(sys.argv[1])).serial_number)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    several = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert len({process.communicate(timeout=60)[0] for process in several}) == 1
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    files = tls.certificate_paths(tmp_path)
    context.load_cert_chain(files.certificate, files.key)
    ca, leaf = (
        x509.load_pem_x509_certificate(file.read_bytes()) for file in (files.ca, files.certificate)
    )
    signer = x509.load_pem_x509_certificates(files.certificate.read_bytes())[1]
    assert authority.lead_to([leaf, signer], ca)


def handshake(files: tls.Certificates, name: str) -> object:
    """A whole handshake, in memory; what the client then knows of the server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = tls.trusting_context(files.ca).wrap_bio(down, up, server_hostname=name)
    server = context.wrap_bio(up, down, server_side=True)
    for side in (client, server, client):
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()
    assert client.version() is not None
    return client.getpeercert()


@pytest.mark.parametrize("name", ["api.hexoskin.com", "my.hexoskin.com", "localhost", "127.0.0.1"])
def test_clients_find_the_name_that_they_use(tmp_path: Path, name: str) -> None:
    files = tls.ensure_certificates(tmp_path, [])
    assert handshake(files, name)


def test_keys_are_their_owners_alone(tmp_path: Path) -> None:
    tls.ensure_certificates(tmp_path, [])
    for key in (tmp_path / "tls").glob("*-key.pem"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def openssl(ca: Path, leaf: Path) -> bool:
    """Whether `openssl verify` takes the certificate for one of a server."""
    command: list[str | Path] = [
        *("openssl", "verify", "-x509_strict", "-purpose", "sslserver"),
        *("-CAfile", str(ca), "-untrusted", str(leaf), str(leaf)),
    ]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def signed(home: Path, name: str) -> tls.Certificates:
    """A leaf for any name, signed with the key in the home: what its thief would make."""
    files, folder = tls.ensure_certificates(home, []), home / "tls"
    pems = (folder / name for name in ("signer.pem", "signer-key.pem"))
    signer = authority.load_pair(*(file.read_bytes() for file in pems))
    leaf = authority.sign_certificate(signer, [name])
    files.certificate.write_bytes(leaf.certificate_pem + signer.certificate_pem)
    files.key.write_bytes(leaf.key_pem)
    return files


def test_what_the_authority_may_do(tmp_path: Path) -> None:
    ca = tls.load_authority(tmp_path, ["store.example.com", "10.1.2.3"])
    signer = x509.load_pem_x509_certificate((tmp_path / "tls" / "signer.pem").read_bytes())
    for certificate, length in ((ca, 1), (signer, 0)):
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
        names = certificate.extensions.get_extension_for_class(x509.NameConstraints)
        assert (basic.value.ca, basic.value.path_length) == (True, length)
        assert usage.value.key_cert_sign
        assert not usage.value.digital_signature
        assert all(extension.critical for extension in (basic, usage, names))
        assert {str(each.value) for each in names.value.permitted_subtrees or []} == {
            "localhost", "127.0.0.1/32", "::1/128", "127.0.0.0/8", "api.hexoskin.com",
            "hexoskin.com", "store.example.com", "10.1.2.3/32",
        }  # fmt: skip
        assert certificate.not_valid_after_utc - clock.now() <= timedelta(days=3650)


def test_the_key_of_the_authority_is_forgotten(tmp_path: Path) -> None:
    ca = tls.load_authority(tmp_path).public_key()
    for file in (tmp_path / "tls").glob("*key*"):
        key = serialization.load_pem_private_key(file.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        assert key.public_key() != ca


@pytest.mark.parametrize(
    "name", ["localhost", "127.0.0.1", "::1", "api.hexoskin.com", "*.hexoskin.com", "127.8.8.8"]
)
def test_names_within_are_believed(tmp_path: Path, name: str) -> None:
    files = signed(tmp_path, name)
    assert openssl(files.ca, files.certificate)


@pytest.mark.parametrize(
    "name",
    ["bank.example", "*.bank.example", "hexoskin.com.example", "nothexoskin.com", "10.1.2.3"],
)
def test_names_outside_are_not(tmp_path: Path, name: str) -> None:
    files = signed(tmp_path, name)
    assert not openssl(files.ca, files.certificate)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        handshake(files, name.replace("*", "www"))


def test_a_name_that_is_added_later_is_left_out_and_told(tmp_path: Path) -> None:
    tls.ensure_certificates(tmp_path, ["old.example.com"])
    files = tls.ensure_certificates(tmp_path, ["old.example.com", "new.example.com"])
    assert openssl(files.ca, files.certificate)
    assert tls.find_problem(files, ["new.example.com"]) is None
    assert tls.unsigned_names(files, ["new.example.com", "a.old.example.com"]) == [
        "new.example.com"
    ]
    tls.renew_authority(tmp_path, ["new.example.com"])
    assert tls.unsigned_names(files, ["new.example.com"]) == []
    handshake(files, "new.example.com")


def test_an_authority_of_before_goes_on(tmp_path: Path) -> None:
    """It is trusted already, and signs every name."""
    _, made = authority.make_authority("old", [])
    builder = x509.CertificateBuilder(
        made.certificate.subject, made.certificate.subject, made.key.public_key(), 7,
        clock.now() - timedelta(days=900), clock.now() + timedelta(days=300_000),
    )  # fmt: skip
    for extension, critical in (
        (x509.BasicConstraints(ca=True, path_length=9), True),
        (x509.SubjectKeyIdentifier.from_public_key(made.key.public_key()), False),
    ):
        builder = builder.add_extension(extension, critical)
    old = authority.Pair(builder.sign(made.key, hashes.SHA256()), made.key)
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls" / "ca.pem").write_bytes(old.certificate_pem)
    (tmp_path / "tls" / "ca-key.pem").write_bytes(old.key_pem)
    files = tls.ensure_certificates(tmp_path, ["any.example"])
    assert tls.load_authority(tmp_path) == old.certificate
    assert authority.signs_everything(old.certificate)
    assert tls.unsigned_names(files, ["any.example"]) == []
    handshake(files, "any.example")
    tls.renew_authority(tmp_path, [])
    assert not authority.signs_everything(tls.load_authority(tmp_path))
    assert not (tmp_path / "tls" / "ca-key.pem").exists()
    handshake(files, "localhost")


@pytest.mark.parametrize("name", ["server.pem", "server-key.pem"])
@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE-----\nMIIB"])
def test_a_spoilt_leaf_is_made_anew(tmp_path: Path, name: str, content: bytes) -> None:
    files = tls.ensure_certificates(tmp_path, [])
    (tmp_path / "tls" / name).write_bytes(content)
    assert "damaged" in str(tls.find_problem(files, []))
    handshake(tls.ensure_certificates(tmp_path, []), "localhost")


def test_a_key_of_another_leaf_is_made_anew(tmp_path: Path, home: Path) -> None:
    """As a kill between the two files leaves it."""
    files = tls.ensure_certificates(tmp_path, [])
    files.key.write_bytes(tls.ensure_certificates(home, []).key.read_bytes())
    assert "another certificate" in str(tls.find_problem(files, []))
    handshake(tls.ensure_certificates(tmp_path, []), "localhost")


def test_a_leaf_of_another_authority_is_made_anew(tmp_path: Path) -> None:
    files = tls.ensure_certificates(tmp_path, [])
    files.ca.unlink()
    assert tls.find_problem(files, []) == "there is none yet"
    handshake(tls.ensure_certificates(tmp_path, []), "localhost")


@pytest.mark.parametrize("name", ["ca.pem", "signer.pem", "signer-key.pem"])
def test_a_spoilt_authority_is_never_replaced_silently(tmp_path: Path, name: str) -> None:
    files = tls.ensure_certificates(tmp_path, [])
    (tmp_path / "tls" / name).write_text("not one")
    files.certificate.unlink()
    with pytest.raises(tls.CertificateError, match=r"is damaged .* hexostore trust --renew"):
        tls.ensure_certificates(tmp_path, [])
    handshake(tls.renew_authority(tmp_path, []), "localhost")


def test_the_end_of_the_authority(tmp_path: Path) -> None:
    files = tls.ensure_certificates(tmp_path, [])
    ca = tls.load_authority(tmp_path)
    with time_machine.travel(ca.not_valid_after_utc - timedelta(days=40)):
        tls.ensure_certificates(tmp_path, [])
        leaf = files.certificate.read_bytes()
        assert tls.find_problem(files, []) is None
    with time_machine.travel(ca.not_valid_after_utc - timedelta(days=1)):
        assert tls.ensure_certificates(tmp_path, []).certificate.read_bytes() == leaf
    with time_machine.travel(ca.not_valid_after_utc + timedelta(days=1)):
        tls.ensure_certificates(tmp_path, [])
        assert tls.load_authority(tmp_path) != ca


@pytest.mark.parametrize(
    ("written", "spelt"),
    [
        (".Example.com", ["example.com", "*.example.com"]), ("*", []), ("[::1]", ["::1"]),
        ("bücher.example", ["xn--bcher-kva.example"]), ("my_app", ["my_app"]),
        ("010.1.1.1", ["010.1.1.1"]),
    ],
)  # fmt: skip
def test_hosts_as_people_write_them(written: str, spelt: list[str]) -> None:
    assert authority.spell_host(written) == spelt


@pytest.mark.parametrize("name", ["a b", "", "a..b", "x:80", "x/y", "y" * 70])
def test_hosts_that_are_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(tls.CertificateError, match="is not a host name; see HEXOSTORE_HOSTS"):
        tls.ensure_certificates(tmp_path, [name])


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
