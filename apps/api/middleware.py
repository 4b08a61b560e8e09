"""What is decided before a URL is looked up."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.api import own_writes
from apps.api.errors import LengthRequired

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def refuse_chunks(get_response: GetResponse) -> GetResponse:
    """Return 411 for a chunked body without a length. WSGI would pass it on as empty."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            return LengthRequired().response(request)
        return get_response(request)

    return middleware


def note_writes(get_response: GetResponse) -> GetResponse:
    """With replicas, note who has written something before they are answered, so that their reads
    use a replica that has it."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        sent = request.method
        response = get_response(request)
        own_writes.note_request(request, sent, response.status_code)
        return response

    return middleware


def single_slash(get_response: GetResponse) -> GetResponse:
    """Treat `//api/…` as `/api/…`, because one published client polls like that (wire trap 13)."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith("//"):
            # META keeps the path as sent, since signatures cover it.
            request.path_info = request.path = "/" + request.path_info.lstrip("/")
        return get_response(request)

    return middleware
