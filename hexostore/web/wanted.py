"""Whether anybody will read a body that has not arrived yet."""

from django.urls import Resolver404, resolve

from hexostore.middleware import PROBES
from hexostore.web.request import WebRequest

_READING = {"GET", "HEAD", "OPTIONS", "TRACE"}
_FORM = b"application/x-www-form-urlencoded"  # which OAuth 1 signs, whatever the method


def wants_body(request: WebRequest) -> bool:
    """Return False if the head decides the response. Then nobody needs to wait for the body."""
    if request.body.unwanted or request.path in PROBES:
        return False
    overridden = request.header(b"x-http-method-override")
    is_form = request.header(b"content-type").lower().startswith(_FORM)
    if request.method in _READING and not overridden and not is_form:
        return False
    return _is_known(request.path)


def _is_known(path: str) -> bool:
    """Return whether the address exists, with or without its final slash."""
    path = "/" + path.lstrip("/").encode("latin-1").decode(errors="replace")
    return any(map(_has_route, (path, f"{path}/")))


def _has_route(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True
