"""A body that nobody reads is taken in, so that its sender gets to see the answer."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from apps.api import middleware

SIZE = 300_000


def posted() -> tuple[HttpRequest, BytesIO]:
    """A request and the stream that its body comes from."""
    request = RequestFactory().post("/api/range/", b" " * SIZE, content_type="application/json")
    stream = BytesIO(b" " * SIZE)
    request._stream = stream
    return request, stream


def unread(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=401)


def test_an_unread_body_is_taken_in() -> None:
    request, stream = posted()
    assert middleware.drain(unread)(request).status_code == 401
    assert stream.read() == b""


def test_a_body_that_was_read_is_left_alone() -> None:
    request, _ = posted()
    assert len(request.body) == SIZE
    assert middleware.drain(unread)(request).status_code == 401
    assert len(request.body) == SIZE


def test_there_is_an_end_to_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "DRAINED", 100_000)
    request, stream = posted()
    middleware.drain(unread)(request)
    assert len(stream.read()) > 0
