"""Traces of requests and their statements for a collector of OpenTelemetry, by the extra `otel`.

Nothing is imported, and nothing is sent, unless the standard OTEL_* variables ask for it
(trace_variables.py). A span
has no value of a statement, no query string, and of a path no secret.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from hexostore.contexts import set_during
from hexostore.middleware import GetResponse, without_secrets
from hexostore.request_ids import REQUEST_ID, sender_check

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

LONGEST = 4000
"""The most characters of a statement or a path in a span."""

FLUSHED = 2000  # milliseconds within which a process that ends sends what it still has

_SENT = {"HTTP_TRACEPARENT": "traceparent", "HTTP_TRACESTATE": "tracestate"}

_current: ContextVar[Span | None] = ContextVar("span of the request", default=None)


def trace_requests(get_response: GetResponse) -> GetResponse:
    """Have each request be a span, from here to the end of its answer.

    It continues the trace of its header `traceparent` if its sender may choose the id of the
    request. Settings have this middleware only if traces are asked for.
    """
    may_choose = sender_check()

    def middleware(request: HttpRequest) -> HttpResponseBase:
        before = _sent_context(request) if may_choose(request) else None
        span = _begin_span(request, before)
        with set_during(_current, span):
            response = get_response(request)
        _note_answer(span, response)
        if response.streaming:  # pieces of it are made later, with statements of their own
            _current.set(span)
            response._resource_closers.append(span.end)  # type: ignore[attr-defined]
        else:
            span.end()
        return response

    return middleware


def _sent_context(request: HttpRequest) -> Context:
    """Return the trace that a request belongs to; an empty one if its header is malformed."""
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    headers = {name: request.META[key] for key, name in _SENT.items() if key in request.META}
    return TraceContextTextMapPropagator().extract(headers, context=Context())


def _begin_span(request: HttpRequest, before: Context | None) -> Span:
    from opentelemetry.context import Context
    from opentelemetry.trace import SpanKind

    attributes = {
        "http.request.method": str(request.method),
        "url.scheme": str(request.META.get("wsgi.url_scheme", "http")),
        "url.path": without_secrets(request.path)[:LONGEST],
        "hexostore.request_id": request.META.get(REQUEST_ID, ""),
    }
    return _tracer().start_span(
        str(request.method),
        context=before or Context(),
        kind=SpanKind.SERVER,
        attributes=attributes,
    )


def _note_answer(span: Span, response: HttpResponseBase) -> None:
    from opentelemetry.trace import StatusCode

    span.set_attribute("http.response.status_code", response.status_code)
    reason = response.get("X-HexoStore-Reason")
    if reason:
        span.set_attribute("hexostore.reason", reason)
    if response.status_code >= 500:
        span.set_status(StatusCode.ERROR)


@contextmanager
def traced(statement: object) -> Iterator[None]:
    """Have a statement, which runs in the block, be a span of its request. Outside of requests, it
    is none."""
    request = _current.get()
    if request is None or not request.is_recording():
        yield
        return
    span = _begin_statement(request, " ".join(str(statement).split()))
    try:
        yield
    except BaseException as error:
        _note_failure(span, error)
        raise
    finally:
        span.end()


def _begin_statement(request: Span, text: str) -> Span:
    from opentelemetry.trace import SpanKind, set_span_in_context

    operation = text.partition(" ")[0].upper()[:20]
    attributes = {
        "db.system.name": "postgresql",
        "db.operation.name": operation,
        "db.query.text": text[:LONGEST],
    }
    return _tracer().start_span(
        operation, set_span_in_context(request), SpanKind.CLIENT, attributes
    )


def _note_failure(span: Span, error: BaseException) -> None:
    """Note the kind of an error only, because texts may quote rows."""
    from opentelemetry.trace import StatusCode

    span.set_attribute("error.type", type(error).__name__)
    span.set_status(StatusCode.ERROR)


def _tracer() -> Tracer:
    return _provider().get_tracer("hexostore")


@cache
def _provider() -> TracerProvider:
    """Return what makes spans and sends them, made at the first request of a process: the thread
    that sends would not survive a fork."""
    return _make_provider()


def find_fault() -> str:
    """Return why nothing can be sent with the OTEL_* variables, "" if it can. A request that finds
    that out would fail."""
    if not settings.HEXOSTORE_TRACING:
        return ""
    try:
        _make_provider().shutdown()
    except (ValueError, OSError) as error:
        return str(error)
    return ""


def _make_provider() -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    found = Resource.create({SERVICE_VERSION: version("hexostore")})
    if str(found.attributes.get(SERVICE_NAME, "")).startswith("unknown_service"):
        found = found.merge(Resource({SERVICE_NAME: "hexostore"}))
    provider = TracerProvider(resource=found, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def send_rest() -> None:
    """Send what this process still has of its traces, before it ends. It waits for FLUSHED ms at
    most."""
    if settings.HEXOSTORE_TRACING and _provider.cache_info().currsize:
        _provider().force_flush(FLUSHED)
