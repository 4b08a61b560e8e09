"""`serve --metrics-port` as Prometheus meets it: real processes, real ports."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

import pytest
import requests

from apps.sandbox.served import find_addresses
from tests import begun_homes
from tests.embedded import remove_home, throwaway_home
from tests.hexostore.counted import Samples, parse_samples, value
from tests.live import Live, free_port

REQUESTS = "hexostore_http_requests_total"


@pytest.fixture(scope="module")
def observed() -> Iterator[Live]:
    """An empty store whose requests are counted."""
    home = throwaway_home()
    begun_homes.fill_home(home, "empty")
    served = Live(home, ("--empty", "--metrics-port", "0")).start()
    yield served
    served.stop()
    remove_home(home)


def scrape(served: Live) -> Samples:
    answer = requests.get(served.facts["metrics"], timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return parse_samples(answer.text)


def wait_for(served: Live, least: float, *sample: str) -> float:
    """Wait until a value is there: a client has its answer before it is counted."""
    deadline = monotonic() + 30
    while (found := value(scrape(served), *sample)) < least:
        assert monotonic() < deadline, found
        sleep(0.05)
    return found


def test_what_clients_do_is_shown(observed: Live) -> None:
    assert requests.get(f"{observed.base}/api/", timeout=10).status_code == 200
    answer = requests.get(f"{observed.base}/api/user/", auth=("who@example.com", "x"), timeout=10)
    assert answer.status_code == 401
    wait_for(observed, 1, REQUESTS, "GET", "index", "2xx")
    wait_for(observed, 1, REQUESTS, "GET", "user", "4xx")
    found = scrape(observed)
    assert value(found, "hexostore_refusals_total", "bad_login") == 1
    assert value(found, "hexostore_database_up") == 1
    assert value(found, "hexostore_sandboxes") == 1
    assert value(found, "hexostore_processes") == 4, "supervisor, web, jobs, metrics"
    assert "who@example.com" not in str(found)


def test_faults_are_counted(observed: Live) -> None:
    rule = {"match": {"resource": "account"}, "action": {"status": 503}, "times": 1}
    plane = f"{observed.base}/_sandbox/faults"
    made = requests.post(plane, json=rule, headers={"X-HexoStore-Control": "1"}, timeout=10)
    assert made.status_code == 201, made.text
    assert requests.get(f"{observed.base}/api/account/", timeout=10).status_code == 503
    wait_for(observed, 1, "hexostore_faults_total")


def test_looking_is_neither_counted_nor_in_the_journal(observed: Live) -> None:
    scrape(observed)
    assert not [labels for _, labels in scrape(observed) if "metrics" in labels]
    kept = requests.get(f"{observed.base}/_sandbox/requests", timeout=10)
    assert "/metrics" not in kept.text
    assert requests.get(f"{observed.base}/metrics", timeout=10).status_code == 404


def test_a_killed_web_server_takes_no_count_with_it(observed: Live) -> None:
    requests.get(f"{observed.base}/api/", timeout=10)
    before = wait_for(observed, 1, REQUESTS, "GET", "index", "2xx")
    assert observed.process is not None
    os.kill(web_server_of(observed.process.pid), signal.SIGKILL)
    again = get_patiently(f"{observed.base}/api/")
    assert again.status_code == 200
    wait_for(observed, before + 1, REQUESTS, "GET", "index", "2xx")


def web_server_of(supervisor: int) -> int:
    """The web server: the first child that the supervisor started of its own program."""
    from apps.sandbox.observed import family_of

    return family_of(supervisor)[1]


def get_patiently(url: str) -> requests.Response:
    """An answer, perhaps of the process that takes the place of a killed one."""
    deadline = monotonic() + 30
    while True:
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            assert monotonic() < deadline
            sleep(0.05)


def test_it_listens_on_the_loopback_and_leaves_the_addresses_alone(observed: Live) -> None:
    shown = urlsplit(observed.facts["metrics"])
    assert shown.hostname == "127.0.0.1"
    found = find_addresses(observed.home)
    assert (found.http, found.https) == (
        urlsplit(observed.base).netloc,
        urlsplit(observed.https).netloc,
    )


def test_nothing_is_counted_unless_it_is_asked_for(live: Live) -> None:
    assert "metrics" not in live.facts
    assert not (live.home / "observed").exists()


def test_a_port_that_is_taken_is_named_with_its_option(begun_home: Path) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ports = "--port", str(free_port()), "--https-port", str(free_port())
        done = Live(begun_home).run("serve", "--empty", *ports, "--metrics-port", port)
    assert done.returncode == 1
    assert "--metrics-port" in done.stderr


def test_a_host_that_is_none_is_named_with_its_option(begun_home: Path) -> None:
    ports = "--port", str(free_port()), "--https-port", str(free_port())
    wrong = "--metrics-port", "0", "--metrics-host", "192.0.2.1"
    done = Live(begun_home).run("serve", "--empty", *ports, *wrong)
    assert done.returncode == 1
    assert "Choose another with --metrics-host." in done.stderr
