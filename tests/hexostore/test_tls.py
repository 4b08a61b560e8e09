"""The home's certificates."""

import stat
from datetime import timedelta
from pathlib import Path

import time_machine

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


def test_keys_are_their_owners_alone(tmp_path: Path) -> None:
    tls.certificates(tmp_path, [])
    for key in (tmp_path / "tls").glob("*-key.pem"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
