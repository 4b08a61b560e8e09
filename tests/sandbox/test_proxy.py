"""`hexostore proxy` before a served store, and clients with the real service's address."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator

import pytest
import requests

from apps.credentials.signed_keys.signatures import compute_signature
from hexostore import clock
from tests.live import Live, free_port

LOGIN = ("athlete@example.com", "athlete")
ACCOUNT = "api.hexoskin.com/api/account/"


@pytest.fixture(scope="module")
def proxy(live: Live) -> Iterator[str]:
    """The URL of a proxy that leads to the demo world."""
    ways = "--to", live.https.partition("//")[2], "--http-to", live.base.partition("//")[2]
    process = live.popen("proxy", "--port", "0", *ways, "--json")
    assert process.stdout is not None
    yield json.loads(process.stdout.readline())["proxy"]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 0


def test_requests_with_nothing_but_its_environment(
    live: Live, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(live.ca))
    with requests.Session() as session:
        for _ in range(2):  # the second in the same tunnel
            answer = session.get(f"https://{ACCOUNT}", auth=LOGIN, timeout=10)
            assert answer.json()["objects"][0]["email"] == LOGIN[0]
    assert answer.headers["X-HexoStore"] == "mock"


def curl(proxy: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/usr/bin/env", "curl", "-sS", "--max-time", "20", *arguments],
        env={**os.environ, "HTTPS_PROXY": proxy, "http_proxy": proxy, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_curl_with_nothing_but_its_environment(live: Live, proxy: str) -> None:
    login = "-u", ":".join(LOGIN)
    done = curl(proxy, *login, f"https://{ACCOUNT}", CURL_CA_BUNDLE=str(live.ca))
    assert json.loads(done.stdout)["objects"][0]["email"] == LOGIN[0], done.stderr


def test_plain_http(proxy: str) -> None:
    done = curl(proxy, "-u", ":".join(LOGIN), f"http://{ACCOUNT}")
    assert json.loads(done.stdout)["objects"][0]["email"] == LOGIN[0], done.stderr


def test_a_signed_request_is_signed_for_the_address_that_the_client_knows(
    live: Live, proxy: str
) -> None:
    for scheme in ("https", "http"):
        url, timestamp = f"{scheme}://{ACCOUNT}?limit=1", str(int(clock.now().timestamp()))
        headers = {
            "X-HEXOTIMESTAMP": timestamp,
            "X-HEXOAPIKEY": live.facts["key"],
            "X-HEXOAPISIGNATURE": compute_signature(live.facts["secret"], timestamp, url),
        }
        sent = [word for each in headers.items() for word in ("-H", ": ".join(each))]
        done = curl(proxy, "-u", ":".join(LOGIN), *sent, url, CURL_CA_BUNDLE=str(live.ca))
        assert json.loads(done.stdout)["meta"]["total_count"] == 1, done.stdout + done.stderr


@pytest.mark.parametrize(
    "url",
    [
        "https://evil-hexoskin.com/",
        "https://hexoskin.com.evil/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://api.hexoskin.com:8443/",
        "https://example.com/",
    ],
)
def test_everything_else_is_refused(proxy: str, url: str) -> None:
    done = curl(proxy, "-o", "/dev/null", "-w", "%{http_connect}", url)
    assert (done.returncode, done.stdout) == (56, "403")


def test_it_does_not_lead_to_itself(proxy: str) -> None:
    itself = proxy.removeprefix("http://")
    done = curl(proxy, "-p", "-w", "%{http_connect}", f"http://{itself}/")
    assert done.stdout == "403"
    assert "This proxy only forwards to" in curl(proxy, f"http://{itself}/").stdout
    assert "set HTTPS_PROXY to it" in curl("", f"http://{itself}/").stdout


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00" * 1_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"A" * 1_000_000,
        b"CONNECT api.hexoskin.com:443 HTTP/1.1\r\n" + b"X: y\r\n" * 100_000,
    ],
    ids=["zeros", "a handshake", "one line", "headers"],
)
def test_rubbish_is_refused_and_survived(proxy: str, sent: bytes) -> None:
    host, _, port = proxy.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(12) in {b"HTTP/1.1 400", b"HTTP/1.1 431"}
    assert curl(proxy, f"http://{ACCOUNT}", "-o", "/dev/null").returncode == 0


def test_secrets_are_not_logged(live: Live, proxy: str) -> None:
    curl(proxy, "-u", "me:hunter2", f"http://{ACCOUNT}?access_token=hunter2")
    curl(proxy.replace("//", "//me:hunter2@"), "https://example.com/")
    assert "GET http://api.hexoskin.com:80 -> " in live.log()
    assert "hunter2" not in live.log()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it(live: Live, signum: signal.Signals) -> None:
    process = live.popen("proxy", "--port", "0")
    assert process.stdout is not None
    assert process.stdout.readline() == "The proxy is ready; Ctrl-C stops it.\n"
    process.send_signal(signum)
    process.communicate(timeout=30)
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("--to", "localhost"), 2, "--to: HOST:PORT is expected"),
        (("--to", "localhost:0"), 2, "--to: HOST:PORT is expected"),
        (("--to", "https://localhost:8443"), 2, "--to: HOST:PORT is expected"),
        (("--http-to", "::1:8000"), 2, "--http-to: HOST:PORT is expected"),
        (("--port", "8443", "--to", "127.0.0.1:8443"), 2, "The proxy cannot forward to itself."),
        (("--port", "70000"), 2, "--port"),
        (("--host", "192.0.2.1", "--port", "0"), 1, "192.0.2.1"),
    ],
)
def test_wrong_calls(live: Live, arguments: tuple[str, ...], code: int, text: str) -> None:
    done = live.run("proxy", *arguments)
    assert done.returncode == code
    assert text in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_taken_port_is_one_line(live: Live) -> None:
    port = free_port()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        done = live.run("proxy", "--port", str(port))
    assert (done.returncode, done.stderr) == (
        1,
        f"error: Port {port} is in use by another program. Choose one with --port N.\n",
    )
