"""Traces for a collector of OpenTelemetry: when there are any, and what they have."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextvars import Context, copy_context
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from hexostore import trace_variables, tracing
from hexostore.database import raw
from hexostore.request_ids import give_ids
from tests.hexostore.collector import Collector, Told, collecting
from tests.live import ROOT, Live

CLIENT, SERVER, FAILED = 3, 2, 2
SECRET = "s3cr3t"
TRACE, BEFORE = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{BEFORE}-01"
PROXY, STRANGER = "10.0.0.1", "203.0.113.9"

# When there are any


@pytest.mark.parametrize(
    ("variables", "asked_for"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "mine", "OTEL_TRACES_SAMPLER": "always_on"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://collector:4318/v1/metrics"}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, False),
        ({"OTEL_SDK_DISABLED": "TRUE", "OTEL_TRACES_EXPORTER": "zipkin"}, False),
    ],
)
def test_only_variables_ask_for_traces(variables: dict[str, str], asked_for: bool) -> None:
    assert trace_variables.are_asked_for(variables) is asked_for


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
    ],
)
def test_what_cannot_be_done_is_refused(name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"{name} is '{value}'; it must be "):
        trace_variables.are_asked_for({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", name: value})


def run_python(text: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program with these variables, and the settings of a home of its own."""
    inherited = {name: value for name, value in os.environ.items() if "OTEL" not in name}
    known = {"HEXOSTORE_HOME": str(folder), "DJANGO_SETTINGS_MODULE": "hexostore.settings"}
    return subprocess.run(
        [sys.executable, "-c", text],
        cwd=ROOT, env={**inherited, **known, **variables}, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip


LOADED = "print([each for each in sys.modules if each.startswith('opentelemetry')])"


def test_nothing_is_loaded_unless_they_ask(tmp_path: Path) -> None:
    done = run_python(f"import sys, hexostore.wsgi; {LOADED}", tmp_path)
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr


def test_without_the_extra_it_says_what_is_missing(tmp_path: Path) -> None:
    hidden = "import sys; sys.modules['opentelemetry'] = None; from hexostore.cli import main"
    done = run_python(
        f"{hidden}; sys.argv = ['hexostore', 'status']; main()",
        tmp_path,
        OTEL_TRACES_EXPORTER="otlp",
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1
    assert "hexostore[otel]" in done.stderr
    assert "OTEL_SDK_DISABLED=true" in done.stderr


# What they have


@pytest.fixture
def collector(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector to which this process sends its traces."""
    settings.HEXOSTORE_TRACING = True
    with collecting() as found:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", found.url)
        tracing._provider.cache_clear()
        yield found
        tracing._provider().shutdown()
        tracing._provider.cache_clear()


def asked(
    rf: RequestFactory, view: Callable[[HttpRequest], HttpResponseBase], path: str, **extra: Any
) -> HttpResponseBase:
    """The answer of a view whose requests are traced."""
    middleware = give_ids(tracing.trace_requests(view))
    return Context().run(middleware, rf.get(path, **extra))


def only(spans: list[Told]) -> Told:
    """The span that arrived at a collector."""
    tracing.send_rest()
    (found,) = spans
    return found


def empty(_: HttpRequest) -> HttpResponse:
    return HttpResponse()


def test_a_request_is_a_span(rf: RequestFactory, collector: Collector) -> None:
    asked(rf, empty, f"/api/record/?access_token={SECRET}&limit=3", HTTP_X_REQUEST_ID="mine-1")
    found = only(collector.spans)
    assert (found.name, found.kind, found.parent, found.status) == ("GET", SERVER, "", 0)
    assert found.attributes == {
        "http.request.method": "GET",
        "url.scheme": "http",
        "url.path": "/api/record/",
        "hexostore.request_id": "mine-1",
        "http.response.status_code": 200,
    }
    assert found.sender["service.name"] == "hexostore"
    assert SECRET not in str(collector)


def test_mailed_tokens_are_not_told(rf: RequestFactory, collector: Collector) -> None:
    token = "t" * 43
    asked(rf, empty, f"/api/passwordreset/{token}/")
    assert only(collector.spans).attributes["url.path"] == "/api/passwordreset/.../"


def test_standard_variables_are_followed(
    rf: RequestFactory, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "ours")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-team=seven")
    asked(rf, empty, "/api/")
    assert only(collector.spans).sender["service.name"] == "ours"
    assert {name.lower(): value for name, value in collector.headers[0].items()}[
        "x-team"
    ] == "seven"


@pytest.mark.parametrize(("size", "fault"), [("-1", "max_queue_size"), ("2048", "")])
def test_a_fault_of_the_variables_is_found_before_a_request(
    collector: Collector, monkeypatch: pytest.MonkeyPatch, size: str, fault: str
) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", size)
    found = tracing.find_fault()
    assert found.partition(" ")[0] == fault
    monkeypatch.delenv("OTEL_BSP_MAX_QUEUE_SIZE")  # for what ends the collector


def test_the_sampler_decides(
    rf: RequestFactory, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    asked(rf, empty, "/api/")
    tracing.send_rest()
    assert collector.spans == []


@pytest.mark.parametrize(("status", "code"), [(404, 0), (500, FAILED), (503, FAILED)])
def test_faults_of_the_server_are_errors(
    rf: RequestFactory, collector: Collector, status: int, code: int
) -> None:
    headers = {"X-HexoStore-Reason": "unknown_object"}
    asked(rf, lambda _: HttpResponse(status=status, headers=headers), "/api/record/7/")
    found = only(collector.spans)
    assert found.status == code
    assert found.attributes["hexostore.reason"] == "unknown_object"


@pytest.mark.parametrize(
    ("profile", "sender", "is_continued"),
    [("public", PROXY, True), ("public", STRANGER, False), ("sandbox", STRANGER, True)],
)
def test_who_may_choose_the_id_may_choose_the_trace(
    rf: RequestFactory,
    settings: Settings,
    collector: Collector,
    profile: str,
    sender: str,
    is_continued: bool,
) -> None:
    settings.HEXOSTORE_PROFILE, settings.HEXOSTORE_TRUSTED_PROXIES = profile, ["10.0.0.0/8"]
    asked(rf, empty, "/api/", REMOTE_ADDR=sender, HTTP_TRACEPARENT=PARENT)
    found = only(collector.spans)
    assert (found.parent == BEFORE) is (found.trace == TRACE) is is_continued


@pytest.mark.parametrize("sent", ["", "00-0-0-01", "x" * 5000, PARENT.replace("0", "Z")])
def test_a_malformed_header_begins_a_trace(
    rf: RequestFactory, collector: Collector, sent: str
) -> None:
    asked(rf, empty, "/api/", HTTP_TRACEPARENT=sent)
    assert only(collector.spans).parent == ""


# Statements


def by_cursor() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT\n %s", [SECRET])


def by_prepared_cursor() -> None:
    with connection.prepared_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("SELECT\n %s", [SECRET])


def by_raw_cursor() -> None:
    raw.raw_cursor().execute("SELECT\n %s", [SECRET])


@pytest.mark.django_db
@pytest.mark.parametrize("run", [by_cursor, by_prepared_cursor, by_raw_cursor])
def test_a_statement_is_a_span_of_its_request(
    rf: RequestFactory, collector: Collector, run: Callable[[], None]
) -> None:
    def view(_: HttpRequest) -> HttpResponse:
        run()
        return HttpResponse()

    asked(rf, view, "/api/")
    run()  # which belongs to no request
    tracing.send_rest()
    statement, request = collector.spans
    assert (statement.parent, statement.trace) == (request.id, request.trace)
    assert (statement.name, statement.kind) == ("SELECT", CLIENT)
    assert statement.attributes == {
        "db.system.name": "postgresql",
        "db.operation.name": "SELECT",
        "db.query.text": "SELECT %s",
    }
    assert SECRET not in str(collector)


@pytest.mark.django_db
def test_a_failed_statement_tells_its_kind_only(rf: RequestFactory, collector: Collector) -> None:
    def view(_: HttpRequest) -> HttpResponse:
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT %s::int", [SECRET])
        return HttpResponse()

    asked(rf, view, "/api/")
    tracing.send_rest()
    statement, _ = collector.spans
    assert statement.status == FAILED
    assert statement.attributes["error.type"] == "DataError"
    assert SECRET not in str(collector)


@pytest.mark.django_db
def test_an_answer_in_pieces_ends_with_its_last(rf: RequestFactory, collector: Collector) -> None:
    def pieces() -> Iterator[bytes]:
        by_cursor()
        yield b"one"

    def stream(_: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(pieces())

    context = copy_context()
    response = context.run(give_ids(tracing.trace_requests(stream)), rf.get("/api/data/"))
    assert isinstance(response, StreamingHttpResponse)
    tracing.send_rest()
    assert collector.spans == []
    assert context.run(lambda: b"".join(response)) == b"one"
    context.run(response.close)
    tracing.send_rest()
    statement, request = collector.spans
    assert statement.parent == request.id


# A whole server


def test_a_server_sends_what_it_has_before_it_ends(begun_home: Path) -> None:
    with collecting() as found:
        variables = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": found.url,
            "OTEL_BSP_SCHEDULE_DELAY": "3600000",
        }
        server = Live(begun_home, ("--empty",), variables).start()
        try:
            headers = {"X-Request-Id": "check-7", "traceparent": PARENT}
            requests.get(f"{server.base}/api/unit/", headers=headers, timeout=30)
        finally:
            assert server.stop() == 0, server.log()
    request = next(
        each for each in found.spans if each.attributes.get("hexostore.request_id") == "check-7"
    )
    assert (request.trace, request.parent) == (TRACE, BEFORE)
    assert request.attributes["http.response.status_code"] == 401
    statements = [each for each in found.spans if each.parent == request.id]
    assert "INSERT" in [each.name for each in statements]  # the row of the refusal
    assert {each.trace for each in statements} == {TRACE}


def test_a_collector_that_is_away_ends_no_answer(begun_home: Path) -> None:
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    server = Live(begun_home, ("--empty",), variables).start()
    try:
        assert requests.get(f"{server.base}/api/unit/", timeout=30).status_code == 401
    finally:
        assert server.stop() == 0, server.log()


def test_the_program_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    live = Live(tmp_path, environment={"OTEL_TRACES_EXPORTER": "zipkin"})
    done = live.run("status")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "OTEL_TRACES_EXPORTER is 'zipkin'" in done.stderr
