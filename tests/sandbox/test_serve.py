"""`hexostore serve` as a user meets it: real processes, real ports."""

import errno
import os
import signal
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from time import monotonic, sleep

import pytest
import requests
from pytest_django.fixtures import Settings

from apps.sandbox.management.commands.serve import _facts_as_text, _served_pages
from hexostore import tls
from hexostore.web.listening import ListenError, listen_on
from tests import begun_homes
from tests.chaos.processes import read_process
from tests.console.browsing import CHROMIUM
from tests.embedded import remove_home, throwaway_home
from tests.live import Live, free_port


@pytest.fixture
def empty(begun_home: Path) -> Iterator[Live]:
    """An empty store, served, for a test that stops it or ends some of its processes."""
    served = Live(begun_home, ("--empty",)).start()
    yield served
    if served.process is not None and served.process.poll() is None:
        served.stop()


@pytest.fixture(scope="module")
def lasting() -> Iterator[Live]:
    """An empty store, served for all tests here that leave its processes alone."""
    home = throwaway_home()
    begun_homes.fill_home(home, "empty")
    served = Live(home, ("--empty",)).start()
    yield served
    served.stop()
    remove_home(home)


def processes_in(home: Path) -> list[int]:
    """The processes that have the home in their environment or command line."""
    needle = os.fsencode(home)
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            texts = (folder / "environ").read_bytes(), (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if any(needle in text for text in texts) and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


def wait_until_gone(home: Path) -> None:
    deadline = monotonic() + 30
    while left := processes_in(home):
        assert monotonic() < deadline, left
        sleep(0.05)


def postmaster(home: Path) -> int:
    return int((home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])


def test_both_schemes_answer_as_a_mock(live: Live) -> None:
    https = live.https.replace("127.0.0.1", "localhost")
    for answer in (
        requests.get(f"{live.base}/readyz", timeout=10),
        requests.get(f"{https}/readyz", verify=str(live.ca), timeout=10),
    ):
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert answer.headers["X-HexoStore"] == "mock"


def listening(ports: set[int]) -> set[str]:
    """The addresses, as the kernel writes them, that the ports are listened on."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            address, _, port = local.partition(":")
            if state == "0A" and int(port, 16) in ports:
                found.add(address)
    return found


def test_it_listens_on_the_loopback_only(live: Live) -> None:
    ports = {int(base.rpartition(":")[2]) for base in (live.base, live.https)}
    assert listening(ports) == {"0100007F"}


def test_it_listens_elsewhere_when_told_to(begun_home: Path) -> None:
    everywhere = "0.0.0.0"  # noqa: S104
    served = Live(begun_home, ("--empty", "--host", everywhere)).start()
    found = listening({int(served.base.rpartition(":")[2])})
    served.stop()
    assert found == {"00000000"}


def test_the_ready_line_has_what_a_client_needs(live: Live) -> None:
    assert live.facts["seed"] == "demo"
    assert {"email": "athlete@example.com", "password": "athlete"} in live.facts["logins"]
    assert live.facts["secret"] == "3x4mPl3pR1v4tEK3y3x4mPl3pR1v4tEK3y"


def test_the_ready_line_names_pages_that_are_there(live: Live) -> None:
    for name in ("console", "requests", "outbox", "docs"):
        assert live.facts[name].startswith(f"{live.base}/")
        assert requests.get(live.facts[name], headers=CHROMIUM, timeout=30).status_code == 200


@pytest.mark.django_db
def test_the_banner_names_them_first(live: Live) -> None:
    lines = [line for line in _facts_as_text(live.facts).splitlines() if line][:5]
    assert [line.split()[0] for line in lines] == ["Console", "Requests", "Mail", "Docs", "API"]
    assert lines[0] == f"  Console   {live.base}/"


def test_a_public_server_names_its_docs_only(settings: Settings) -> None:
    settings.HEXOSTORE_PROFILE = "public"
    assert list(_served_pages()) == ["docs"]


def test_the_printed_login_works(live: Live) -> None:
    login = live.facts["logins"][0]
    answer = requests.get(
        f"{live.base}/api/account/", auth=(login["email"], login["password"]), timeout=10
    )
    assert answer.json()["objects"][0]["email"] == login["email"]


def test_the_newest_record_has_everything(live: Live) -> None:
    """It is the first that somebody draws."""
    for login in ("athlete", "coach", "staff"):
        auth = f"{login}@example.com", login
        records = requests.get(f"{live.base}/api/record/?limit=1", auth=auth, timeout=30).json()
        newest = records["objects"][0]
        assert (newest["status"], newest["data_status"]) == ("complete", {})
        asked = f"{live.base}/api/data/?record={newest['id']}&datatype__in=17,4113,4129,4145"
        (answer,) = requests.get(asked, auth=auth, timeout=30).json()
        assert all(answer["data"].values())


def test_any_free_ports_are_told(begun_home: Path) -> None:
    served = Live(begun_home, ("--empty",))
    served.ports = 0, 0
    facts = served.start().facts
    assert facts["root"] == f"http://127.0.0.1:{facts['port']}" == served.base
    assert facts["https_root"] == f"https://127.0.0.1:{facts['https_port']}" == served.https
    for url, ca in ((served.base, True), (served.https, str(served.ca))):
        assert requests.get(f"{url}/livez", verify=ca, timeout=10).status_code == 200
    assert served.process is not None
    assert (facts["pid"], facts["version"]) == (served.process.pid, version("hexostore"))
    served.stop()


def test_a_name_to_listen_on_is_looked_up(begun_home: Path) -> None:
    served = Live(begun_home, ("--empty", "--host", "localhost")).start()
    url, log = served.base, served.log()
    assert url.startswith("http://localhost:")
    assert requests.get(f"{url}/livez", timeout=10).status_code == 200
    served.stop()
    assert "WARNING" not in log


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (("--port", "8123", "--https-port", "8123"), 2, "--port and --https-port are both 8123."),
        (("--host", "192.0.2.1"), 1, "192.0.2.1 is not an address of this machine."),
        (
            ("--host", "no-such-host.invalid"),
            1,
            "--host no-such-host.invalid: this name cannot be resolved",
        ),
        (("--host", ""), 1, "--host : this name cannot be resolved"),
    ],
)
def test_where_it_cannot_listen(
    home: Path, options: tuple[str, ...], status: int, said: str
) -> None:
    refused = Live(home).run("serve", *options)
    assert (refused.returncode, len(refused.stderr.splitlines())) == (status, 1)
    assert said in refused.stderr
    assert not (home / "postgres").exists()


def test_a_port_for_root_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def bind(_socket: socket.socket, _address: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", bind)
    with pytest.raises(ListenError, match=r"^Port 443 requires more rights.* --https-port N\.$"):
        listen_on("127.0.0.1", 443, "--https-port")


def test_a_chunked_body_is_refused(live: Live) -> None:
    """A body without a length arrives empty under WSGI, so it must not be taken for one."""
    answer = requests.post(f"{live.base}/api/range/", data=iter([b"{}"]), timeout=10)
    assert answer.status_code == 411


def test_an_empty_store_follows_stock_tastypie(lasting: Live) -> None:
    assert (lasting.facts["seed"], lasting.facts["conventions"]) == ("empty", "tastypie")


def test_commands_work_while_it_is_served(lasting: Live) -> None:
    added = lasting.run("user", "add", "--email", "me@example.com", "--password", "pw", "--json")
    assert added.returncode == 0, added.stderr
    answer = requests.get(f"{lasting.base}/api/user/", auth=("me@example.com", "pw"), timeout=10)
    assert answer.json()["objects"][0]["email"] == "me@example.com"


def test_a_second_serve_says_so(lasting: Live) -> None:
    ports = ("--port", str(free_port()), "--https-port", str(free_port()))
    second = lasting.run("serve", *ports)
    assert second.returncode == 1
    assert f"{lasting.home} is already served, by hexostore serve" in second.stderr
    assert len(second.stderr.splitlines()) == 1


def test_contradicting_options_say_so(empty: Live) -> None:
    empty.stop()
    second = empty.run("serve", "--no-demo")
    assert second.returncode == 1
    assert "created with the seed 'empty', not 'catalogue'" in second.stderr


def test_a_taken_port_is_one_clear_line(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        refused = Live(home).run("serve", "--port", port)
    assert refused.returncode == 1
    assert refused.stderr == (
        f"error: Port {port} is in use by another program. Choose one with --port N.\n"
    )
    assert not (home / "postgres").exists()


def test_terminate_stops_everything(empty: Live) -> None:
    assert empty.stop() == 0
    assert processes_in(empty.home) == []


def test_ctrl_c_stops_everything_without_complaint(empty: Live) -> None:
    assert empty.stop(signal.SIGINT) == 0
    assert "Killing" not in empty.log()
    assert processes_in(empty.home) == []


def test_kill_9_leaves_nothing_and_the_next_start_recovers(empty: Live) -> None:
    empty.run("user", "add", "--email", "me@example.com", "--password", "pw")
    empty.stop(signal.SIGKILL)
    wait_until_gone(empty.home)
    empty.options = ()
    empty.start()
    answer = requests.get(f"{empty.base}/api/user/", auth=("me@example.com", "pw"), timeout=10)
    assert answer.json()["meta"]["total_count"] == 1


def test_it_restarts_at_once_after_kill_9(empty: Live) -> None:
    """What the killed one leaves behind for a moment is waited for."""
    empty.stop(signal.SIGKILL)
    empty.options = ()
    empty.start()
    assert requests.get(f"{empty.base}/readyz", timeout=10).status_code == 200


def ask_every_thread(empty: Live) -> set[int]:
    """The answers to so many requests at once that each thread of the worker has some.

    Different resources, for those of one hold half of the threads at most.
    """

    def ask(name: str) -> int:
        login = ("me@example.com", "pw")
        return requests.get(f"{empty.base}/api/{name}/", auth=login, timeout=60).status_code

    with ThreadPoolExecutor(8) as pool:
        return {ask("user"), *pool.map(ask, 6 * ["user", "record", "label", "unit"])}


def test_kill_9_of_postgres_is_survived(empty: Live) -> None:
    empty.run("user", "add", "--email", "me@example.com", "--password", "pw")
    assert ask_every_thread(empty) == {200}
    first = postmaster(empty.home)
    os.kill(first, signal.SIGKILL)
    deadline = monotonic() + 30
    while requests.get(f"{empty.base}/readyz", timeout=10).status_code != 200 or (
        postmaster(empty.home) == first
    ):
        assert monotonic() < deadline, empty.log()
        sleep(0.05)
    assert ask_every_thread(empty) == {200}
    assert "The database stopped; starting it again." in empty.log()


def children(empty: Live) -> list[int]:
    """The processes of the supervisor but the database, the first started first."""
    assert empty.process is not None
    pid = empty.process.pid
    found = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return [child for child in found if child != postmaster(empty.home)]


def test_a_killed_web_server_is_started_again(empty: Live) -> None:
    *_, job_worker = children(empty)
    for _ in range(2):  # the second time after a moment
        [killed] = set(children(empty)) - {job_worker}
        os.kill(killed, signal.SIGKILL)
        deadline = monotonic() + 60
        while len(set(children(empty)) - {killed, job_worker}) != 1:
            assert monotonic() < deadline, empty.log()
            sleep(0.05)
        assert requests.get(f"{empty.base}/readyz", timeout=30).status_code == 200
    assert "web server 1 ended with status -9; starting it again" in empty.log()


def test_only_who_accepts_connections_holds_the_ports(lasting: Live) -> None:
    found = [read_process(child) for child in children(lasting)]
    assert [each.listens() for each in found if each is not None] == [True, False]


def test_a_second_store_never_shares_a_port(lasting: Live, tmp_path: Path) -> None:
    """Not even one that starts in the same moment: whoever has the port has it alone."""
    port = lasting.base.rpartition(":")[2]
    second = Live(tmp_path).run("serve", "--empty", "--port", port)
    assert second.returncode == 1
    assert f"Port {port} is in use by another program." in second.stderr


def test_two_stores_that_start_at_once_share_no_port(home: Path, tmp_path: Path) -> None:
    ports = "--port", str(free_port()), "--https-port", str(free_port())
    both = [Live(folder).popen("serve", "--empty", "--json", *ports) for folder in (home, tmp_path)]
    outcomes = []
    for each in both:
        assert each.stdout is not None
        outcomes.append(each.stdout.readline())  # a ready line, or nothing when refused
    for each in both:
        each.terminate()
    codes = sorted(each.wait(60) for each in both)
    assert (sorted(map(bool, outcomes)), codes) == ([False, True], [0, 1])


def test_a_renewed_certificate_is_served_at_once(lasting: Live) -> None:
    address = "127.0.0.1", int(lasting.https.rpartition(":")[2])
    before = ssl.get_server_certificate(address)
    tls.ensure_certificates(lasting.home, ["renewed.hexoskin.com"])
    deadline = monotonic() + 60
    while ssl.get_server_certificate(address) == before:
        assert monotonic() < deadline, lasting.log()
        sleep(0.05)


def test_redirect_http(begun_home: Path) -> None:
    served = Live(begun_home, ("--empty", "--redirect-http")).start()
    try:
        url = f"{served.base}/api/user/?limit=1"
        moved = requests.get(url, allow_redirects=False, timeout=10)
        kept = requests.post(url, allow_redirects=False, timeout=10)
        probe = requests.get(f"{served.base}/livez", allow_redirects=False, timeout=10)
    finally:
        served.stop()
    assert (moved.status_code, moved.headers["Location"]) == (
        301,
        f"{served.https}/api/user/?limit=1",
    )
    assert kept.status_code == 308
    assert probe.status_code == 200


def test_a_path_too_long_for_a_socket_is_served_all_the_same(home: Path) -> None:
    long_home = home / ("long" * 30)
    long_home.mkdir()
    served = Live(long_home, ("--empty",)).start()
    assert served.stop() == 0
