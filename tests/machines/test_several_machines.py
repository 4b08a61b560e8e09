"""Two web servers of one store know nothing that the other does not know at once."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep

import psycopg
import pytest
import requests
from oauthlib.oauth1 import Client as Signer

from apps.credentials.signed_keys.signatures import compute_signature
from apps.exchange.formats.fit import writer
from hexostore import clock
from hexostore.testing.sandbox import Sandbox
from tests import databases
from tests.credentials.test_oauth1_live import CALLBACK, KEY, SECRET
from tests.exchange.importing.conftest import a_file
from tests.machines.several import LOGIN, Machines, add_label, get, labels
from tests.machines.test_restart import await_truth, children

PATIENCE = 60.0

Pair = tuple[Sandbox, Sandbox]


@pytest.fixture
def both(served_machines: Machines) -> Pair:
    """A new sandbox, as either server shows it."""
    return served_machines.sandbox()


def test_a_sandbox_is_everywhere_as_soon_as_it_is_made(served_machines: Machines) -> None:
    for _ in range(5):
        here, there = served_machines.sandbox()
        assert get(there.base_url, "/api/account/").status_code == 200
        there.delete()
        assert get(here.base_url, "/api/account/").status_code == 404


def test_an_answer_that_a_server_keeps_is_new_after_a_write_at_another(both: Pair) -> None:
    here, there = (each.base_url for each in both)
    for turn in range(8):
        assert labels(there) == labels(here)  # which both keep from now on
        writer, reader = (here, there) if turn % 2 else (there, here)
        add_label(writer, f"label {turn}")
        assert f"label {turn}" in labels(reader)


def test_no_old_row_is_seen_after_a_reset_at_another_server(both: Pair) -> None:
    here, there = both
    begun = labels(there.base_url)
    for turn in range(5):
        add_label(here.base_url, f"label {turn}")
        assert labels(there.base_url) == begun | {f"label {turn}"}
        here.reset()
        assert labels(there.base_url) == begun


def test_a_fork_and_a_snapshot_of_another_server_are_there(both: Pair) -> None:
    here, there = both
    add_label(here.base_url, "kept")
    here.snapshot("before")
    add_label(there.base_url, "later")
    there.restore("before")
    assert {"kept", "later"} & labels(here.base_url) == {"kept"}
    forked = here.fork()
    assert "kept" in labels(Sandbox(there.server, forked.name).base_url)


def test_main_is_exchanged_under_both(served_machines: Machines) -> None:
    here, there = served_machines.first.base, served_machines.second.base
    begun = labels(there)
    add_label(here, "of main")
    assert "of main" in labels(there)
    Sandbox(served_machines.servers[1], "main").reset()
    assert labels(here) == labels(there) == begun


def test_a_password_that_is_changed_is_refused_everywhere_at_once(both: Pair) -> None:
    here, there = both
    me = {"id": 77001, "username": "me", "email": "me@example.com"}
    for turn in range(4):
        here, there = there, here
        here.load({"user": {"me": {**me, "password": f"secret {turn}"}}}, replace=True)
        for each in (here, there):  # which both remember from now on
            assert _account(each, f"secret {turn}").status_code == 200
            assert _account(each, f"secret {turn - 1}").status_code == 401


def _account(sandbox: Sandbox, password: str) -> requests.Response:
    return get(sandbox.base_url, "/api/account/", auth=("me@example.com", password))


def test_a_token_that_is_revoked_is_refused_everywhere_at_once(both: Pair) -> None:
    here, there = both
    client = here.oauth2
    form = {"grant_type": "password", "username": LOGIN[0], "password": LOGIN[1]}
    url = "/api/connect/oauth2"
    told = requests.post(f"{here.base_url}{url}/token/", form, auth=client, timeout=60).json()
    bearer = {"Authorization": f"Bearer {told['access_token']}"}
    account = f"{there.base_url}/api/account/"
    assert requests.get(account, headers=bearer, timeout=60).status_code == 200
    sent = {"token": told["access_token"]}
    requests.post(f"{here.base_url}{url}/revoke/", sent, auth=client, timeout=60)
    assert requests.get(account, headers=bearer, timeout=60).status_code == 401


def test_a_nonce_is_used_once_by_all_servers_together(both: Pair) -> None:
    here, there = both
    path = "/oauth/request_token"
    _, headers, _ = Signer(KEY, SECRET, callback_uri=CALLBACK).sign(f"http://h{path}", "POST")
    answers = [
        requests.post(
            f"{each.server.root}{path}",
            headers={**headers, "Host": "h", "X-HexoStore-Sandbox": each.name},
            timeout=60,
        )
        for each in (here, there)
    ]
    assert [each.status_code for each in answers] == [200, 401], [each.text for each in answers]
    assert answers[1].headers["X-HexoStore-Reason"] == "nonce_used"


def test_a_signed_request_is_accepted_again_as_on_one_server(both: Pair) -> None:
    """As the real service does within its window (behaviour 4)."""
    now, path = str(int(clock.now().timestamp())), "/api/account/"
    key, secret = both[0].key
    sent = {
        "X-HEXOTIMESTAMP": now,
        "X-HEXOAPIKEY": key,
        "X-HEXOAPISIGNATURE": compute_signature(secret, now, f"http://h{path}"),
        "Host": "h",
    }
    for each in (*both, *both):
        headers = {**sent, "X-HexoStore-Sandbox": each.name}
        answer = requests.get(f"{each.server.root}{path}", headers=headers, timeout=60)
        assert answer.status_code == 200, answer.text


def test_a_fault_applies_once_in_all(both: Pair) -> None:
    here, there = both
    rule = {"times": 3, "match": {"resource": "label"}, "action": {"status": 503}}
    made = here.control.ask("POST", "faults", rule)
    turns = [each.base_url for each in both] * 8
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda base: get(base, "/api/label/"), turns))
    assert sorted(each.status_code for each in answers) == [200] * 13 + [503] * 3
    assert there.control.ask("GET", f"faults/{made['id']}")["applied"] == 3
    there.control.ask("DELETE", "faults")
    assert here.control.ask("GET", "faults")["faults"] == []


def test_the_journal_of_a_server_has_the_requests_of_all_in_order(both: Pair) -> None:
    here, there = both
    for turn in range(6):
        get(both[turn % 2].base_url, f"/api/label/?turn={turn}")
        newest = both[(turn + 1) % 2].requests.list(limit=1)
        assert newest[0]["url"].endswith(f"turn={turn}"), newest
    assert len(there.requests.list()) == len(here.requests.list()) == 6
    there.requests.clear()
    assert not here.requests.list()


def test_the_journal_keeps_as_many_as_on_one_server(both: Pair, served_machines: Machines) -> None:
    """Through the database, since 1,000 requests take long."""
    here, _ = both
    control = f"{databases.name_of(served_machines.url)}_control"
    get(here.base_url, "/api/label/")
    with psycopg.connect(databases.url_of(control)) as connection:
        connection.execute(
            "INSERT INTO request (sandbox, born, time, method, path, status, user_name, client, "
            "scheme, reason, details) SELECT sandbox, born, time, method, path, status, user_name, "
            "client, scheme, reason, details FROM request, generate_series(1, 1100) "
            "WHERE sandbox = %s",
            [here.name],
        )
    here.requests.verify({"path": "/api/label/"}, exactly=1000)


def test_a_clock_is_moved_for_all_servers(both: Pair) -> None:
    here, there = both
    here.clock.freeze(at="2030-01-02T03:04:05+00:00")
    assert get(there.base_url, "/api/label/").headers["Date"] == "Wed, 02 Jan 2030 03:04:05 GMT"
    there.clock.advance(3600)
    assert here.clock.show()["now"].startswith("2030-01-02T04:04:05")
    there.clock.reset()
    assert here.clock.show()["state"] == "system"


def test_a_refusal_and_a_letter_are_shown_by_another_server(both: Pair) -> None:
    here, there = both
    assert get(here.base_url, "/api/label/", auth=(LOGIN[0], "wrong")).status_code == 401
    last = there.control.ask("GET", "auth/last")
    assert [each["reason"] for each in last] == ["wrong_password"]
    url = f"{here.base_url}/api/resetpassword/"
    assert requests.post(url, json={"email": LOGIN[0]}, timeout=60).ok
    assert len(there.outbox(LOGIN[0])) == 1


@pytest.mark.parametrize("place", ["main", "a sandbox"])
def test_a_job_of_a_web_server_is_done_by_the_one_that_does_jobs(
    served_machines: Machines, both: Pair, place: str
) -> None:
    bases = [each.base_url for each in both]
    if place == "main":
        bases = [served_machines.first.base, served_machines.second.base]
    sent = requests.post(
        f"{bases[0]}/api/import/",
        data=b"".join(writer.write(a_file())),
        auth=LOGIN,
        timeout=60,
        headers={"Content-Type": "application/octet-stream"},
    )
    assert sent.status_code == 201, sent.text
    path = f"/api/import/{sent.json()['id']}/"
    deadline = monotonic() + PATIENCE
    while (found := get(bases[1], path).json())["results"] is None:
        assert monotonic() < deadline, found
        sleep(0.1)
    assert found["progress"] == 1, found


def test_a_copy_waits_for_a_download_of_another_server(
    both: Pair, served_machines: Machines
) -> None:
    """Which works in the world that is to be copied."""
    here, there = both
    record = here.simulate(duration="3h", seed=1)
    url = f"{there.base_url}/api/data/?record={record['id']}&format=zip"
    with (
        requests.get(url, auth=LOGIN, stream=True, timeout=60) as slow,
        ThreadPoolExecutor(1) as pool,
    ):
        assert slow.status_code == 200, slow.text
        copying = pool.submit(here.snapshot, "during")
        _await_waiting_lock(f"{databases.name_of(served_machines.url)}_control")
        assert not copying.done()
        assert len(slow.content) > 100_000
        copying.result(PATIENCE)


def test_a_process_that_is_killed_holds_nobody_up(both: Pair, served_machines: Machines) -> None:
    here, there = both
    record = here.simulate(duration="3h", seed=1)
    url = f"{there.base_url}/api/data/?record={record['id']}&format=zip"
    with (
        requests.get(url, auth=LOGIN, stream=True, timeout=60),
        ThreadPoolExecutor(1) as pool,
    ):
        copying = pool.submit(here.snapshot, "killed")
        _await_waiting_lock(f"{databases.name_of(served_machines.url)}_control")
        for pid in children(served_machines.second):
            os.kill(pid, signal.SIGKILL)
        copying.result(PATIENCE)
    await_truth(lambda: is_ready(there.server.root), "its supervisor starts no other")


def is_ready(root: str) -> bool:
    try:
        return requests.get(f"{root}/readyz", timeout=60).status_code == 200
    except requests.ConnectionError:
        return False


def _await_waiting_lock(name: str) -> None:
    """Wait until somebody waits for a lock of a database."""
    waiting = (
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
        "WHERE locktype = 'advisory' AND NOT granted AND datname = %s"
    )
    deadline = monotonic() + PATIENCE
    with databases.administrator() as connection:
        while connection.execute(waiting, [name]).fetchone() == (0,):
            assert monotonic() < deadline
            sleep(0.02)
