"""`hexostore trust`: what it prints is true, and works when it is typed."""

from __future__ import annotations

import hashlib
import json
import shlex
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from apps.sandbox import trust
from hexostore import tls
from tests.live import Live


def way(ca: trust.Authority, program: str) -> trust.Way:
    return next(each for each in trust.ways_to_trust(ca) if each.program == program)


def test_a_home_without_a_certificate_gets_one(home: Path) -> None:
    done = Live(home).run("trust", "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["ca"] == str(home / "tls" / "ca.pem")
    assert not (home / "postgres").exists()
    pem = Path(facts["ca"]).read_text()
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    assert facts["sha256"].replace(":", "").lower() == digest
    assert len(facts["sha256"]) == 32 * 3 - 1


def test_people_get_the_same(home: Path) -> None:
    done = Live(home).run("trust")
    ca = trust.load_or_make_authority(home)
    assert done.returncode == 0
    assert done.stdout.startswith(
        f"CA       {ca.file}\nSHA-256  {ca.sha256}\nExpires  {ca.expires}\n\ncurl\n"
    )
    for each in trust.ways_to_trust(ca):
        for line in (*each.commands, *each.undo):
            assert f"\n  {line}\n" in f"{done.stdout}\n"


def test_a_home_that_cannot_be_written_is_one_line(home: Path) -> None:
    (home / "file").touch()
    patient = Live(home, environment={"HEXOSTORE_HOME": str(home / "file" / "within")})
    done = patient.run("trust")
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: The data home {home}/file/within cannot be used: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_new_authority(home: Path) -> None:
    before = trust.load_or_make_authority(home)
    done = Live(home).run("trust", "--renew", "--json")
    assert done.stderr.startswith("There is a new authority. Trust it")
    facts = json.loads(done.stdout)
    assert facts["sha256"] != before.sha256
    assert facts["sha256"] == trust.load_or_make_authority(home).sha256
    assert facts["limited"]


def test_a_spoilt_certificate_is_one_line(home: Path) -> None:
    (home / "tls").mkdir()
    (home / "tls" / "ca.pem").write_text("not one")
    done = Live(home).run("trust")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", ["plain", "with blank", "it's", "$HOME", "a;b"])
def test_paths_are_quoted(tmp_path: Path, name: str) -> None:
    ca = trust.load_or_make_authority(tmp_path / name)
    for each in trust.ways_to_trust(ca):
        if each.program.startswith("Windows"):
            assert f'"{ca.file}"' in each.commands[0]
        elif each.program != "Java, one program":
            words = [word for line in each.commands for word in shlex.split(line)]
            assert any(word.rpartition("=")[2] == str(ca.file) for word in words), each


def test_curl_as_printed(live: Live) -> None:
    ca = trust.load_or_make_authority(live.home)
    line, _ = way(ca, "curl").commands
    here = line.replace(
        "https://localhost:8443/api/", f"https://localhost:{live.https.rpartition(':')[2]}/readyz"
    )
    done = subprocess.run(
        ["/bin/sh", "-c", f"{here} -sS"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, '{"status": "ok"}'), done.stderr


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("curl", "curl -sS -o /dev/null {url}"),
        ("Python requests", "{python} -c 'import requests; requests.get(\"{url}\", timeout=10)'"),
        (
            "Python ssl, urllib, httpx",
            "{python} -c 'from urllib.request import urlopen; urlopen(\"{url}\")'",
        ),
    ],
)
def test_exported_variables_as_printed(live: Live, program: str, code: str) -> None:
    url = f"https://localhost:{live.https.rpartition(':')[2]}/livez"
    command = code.format(url=url, python=shlex.quote(sys.executable))
    export = way(trust.load_or_make_authority(live.home), program).commands[-1]
    assert (
        subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False).returncode != 0
    )
    done = subprocess.run(
        ["/bin/sh", "-c", f"{export}; {command}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_name_of_the_real_service(live: Live) -> None:
    """The certificate is for it, on whatever port."""
    port = int(live.https.rpartition(":")[2])
    done = subprocess.run(
        [
            *("/usr/bin/env", "curl", "-sS", "--cacert", str(tls.certificate_paths(live.home).ca)),
            *("--resolve", f"api.hexoskin.com:{port}:127.0.0.1"),
            f"https://api.hexoskin.com:{port}/readyz",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == '{"status": "ok"}', done.stderr
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{live.https}/readyz", timeout=10)
