"""The worker as a process: woken, killed, cut off from the database, told to stop."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest
import requests
from django.db import connection

from apps.jobs import queue, worker
from apps.jobs.models import Job
from apps.sandbox.working import job_worker
from hexostore.server import start_child
from tests.jobs.mailserver import MailServer, mail_server
from tests.live import Live

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 30.0


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    """A mail server, to which workers send."""
    with mail_server() as found:
        for name, value in found.settings().items():
            setattr(settings, name, value)
        yield found


@contextmanager
def start() -> Iterator[BaseProcess]:
    """A worker, for as long as the context lasts."""
    process = start_child(job_worker(), lambda: None)
    try:
        yield process
    finally:
        process.terminate()
        process.join(PATIENCE)


def post(number: int = 1) -> Job:
    letter = {"to": "a@example.com", "subject": f"number {number}", "text": "a token"}
    return queue.add_job("letter", letter)


def wait_until_done(job: Job) -> None:
    deadline = monotonic() + PATIENCE
    while Job.objects.get(pk=job.pk).state != Job.State.DONE:
        assert monotonic() < deadline
        sleep(0.02)


def test_a_new_job_wakes_the_worker(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "POLL", 3600)
    with start():
        for number in range(3):
            job = post(number)
            assert f"number {number}" in server.letter()
            wait_until_done(job)


def test_where_nobody_is_woken_the_worker_looks_itself(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind a pooler that does not pass on what PostgreSQL tells."""
    monkeypatch.setattr(worker, "POLL", 0.05)
    monkeypatch.setattr(worker, "CHANNEL", "another")
    with start():
        for number in range(2):
            post(number)
            assert f"number {number}" in server.letter()


def test_what_was_there_before_the_worker_is_done(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "POLL", 3600)
    job = post()
    with start():
        assert "number 1" in server.letter()
        wait_until_done(job)


def test_a_letter_outlives_the_kill_of_its_worker(server: MailServer) -> None:
    """It is sent at least once: what the killed worker had begun, the next does anew."""
    server.free.clear()
    with start() as killed:
        job = post()
        assert server.holding.wait(PATIENCE)
        killed.kill()
        killed.join(PATIENCE)
    server.free.set()
    with start():
        assert "number 1" in server.letter()
        wait_until_done(job)
    assert Job.objects.get(pk=job.pk).tries == 2


def test_the_worker_outlives_its_connections(server: MailServer) -> None:
    with start() as begun:
        wait_until_done(post(1))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        wait_until_done(post(2))
        assert begun.is_alive()


def test_it_ends_when_it_is_told_to(server: MailServer) -> None:
    with start() as begun:
        wait_until_done(post())
        begun.terminate()
        begun.join(PATIENCE)
        assert begun.exitcode == 0


def forget_password(served: Live, email: str) -> None:
    """Has the store send a letter."""
    answer = requests.post(f"{served.base}/api/resetpassword/", json={"email": email}, timeout=30)
    assert answer.status_code == 202


@pytest.fixture
def served(begun_home: Path) -> Iterator[tuple[Live, MailServer]]:
    """A served store and the mail server of its EMAIL_URL."""
    with mail_server() as server:
        environment = {"EMAIL_URL": f"smtp://127.0.0.1:{server.port}"}
        live = Live(begun_home, ("--empty",), environment).start()
        yield live, server
        if live.process is not None and live.process.poll() is None:
            live.stop()


def test_a_served_store_sends_letters(served: tuple[Live, MailServer]) -> None:
    live, server = served
    forget_password(live, "a@example.com")
    assert "You have no account here" in server.letter()
    assert live.stop() == 0
    assert "a@example.com" not in live.log()
    done = live.run("work", "--once", "--json")
    assert (done.returncode, done.stdout) == (0, '{"done": 0}\n')


def test_a_worker_of_its_own_works_beside_the_one_of_serve(
    served: tuple[Live, MailServer],
) -> None:
    """Each is held up by a letter of its own, so there have to be two."""
    live, server = served
    server.free.clear()
    working = live.popen("work")
    for number in range(2):
        forget_password(live, f"a{number}@example.com")
    deadline = monotonic() + PATIENCE
    while len(server.callers) < 2:
        assert monotonic() < deadline
        sleep(0.02)
    server.free.set()
    letters = server.letter() + server.letter()
    assert sorted(re.findall(r"^To: (a\d)@", letters, re.MULTILINE)) == ["a0", "a1"]
    working.send_signal(signal.SIGTERM)
    assert working.wait(60) == 0
