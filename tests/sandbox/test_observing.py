"""What Prometheus is shown of a store, without a server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, connection
from prometheus_client import CollectorRegistry, generate_latest
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from apps.api import registry
from apps.api.reasons import Reason
from apps.jobs.models import Job
from apps.sandbox import observed
from apps.sandbox.observed import ProcessCollector, StoreCollector, family_of
from apps.sandbox.observing import metrics_application, observed_names
from hexostore import clock
from tests.hexostore.counted import Samples, parse_samples, value


def ask(application: Any, **changes: str) -> tuple[str, dict[str, str], str]:
    """Status, headers and text of the answer."""
    told: list[Any] = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/metrics", **changes}
    pieces = application(environ, lambda *given: told.extend(given))
    return told[0], dict(told[1]), b"".join(pieces).decode()


def collect(collector: Any) -> Samples:
    shown = CollectorRegistry(auto_describe=False)
    shown.register(collector)
    return parse_samples(generate_latest(shown).decode())


@pytest.fixture
def application(tmp_path: Path, db: None) -> Any:
    return metrics_application(tmp_path, os.getpid())


def test_the_names_of_labels_are_those_that_there_are() -> None:
    names = observed_names()
    assert {"record", "data", "account"} <= names.resources
    assert names.resources == registry.all_names()
    assert names.reason(Reason.NO_CREDENTIALS) == "no_credentials"
    assert names.reason("made-up") == "other"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 200),
        ({"REQUEST_METHOD": "HEAD"}, 200),
        ({"HTTP_HOST": "127.0.0.1:9300"}, 200),
        ({"HTTP_HOST": "[::1]:9300"}, 200),
        ({"HTTP_HOST": "hexostore:9300"}, 200),
        ({"HTTP_HOST": "ours.example"}, 200),
        ({"HTTP_HOST": "evil.example"}, 421),
        ({"HTTP_HOST": "evil.example", "PATH_INFO": "/"}, 421),
        ({"HTTP_HOST": ""}, 421),
        ({"HTTP_HOST": "a b"}, 421),
        ({"REQUEST_METHOD": "POST"}, 405),
        ({"PATH_INFO": "/"}, 404),
        ({"PATH_INFO": "/api/"}, 404),
    ],
    ids=str,
)
@pytest.mark.parametrize("profile", ["sandbox", "public"])
def test_only_its_own_hosts_get_an_answer(
    application: Any, settings: Settings, profile: str, changes: dict[str, str], status: int
) -> None:
    settings.HEXOSTORE_PROFILE = profile
    settings.HEXOSTORE_HOSTS = ["ours.example"]
    found, fields, text = ask(application, HTTP_ORIGIN="http://evil.example", **changes)
    assert found.startswith(str(status))
    assert ("hexostore_database_up 1.0\n" in text) is (status == 200)
    assert fields.get("Allow") == ("GET, HEAD" if status == 405 else None)
    assert not [name for name in fields if name.startswith("Access-Control")]


PARTS = ("rows", "toast", "indexes")


def add_job(kind: str, state: Job.State, *, regular: bool = False) -> None:
    Job.objects.create(kind=kind, state=state, regular=regular, due=clock.now())


@pytest.mark.django_db
def test_jobs_are_counted_by_kind_and_state(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for kind, state in (("mail", "waiting"), ("mail", "dead"), ("import", "done")):
        add_job(kind, Job.State(state))
    add_job("mail", Job.State.WAITING)
    add_job("sweep", Job.State.WAITING, regular=True)
    with django_assert_num_queries(3):
        found = collect(StoreCollector())
    jobs = {labels: number for (name, labels), number in found.items() if name == "hexostore_jobs"}
    assert jobs == {
        frozenset({"mail", "waiting"}): 2,
        frozenset({"mail", "failed"}): 1,
        frozenset({"import", "done"}): 1,
    }
    assert value(found, "hexostore_database_connections", "active") >= 1


@pytest.mark.django_db
def test_tables_are_told_as_the_last_analyze_saw_them() -> None:
    add_job("mail", Job.State.WAITING)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_job")  # which counts pages too
        cursor.execute("SELECT pg_relation_size('jobs_job'), pg_indexes_size('jobs_job')")
        rows, indexes = cursor.fetchone()
    found = collect(StoreCollector())
    sizes = [value(found, "hexostore_table_bytes", "jobs_job", part) for part in PARTS]
    assert sizes == [rows, 0, indexes]
    assert ("hexostore_table_dead_rows", frozenset({"jobs_job"})) in found


@pytest.mark.django_db
def test_a_database_that_is_down_is_told_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("planned")

    monkeypatch.setattr("apps.sandbox.observed.connection", SimpleNamespace(cursor=fail))
    assert collect(StoreCollector()) == {("hexostore_database_up", frozenset()): 0}


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A child that runs the same program as this process, until it is told to end."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is of Linux")
def test_processes_of_the_same_program_are_counted(child: subprocess.Popen[bytes]) -> None:
    other = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE)
    family = family_of(os.getpid())
    other.communicate()
    assert child.pid in family
    assert other.pid not in family
    found = collect(ProcessCollector(os.getpid()))
    assert value(found, "process_resident_memory_bytes") > 2**20
    assert value(found, "process_open_fds") > 3
    assert value(found, "hexostore_processes") >= 2


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is of Linux")
def test_the_time_of_dead_processes_is_kept() -> None:
    before = observed._seconds_of(os.getpid(), dead=True)
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    subprocess.run([sys.executable, "-c", busy], check=True)
    assert observed._seconds_of(os.getpid(), dead=True) >= before + 0.2


def test_a_process_that_is_gone_counts_nothing() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert family_of(process.pid) == []
    found = collect(ProcessCollector(process.pid))
    assert {name for name, _ in found} == {"hexostore_build_info"}
