"""Imports by real workers: killed at any moment, cut off from the database, several at once."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from time import monotonic, sleep
from types import ModuleType
from typing import Any

import pytest
import requests
from django.db import connection, transaction

from apps.catalog.models import ImportFile
from apps.exchange import importing, recognition, storing
from apps.exchange.formats.fit import writer
from apps.jobs.kinds import KINDS
from apps.jobs.progress import ToldProgress
from apps.jobs.queue import do_next
from apps.records.models import Range, Record
from apps.sandbox.working import job_worker
from apps.tracks.models import Track, TrackPoint
from hexostore.server import start_child
from tests.databases import another_connection
from tests.exchange.importing.conftest import IMPORTS, a_file, post_file
from tests.live import Live
from tests.people import PASSWORD, Caller
from tests.races import meet

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("catalogue")]

PATIENCE = 60.0
ONE_SET = (1, 3, 1, 600)
LOGIN = ("ada@example.com", PASSWORD)

MOMENTS: dict[str, tuple[ModuleType, str]] = {
    "before reading": (recognition, "read_activity"),
    "read": (storing, "store_activity"),
    "with points": (storing, "_store_record"),
    "with everything": (importing, "_end"),
}
"""What a worker is about to do, by what it has done."""


def fit_file() -> bytes:
    return b"".join(writer.write(a_file()))


def counts() -> tuple[int, ...]:
    """How many rows there are of what files become."""
    return tuple(model.objects.count() for model in (Record, Range, Track, TrackPoint))


@dataclass
class Hold:
    """A place in the code at which a worker stops until it may go on."""

    reached: Event = field(default_factory=lambda: multiprocessing.get_context("fork").Event())
    free: Event = field(default_factory=lambda: multiprocessing.get_context("fork").Event())

    def before(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def held(*arguments: Any) -> Any:
            self.reached.set()
            assert self.free.wait(PATIENCE)
            return work(*arguments)

        return held


@contextmanager
def a_worker() -> Iterator[BaseProcess]:
    """A worker, for as long as the context lasts."""
    process = start_child(job_worker(), lambda: None)
    try:
        yield process
    finally:
        process.kill()
        process.join(PATIENCE)


@contextmanager
def a_held_worker(moment: str) -> Iterator[tuple[BaseProcess, Hold]]:
    """A worker that stops at a moment of its first import."""
    hold, (module, name) = Hold(), MOMENTS[moment]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, name, hold.before(getattr(module, name)))
        with a_worker() as process:
            assert hold.reached.wait(PATIENCE)
            yield process, hold


def progress_of(caller: Caller, uri: str) -> list[float]:
    """What somebody sees who asks until an import is done."""
    seen, deadline = list[float](), monotonic() + PATIENCE
    while not seen or seen[-1] != 1:
        found = caller.get(uri).json()
        assert (found["results"] is not None) == (found["progress"] == 1)
        seen.append(found["progress"])
        assert monotonic() < deadline
        sleep(0.01)
    return seen


@pytest.mark.rule("exchange recipe 41")
@pytest.mark.parametrize("moment", ["before reading", "with points", "with everything"])
def test_a_killed_worker_leaves_nothing_and_the_next_one_does_it_all(
    owner: Caller, moment: str
) -> None:
    uri = post_file(owner, fit_file()).json()["resource_uri"]
    with a_held_worker(moment) as (process, _):
        told = owner.get(uri).json()
        process.kill()
        process.join(PATIENCE)
    left = owner.get(uri).json()
    assert left == told
    assert (left["progress"] < 1, left["results"], counts()) == (True, None, (0, 0, 0, 0))
    with a_worker():
        seen = [left["progress"], *progress_of(owner, uri)]
    assert all(one <= other for one, other in pairwise(seen))
    assert counts() == ONE_SET
    assert len(owner.get(uri).json()["results"]) == 5


@pytest.mark.rule("exchange recipe 43")
def test_progress_is_seen_while_nothing_is_committed(owner: Caller) -> None:
    uri = post_file(owner, fit_file()).json()["resource_uri"]
    with a_held_worker("with points") as (_, hold):
        assert 0.7 <= owner.get(uri).json()["progress"] < 1
        assert counts() == (0, 0, 0, 0)
        hold.free.set()
        assert progress_of(owner, uri)[-1] == 1
    assert counts() == ONE_SET


@pytest.mark.rule("exchange recipe 41")
@pytest.mark.parametrize("moment", ["read", "with everything"])
def test_a_worker_outlives_the_end_of_its_connections(owner: Caller, moment: str) -> None:
    uri = post_file(owner, fit_file()).json()["resource_uri"]
    with a_held_worker(moment) as (process, hold):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        hold.free.set()
        assert progress_of(owner, uri)[-1] == 1
        assert process.is_alive()
    assert counts() == ONE_SET


@pytest.mark.rule("exchange recipe 42")
def test_the_same_content_at_the_same_time_is_stored_once(owner: Caller) -> None:
    """All five wait for the right to import this content, and then go on one after the other."""
    keys = [post_file(owner, fit_file()).json()["id"] for _ in range(5)]

    def content_held() -> AbstractContextManager[None]:
        return _locked(ImportFile.objects.get(pk=keys[0]))

    assert meet(*[partial(do_next, KINDS["import"])] * 5, at=content_held) == [True] * 5
    results: list[Any] = list(ImportFile.objects.values_list("results", flat=True))
    assert len(results[0]) == 5
    assert results == [results[0]] * 5
    assert counts() == ONE_SET


@contextmanager
def _locked(row: ImportFile) -> Iterator[None]:
    with transaction.atomic():
        importing.lock_content(row)
        yield


@pytest.mark.rule("exchange recipe 43", "exchange D24")
def test_told_progress_never_falls(owner: Caller) -> None:
    row = ImportFile.objects.create(user=owner.user, sha256="0" * 64)

    def seen() -> float:
        with another_connection() as other:
            found = other.execute("SELECT progress FROM catalog_importfile").fetchone()
        assert found is not None
        return float(found[0])

    with transaction.atomic(), ToldProgress(importing.TELL, row.pk) as report:
        report(0.5)
        assert seen() == 0.5
        report(0.4)
        report(0.52)  # too small a step
        assert seen() == 0.5
    with ToldProgress(importing.TELL, row.pk) as report:
        report(0.3)
        assert seen() == 0.5
        report(0.7)
        assert seen() == 0.7


@pytest.fixture
def served(home: Path) -> Iterator[Live]:
    """A store with one user, Ada."""
    live = Live(home, ("--empty",)).start()
    try:
        added = live.run("user", "add", "--email", LOGIN[0], "--password", PASSWORD)
        assert added.returncode == 0, added.stderr
        yield live
    finally:
        live.stop()


def got(live: Live, path: str) -> Any:
    return requests.get(f"{live.base}{path}", auth=LOGIN, timeout=60).json()


@pytest.mark.rule("exchange recipe 41")
def test_a_killed_server_imports_after_its_next_start(served: Live) -> None:
    """Everything is killed at once, PostgreSQL too."""
    uris = []
    for number in range(3):
        content = fit_file() + bytes(number)
        address = f"{served.base}{IMPORTS}"
        sent = requests.post(address, data=content, auth=LOGIN, timeout=60)
        assert sent.status_code == 201, sent.text
        uris.append(sent.json()["resource_uri"])
    served.stop(signal.SIGKILL)
    served.start()
    deadline, ends = monotonic() + PATIENCE, list[Any]()
    while len(ends) < len(uris):
        ends = [each for each in (got(served, uri) for uri in uris) if each["progress"] == 1]
        assert monotonic() < deadline
    assert [len(each["results"]) for each in ends] == [5, 5, 5], ends
    assert got(served, "/api/range/?limit=0")["meta"]["total_count"] == 9
