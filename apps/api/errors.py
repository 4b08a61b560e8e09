"""All errors of requests, and how they look on the wire.

The shapes are Tastypie's: foreseen errors are `{"error": text}`, others the canned
`{"error_message": …}`, and 401, 404 and 405 have a plain body that is not JSON.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence

from django.http import HttpRequest, HttpResponse

from apps.api.bounds import LONGEST_ERROR, shorten_value
from apps.api.reasons import Reason

JSON = "application/json"
PLAIN = "text/html; charset=utf-8"
CANNED = {"error_message": "Sorry, this request could not be processed. Please try again later."}
CHALLENGE = 'Basic Realm="django-tastypie"'
REASON = "X-HexoStore-Reason"
"""The header with the code of the reason for a refusal."""

_NOTED = "hexostore.reason"


def note_reason(request: HttpRequest, reason: Reason) -> None:
    """Have the answer to this request say why it is refused; the last reason counts.

    The middleware of the refusal log writes the header (apps/credentials/refusals/refusal_log.py).
    """
    request.META[_NOTED] = reason


def noted_reason(request: HttpRequest) -> Reason | None:
    """Return why this request is refused, or None if no reason was noted."""
    noted: Reason | None = request.META.get(_NOTED)
    return noted


class ApiError(Exception):
    """A refusal: `status`, a JSON object or a plain text as `body`, and additional headers.

    `reason` tells the developer why, unless another reason was noted for the request before.
    `challenge` names the credentials that are needed (RFC 7235, section 4.1). `returned` marks the
    responses that Tastypie's view returns instead of raising; they carry `Vary: Accept` (Tastypie
    rules T32, T33).
    """

    status = 400
    returned = False

    def __init__(
        self,
        body: object = "",
        headers: Mapping[str, str] | None = None,
        *,
        reason: Reason | None = None,
        challenge: str | None = None,
    ) -> None:
        super().__init__(body)
        self.body = body
        self.headers = dict(headers or {})
        self.reason = reason
        if challenge:
            self.headers["WWW-Authenticate"] = challenge

    def response(self, request: HttpRequest) -> HttpResponse:
        """Return the answer, and note the reason for the middleware of the refusal log.

        A plain body is labelled text/html so that no client parses it.
        """
        if self.reason is not None and noted_reason(request) is None:
            note_reason(request, self.reason)
        if isinstance(self.body, str):
            answer = HttpResponse(self.body, status=self.status, content_type=PLAIN)
        else:
            text = json.dumps(self.body, ensure_ascii=False, sort_keys=True)
            answer = HttpResponse(text, status=self.status, content_type=JSON)
        for name, value in self.headers.items():
            answer[name] = value
        return answer


class BadRequest(ApiError):
    """400 `{"error": text}`. The text is HTML-escaped except for quotes (Tastypie rules T196,
    T200)."""

    def __init__(self, text: str) -> None:
        shown = shorten_value(text, LONGEST_ERROR)
        super().__init__({"error": html.escape(shown, quote=False)})


class InvalidFields(ApiError):
    """400 `{"<resource>": {"<field>": [text, …]}}` (Tastypie rule T140)."""

    def __init__(self, resource: str, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__({resource: _shortened(errors)})


def _shortened(errors: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {field: _shortened_texts(texts) for field, texts in errors.items()}


def _shortened_texts(texts: Sequence[str]) -> list[str]:
    return [shorten_value(text, LONGEST_ERROR) for text in texts]


class InvalidItems(ApiError):
    """400 `{"<resource>": [{}, {"<field>": [text, …]}, …]}` for an array of objects: what is wrong
    with each, by its position."""

    def __init__(self, resource: str, errors: Sequence[Mapping[str, Sequence[str]]]) -> None:
        items = [_shortened(each) for each in errors]
        super().__init__({resource: items})


class Unauthorized(ApiError):
    """401. An empty body means a wrong login; an object says what was wrong with a key."""

    status = 401

    def __init__(
        self,
        body: object = "",
        *,
        reason: Reason = Reason.NO_CREDENTIALS,
        challenge: str | None = CHALLENGE,
    ) -> None:
        super().__init__(body, reason=reason, challenge=challenge)


class Forbidden(ApiError):
    """403 for a visible row that the caller may not change (API reference, Error Codes)."""

    status = 403

    def __init__(
        self, text: str, *, reason: Reason = Reason.NOT_PERMITTED, challenge: str | None = None
    ) -> None:
        body = {"error": html.escape(shorten_value(text, LONGEST_ERROR), quote=False)}
        super().__init__(body, reason=reason, challenge=challenge)


class NotFound(ApiError):
    """404 for a well-formed key without a row the caller may see (Tastypie rule T4)."""

    status = 404
    returned = True


class CannedNotFound(ApiError):
    """404 for a key or URI that cannot be a key of the resource (Tastypie rule T5)."""

    status = 404

    def __init__(self) -> None:
        super().__init__(CANNED)


class MethodAnswer(ApiError):
    """The response to OPTIONS (200) and 405: header Allow and body list the methods (rules T183,
    T184)."""

    def __init__(self, methods: Sequence[str], status: int = 405) -> None:
        allowed = ",".join(method.upper() for method in methods)
        super().__init__(allowed, {"Allow": allowed})
        self.status = status


class NotAllowedHere(ApiError):
    """405 without an Allow header: a list PATCH whose detail lacks PUT or DELETE (T178)."""

    status = 405


class SeveralRows(ApiError):
    """300 where two rows share one key (Tastypie rule T195)."""

    status = 300
    returned = True

    def __init__(self) -> None:
        super().__init__("More than one resource is found at this URI.")


class LengthRequired(ApiError):
    """411 for a chunked body, which the WSGI interface cannot hand over."""

    status = 411

    def __init__(self) -> None:
        super().__init__({"error": "Send the body with a Content-Length, not in chunks."})


class TooLarge(ApiError):
    """413 for a body above the limit."""

    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__({"error": f"The body is larger than the limit of {limit} bytes."})


class UnsupportedType(ApiError):
    """415 for a body that is not labelled as JSON (Tastypie rule T30)."""

    status = 415

    def __init__(self) -> None:
        super().__init__(CANNED)


class Misdirected(ApiError):
    """421 for a host that is not this server's (RFC 9110, section 15.5.20)."""

    status = 421

    def __init__(self) -> None:
        text = (
            "This server does not accept that host name. To allow it, start the server with "
            "HEXOSTORE_HOSTS=NAME; separate several names by commas."
        )
        super().__init__({"error": text}, reason=Reason.HOST_UNKNOWN)


class MalformedHost(ApiError):
    """400 for a malformed Host header."""

    def __init__(self) -> None:
        super().__init__({"error": "The Host header is malformed."}, reason=Reason.HOST_MALFORMED)


class TooManyRequests(ApiError):
    """429 with an empty plain body. `after` is the number of seconds until the next try (Tastypie
    rule T194)."""

    status = 429

    def __init__(self, after: int, *, reason: Reason) -> None:
        super().__init__(headers={"Retry-After": str(after)}, reason=reason)


class NotYet(ApiError):
    """501 for a feature of the real service that this server does not have yet."""

    status = 501

    def __init__(self, what: str) -> None:
        super().__init__({"error": f"{what} is not implemented by this server yet."})


class Unavailable(ApiError):
    """503 for a temporary outage. `after` is the number of seconds until the next try."""

    status = 503

    def __init__(self, after: int, *, reason: Reason | None = None) -> None:
        super().__init__(CANNED, {"Retry-After": str(after)}, reason=reason)


class ServerError(ApiError):
    """500 for an unexpected error (Tastypie rule T197). The log has the traceback."""

    status = 500

    def __init__(self) -> None:
        super().__init__(CANNED)
