"""The journal of a served store with two workers: complete, in order, and without secrets."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from apps.control.journal.rows import MOST_KEPT
from tests.control.test_served_sandboxes import CONTROL, LOGIN, ask, create
from tests.live import Live


@pytest.fixture
def sandbox(served: Live) -> str:
    """The name of a new sandbox."""
    return create(served)


def journal(base: str, **query: Any) -> list[dict[str, Any]]:
    """Return the requests in a journal, the oldest first."""
    asked = {"order": "oldest", "limit": MOST_KEPT, **query}
    answer = requests.get(f"{base}/_sandbox/requests", params=asked, timeout=60)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["requests"]
    return found


def workers_of(served: Live) -> list[int]:
    """Return the processes that listen on the port of a server, except the first."""
    assert served.process is not None
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children").read_text()
    named = {int(pid): Path(f"/proc/{pid}/fd") for pid in children.split()}
    return [pid for pid, fds in named.items() if _holds_port(fds, int(served.facts["port"]))]


def _holds_port(fds: Path, port: int) -> bool:
    listening = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"
    }
    links = {str(fd.readlink()) for fd in fds.iterdir() if fd.exists()}
    return any(f"socket:[{inode}]" in links for inode in listening)


def test_a_request_is_there_right_after_its_answer_whoever_gave_it(
    served: Live, sandbox: str
) -> None:
    base = f"{served.base}/~{sandbox}"
    for number in range(40):
        requests.get(f"{base}/api/?n={number}", timeout=60)  # each on a connection of its own
        found = journal(base)
        assert [each["url"] for each in found] == [f"{base}/api/?n={n}" for n in range(number + 1)]


def test_many_at_once_are_all_kept_each_in_its_sandbox(served: Live) -> None:
    names = [create(served) for _ in range(4)]

    def send(number: int) -> None:
        for step in range(25):
            base = f"{served.base}/~{names[number % 4]}"
            requests.get(f"{base}/api/?client={number}&step={step}", timeout=60)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(8)))
    for index, name in enumerate(names):
        urls = [each["url"] for each in journal(f"{served.base}/~{name}")]
        for client in (index, index + 4):
            own = [url for url in urls if f"client={client}&" in url]
            wanted = [f"/api/?client={client}&step={step}" for step in range(25)]
            assert [url.removeprefix(f"{served.base}/~{name}") for url in own] == wanted
        assert len(urls) == 50


def test_what_a_killed_worker_answered_is_there_and_nobody_waits(
    served: Live, sandbox: str
) -> None:
    base = f"{served.base}/~{sandbox}"
    for number in range(20):
        requests.get(f"{base}/api/?n={number}", timeout=60)
    workers = workers_of(served)
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    assert [each["url"].rpartition("=")[2] for each in journal(base)] == list(map(str, range(20)))


def test_a_reset_leaves_the_journal_and_a_deletion_takes_it(served: Live, sandbox: str) -> None:
    base = f"{served.base}/~{sandbox}"
    requests.get(f"{base}/api/", timeout=60)
    ask(served, "POST", f"sandboxes/{sandbox}/reset")
    assert len(journal(base)) == 1
    ask(served, "DELETE", f"sandboxes/{sandbox}")
    create(served, name=sandbox)
    assert journal(base) == []


def test_all_journals_at_once(served: Live, sandbox: str) -> None:
    requests.get(f"{served.base}/~{sandbox}/api/?here", timeout=60)
    requests.get(f"{served.base}/api/?there", timeout=60)
    found = journal(served.base, sandbox="all")
    assert {sandbox, "main"} <= {each["sandbox"] for each in found}
    assert [each["sandbox"] for each in journal(served.base, sandbox=sandbox)] == [sandbox]


def test_a_path_with_two_slashes_is_still_the_control_plane(served: Live, sandbox: str) -> None:
    requests.get(f"{served.base}/~{sandbox}//_sandbox/outbox", timeout=60)
    assert journal(f"{served.base}/~{sandbox}") == []


def test_bodies_are_kept_as_they_were_sent(served: Live, sandbox: str) -> None:
    base = f"{served.base}/~{sandbox}"
    requests.post(f"{base}/api/label/", data=b'{"name": "x" ', auth=LOGIN, timeout=60)
    requests.post(f"{base}/api/import/", data=b"\x00\xff" * 70_000, auth=LOGIN, timeout=60)
    malformed, file = journal(base)
    assert malformed["body"] == {"bytes": 13, "text": '{"name": "x" '}
    assert (file["body"]["bytes"], file["body"]["truncated"]) == (140_000, True)


def test_statements_of_recorded_data_are_heard_too(served: Live, sandbox: str) -> None:
    url = f"{served.base}/~{sandbox}/api/data/?record=37700&datatype=19&explain"
    assert requests.get(url, auth=LOGIN, timeout=60).status_code == 200
    (found,) = journal(f"{served.base}/~{sandbox}")
    assert any("signals_" in each["sql"] for each in found["statements"])


def test_a_web_page_gets_nothing_of_it(served: Live) -> None:
    foreign = {"Origin": "http://evil.example", "Host": "evil.example"}
    answer = requests.get(f"{served.base}/_sandbox/requests", headers=foreign, timeout=60)
    assert answer.status_code == 421
    named = {"Origin": "http://evil.example"}
    answer = requests.get(f"{served.base}/_sandbox/requests", headers=named, timeout=60)
    assert "Access-Control-Allow-Origin" not in answer.headers
    answer = requests.post(f"{served.base}/_sandbox/requests/verify", headers=named, timeout=60)
    assert answer.status_code == 403


def test_commands_list_show_and_clear_it(served: Live, sandbox: str) -> None:
    base = f"{served.base}/~{sandbox}"
    requests.get(f"{base}/api/account/", timeout=60)
    body = {"name": "from\x7f here", "password": "hunter2"}
    requests.post(f"{base}/api/label/", json=body, auth=LOGIN, timeout=60)
    listed = served.run("requests", "list", "--sandbox", sandbox)
    first, second = listed.stdout.splitlines()
    assert f"GET {base}/api/account/ 401 " in first
    assert first.endswith("reason=no_credentials")
    assert f"user={LOGIN[0]} scheme=basic sandbox={sandbox}" in second
    found = json.loads(served.run("requests", "list", "--json", f"--sandbox={sandbox}").stdout)
    assert found == journal(base)
    shown = served.run("requests", "show", str(found[1]["id"])).stdout
    assert "Authorization: Basic ..." in shown
    assert "from\\x7f here" in shown
    assert "hunter2" not in shown
    everywhere = served.run("requests", "list", "--all", "--limit", "1", "--json").stdout
    assert [each["id"] for each in json.loads(everywhere)] == [found[1]["id"]]
    cleared = served.run("requests", "clear", "--sandbox", sandbox)
    assert cleared.stdout == "deleted: 2\n"
    assert served.run("requests", "list", "--sandbox", sandbox).stdout == "No requests.\n"
    missing = served.run("requests", "show", "999999999")
    assert (missing.returncode, missing.stderr) == (
        1,
        "error: There is no request 999999999 in the journal.\n",
    )


def test_commands_export_and_verify_it_as_requests_do(served: Live, sandbox: str) -> None:
    base = f"{served.base}/~{sandbox}"
    for limit in (1, 2):
        requests.get(f"{base}/api/record/?limit={limit}", auth=LOGIN, timeout=60)
    requests.get(f"{base}/api/account/", timeout=60)

    def run(*arguments: str) -> tuple[int, str, str]:
        done = served.run("requests", *arguments, "--sandbox", sandbox)
        return done.returncode, done.stdout, done.stderr

    for kind in ("har", "curl"):
        asked = {"format": kind, "status": "2xx", "order": "oldest"}
        answer = requests.get(f"{base}/_sandbox/requests", params=asked, timeout=60)
        assert answer.text.count("/api/record/?limit=") == 2
        assert run(kind, "status=2xx", "order=oldest")[1].strip() == _respaced(answer, kind)
    assert run("list", "path=/api/acc*")[1].count("\n") == 1
    found = run("verify", '{"match": {"resource": "record"}, "count": {"exactly": 2}}')
    assert found == (0, "As expected: 2\n", "")
    status, text, _ = run("verify", '{"match": {"resource": "record", "query": {"limit": "3"}}}')
    assert status == 1
    assert text.startswith("Expected at least 1, found 0 matching of 3 requests.\n")
    assert 'query.limit: wanted "3", found "2"' in text
    told = json.loads(run("verify", '{"match": {"status": 500}}', "--json")[1])
    body = {"match": {"status": 500}}
    assert told == ask(served, "POST", "requests/verify", body, params={"sandbox": sandbox}).json()
    for wrong in (["verify", "[]"], ["verify", "{}"], ["har", "nothing"], ["curl", "n=1"]):
        status, printed, error = run(*wrong)
        assert status
        assert not printed
        assert error.startswith("error: ")


def _respaced(answer: requests.Response, kind: str) -> str:
    """Return what a command prints of the same."""
    return json.dumps(answer.json()) if kind == "har" else answer.text.strip()


@pytest.mark.parametrize(
    ("options", "variable", "kept"), [((), "2", 2), (("--journal-limit", "1"), "2", 1)], ids=str
)
def test_the_server_is_told_how_many_are_kept(
    begun_home: Path, options: tuple[str, ...], variable: str, kept: int
) -> None:
    """Commands of other processes keep to it too."""
    live = Live(begun_home, options, {"HEXOSTORE_JOURNAL_LIMIT": variable}).start()
    try:
        for number in range(4):
            requests.get(f"{live.base}/api/?n={number}", timeout=60)
        live.environment = {}
        listed = json.loads(live.run("requests", "list", "--json").stdout)
        numbers = [each["url"].rpartition("=")[2] for each in listed]
        assert numbers == ["0", "1", "2", "3"][-kept:]
    finally:
        live.stop()


def test_a_limit_that_is_too_high_is_refused(home: Path) -> None:
    environment = {"HEXOSTORE_JOURNAL_LIMIT": "10001"}
    done = Live(home, environment=environment).run("serve")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: HEXOSTORE_JOURNAL_LIMIT must be at most 10000.\n"


def test_no_secret_is_on_the_disk_of_the_spool(served: Live, sandbox: str) -> None:
    secret = f"s3cr3t-{secrets.token_hex(8)}"
    base = f"{served.base}/~{sandbox}"
    requests.get(f"{base}/api/?code={secret}", auth=("x", secret), timeout=60)
    requests.post(f"{base}/api/label/", json={"password": secret}, auth=LOGIN, timeout=60)
    requests.post(f"{base}/api/label/", data={"token": secret}, cookies={"a": secret}, timeout=60)
    spool = (served.home / "control" / "requests").read_bytes()
    assert secret.encode() not in spool
    assert secret not in json.dumps(journal(base))
    for kind in ("har", "curl"):
        exported = requests.get(f"{base}/_sandbox/requests?format={kind}", timeout=60).text
        assert secret not in exported
    assert secret not in served.log()


def test_a_request_split_in_pieces_is_kept_once(served: Live, sandbox: str) -> None:
    head = (
        f"POST /~{sandbox}/api/label/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
        "Connection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", int(served.facts["port"])), 60) as client:
        for piece in (head[:30], head[30:], "{", "}"):
            client.sendall(piece.encode())
        while client.recv(4096):
            pass
    (found,) = journal(f"{served.base}/~{sandbox}")
    assert found["body"]["text"] == "{}"


def test_a_request_is_found_by_the_id_that_it_was_sent_with(served: Live, sandbox: str) -> None:
    base, mine = f"{served.base}/~{sandbox}", {"X-Request-Id": f"test-{sandbox}"}
    assert "X-Request-Id" not in requests.get(f"{base}/api/", timeout=60).headers
    answer = requests.get(f"{base}/api/user/", headers=mine, timeout=60)
    assert answer.headers["X-Request-Id"] == f"test-{sandbox}"
    (found,) = journal(base, request_id=f"test-{sandbox}")
    assert (found["path"], found["request_id"]) == ("/api/user/", f"test-{sandbox}")
    assert f" id=test-{sandbox}\n" in served.log()
    assert len({each["request_id"] for each in journal(base)}) == 2, "each request has one"


def test_clearing_needs_the_header(served: Live, sandbox: str) -> None:
    base = f"{served.base}/~{sandbox}"
    requests.get(f"{base}/api/", timeout=60)
    assert requests.delete(f"{base}/_sandbox/requests", timeout=60).status_code == 403
    some = f"{base}/_sandbox/requests?path=/api/"
    refused = requests.delete(some, headers=CONTROL, timeout=60)
    assert refused.status_code == 400
    assert refused.json() == {"error": "Unknown argument 'path'; known: sandbox"}
    gone = requests.delete(f"{base}/_sandbox/requests", headers=CONTROL, timeout=60)
    assert gone.json() == {"deleted": 1}
    assert journal(base) == []
