"""What all views of the control plane share: JSON in and out, errors, and who may change
something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from types import UnionType
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from apps.api.methods import SAFE
from apps.control.sandboxes import SandboxError
from apps.control.worlds import NotPermitted, WorldError
from apps.sandbox.json_texts import read_json
from apps.sandbox.seed_rows import SeedError
from apps.sandbox.store_worlds import NoSandboxes

HEADER = "X-HexoStore-Control"
"""The header that every change needs. No web page can send it to another site without being asked
for permission first, which this server never gives."""

Method = Callable[..., object]
Members = dict[str, Any]
"""The members of the JSON object in a body; null counts as not sent."""


class PlaneError(Exception):
    """A request to the control plane that cannot be fulfilled."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


_STATUSES: dict[type[Exception], int] = {SeedError: 400, NotPermitted: 501, NoSandboxes: 501}


def control_view(**methods: Method) -> Callable[..., HttpResponseBase]:
    """Return a view with a function for each method: `get=…, post=…`.

    A function returns the object of its response, or a response.
    """
    allowed = [name.upper() for name in methods]
    if "get" in methods:
        allowed.append("HEAD")

    @csrf_exempt
    def view(request: HttpRequest, **parts: str) -> HttpResponseBase:
        if request.method not in allowed:
            return HttpResponseNotAllowed(allowed)
        name = "get" if request.method == "HEAD" else str(request.method).lower()
        try:
            _require_permission(request)
            found = methods[name](request, **parts)
        except (PlaneError, SandboxError) as error:
            return error_reply(str(error), error.status)
        except (SeedError, WorldError, NoSandboxes) as error:
            return error_reply(str(error), _STATUSES.get(type(error), 503))
        return found if isinstance(found, HttpResponseBase) else json_reply(found)

    view.methods = methods  # type: ignore[attr-defined]  # for openapi.py
    return view


def takes(**known: type | UnionType) -> Callable[[Method], Method]:
    """Return a decorator for functions that take the members of the JSON object in a body.

    `known` has the type of each allowed member. The decorated function takes only the request.
    """

    def decorate(method: Method) -> Method:
        @wraps(method)
        def read_and_call(request: HttpRequest, **parts: str) -> object:
            return method(request, read_members(request, known), **parts)

        read_and_call.members = known  # type: ignore[attr-defined]  # for openapi.py
        return read_and_call

    return decorate


def _require_permission(request: HttpRequest) -> None:
    if request.method not in SAFE and HEADER not in request.headers:
        raise PlaneError(f"A change needs the header {HEADER}, with any value.", 403)


def json_reply(body: object, status: int = 200) -> HttpResponse:
    """Return a response that nobody stores."""
    return HttpResponse(
        orjson.dumps(body),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def error_reply(text: str, status: int) -> HttpResponse:
    """Return `{"error": text}`."""
    return json_reply({"error": text}, status)


def read_members(request: HttpRequest, known: Mapping[str, type | UnionType]) -> dict[str, Any]:
    """Return the members of the JSON object in a body; an empty body has none.

    `known` has the type of each allowed member. Raise PlaneError for anything else.
    """
    try:
        sent = read_json(request.body or b"{}")
    except RequestDataTooBig as error:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raise PlaneError(f"The body is larger than the limit of {limit} bytes.", 413) from error
    except (ValueError, RecursionError) as error:
        raise PlaneError(f"The body is not JSON: {error}") from error
    if not isinstance(sent, dict):
        raise PlaneError("The body must be a JSON object.")
    for name, value in sent.items():
        _require_known(name, value, known)
    return {name: value for name, value in sent.items() if value is not None}


def require_arguments(request: HttpRequest, *known: str) -> None:
    """Raise PlaneError if a query has other arguments than those, or an empty one. What deletes
    would otherwise delete more than was meant."""
    for name, value in request.GET.items():
        if name not in known:
            what = f"known: {', '.join(known)}" if known else "there are none"
            raise PlaneError(f"Unknown argument {name[:60]!r}; {what}")
        if not value:
            raise PlaneError(f"{name} must not be empty.")


def _require_known(name: str, value: object, known: Mapping[str, type | UnionType]) -> None:
    if name not in known:
        raise PlaneError(f"Unknown member {name[:60]!r}; known: {', '.join(known)}")
    wanted = known[name]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = is_number if wanted is float else isinstance(value, wanted)
    if value is not None and (not fits or (isinstance(value, bool) and wanted is not bool)):
        kinds = wanted.__args__ if isinstance(wanted, UnionType) else (wanted,)
        raise PlaneError(f"{name} must be {' or '.join(_TYPES[kind] for kind in kinds)}.")


_TYPES = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "an object",
    list: "an array",
    object: "a text or a number",
}
