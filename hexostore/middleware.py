"""What holds for every request, whatever it asks for."""

import ipaddress
import logging
import re
from collections.abc import Callable
from time import perf_counter
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponsePermanentRedirect

GetResponse = Callable[[HttpRequest], HttpResponseBase]

POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PROBES = {"/livez", "/readyz"}

_log = logging.getLogger("hexostore.request")
_SECRETS = re.compile(
    r"passw|pwd|secret|token|signature|code|key|oauth_|assertion|verifier|credential|authorization",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"([&;])")
_TOKEN = re.compile(r"(?<=/)[\w-]{43}(?=/|$)", re.ASCII)  # as mail brings them
_FORWARDED = "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"
_FORWARDED_FOR = "HTTP_X_FORWARDED_FOR"
_BY_PROXIES = *_FORWARDED, _FORWARDED_FOR, "HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP"

WAS_FORWARDED = "hexostore.was_forwarded"
"""Whether the request says that it came by a proxy, believed or not: its sender is not the peer."""

Networks = list[ipaddress.IPv4Network | ipaddress.IPv6Network]


class PermanentRedirect(HttpResponsePermanentRedirect):
    """A permanent redirect that keeps the method and the body."""

    status_code = 308


def mark_as_mock(get_response: GetResponse) -> GetResponse:
    """Puts `X-HexoStore: mock` on every answer, so that nobody takes it for the real service."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response["X-HexoStore"] = "mock"
        return response

    return middleware


def guard_pages(get_response: GetResponse) -> GetResponse:
    """Forbids whatever a browser could do with a page that brings no policy of its own.

    Pages that load a style sheet or send a form say so themselves; what is left are short texts
    of errors, which need nothing. Answers without a body, and those in JSON, stay as they are.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if _is_page(response) and not settings.DEBUG:  # whose pages are styled in line
            response.headers.setdefault("Content-Security-Policy", POLICY)
            response.headers.setdefault("X-Frame-Options", "DENY")
        return response

    return middleware


def _is_page(response: HttpResponseBase) -> bool:
    html = response.get("Content-Type", "").startswith("text/html")
    return html and (response.streaming or bool(response.content))  # type: ignore[attr-defined]


def log_request(get_response: GetResponse) -> GetResponse:
    """Logs method, path, status and milliseconds of each request but the probes."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        began = perf_counter()
        response = get_response(request)
        if request.path not in PROBES:
            spent = (perf_counter() - began) * 1000
            path = without_secrets(request.get_full_path())
            _log.info("%s %s %s %.1f ms", request.method, path, response.status_code, spent)
        return response

    return middleware


def without_secrets(path: str) -> str:
    """`path` without mailed tokens and the values of query parameters named like a secret."""
    bare, question_mark, query = path.partition("?")
    bare = _TOKEN.sub("...", bare)
    return bare + question_mark + "".join(map(_without_secret, _SEPARATORS.split(query)))


def _without_secret(parameter: str) -> str:
    """A parameter as it is logged; its name may be escaped, which servers do not mind."""
    name, equals, _ = parameter.partition("=")
    return f"{name}=..." if equals and _SECRETS.search(unquote(name)) else parameter


def trust_proxies(get_response: GetResponse) -> GetResponse:
    """Takes scheme, host and sender from X-Forwarded-Proto, -Host and -For of a trusted proxy only.

    HEXOSTORE_TRUSTED_PROXIES lists addresses and networks; from all others the headers are
    dropped, so that nobody can choose the URL that his signature is checked against.
    """
    networks = [ipaddress.ip_network(text) for text in settings.HEXOSTORE_TRUSTED_PROXIES]

    def middleware(request: HttpRequest) -> HttpResponseBase:
        request.META[WAS_FORWARDED] = any(name in request.META for name in _BY_PROXIES)
        proto, host = (request.META.pop(name, "").rpartition(",")[2].strip() for name in _FORWARDED)
        if _is_within(request.META.get("REMOTE_ADDR", ""), networks):
            if proto in {"http", "https"}:
                request.META["wsgi.url_scheme"] = proto
            if host:
                request.META["HTTP_HOST"] = host
            request.META["REMOTE_ADDR"] = _first_stranger(request, networks)
        request.META.pop(_FORWARDED_FOR, None)
        return get_response(request)

    return middleware


def _first_stranger(request: HttpRequest, networks: Networks) -> str:
    """The address nearest to us that is no trusted proxy: those before it anybody can invent."""
    nearest = str(request.META["REMOTE_ADDR"])
    sent = request.META.get(_FORWARDED_FOR, "").split(",")
    for address in map(str.strip, reversed(sent)):
        if not address or not _is_within(nearest, networks):
            break
        nearest = address
    return nearest


def _is_within(address: str, networks: Networks) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in networks)


def redirect_http(get_response: GetResponse) -> GetResponse:
    """With HEXOSTORE_REDIRECT_HTTP, sends plain http on to https, as the real service does.

    301 for GET and HEAD, 308 for the rest so that clients repeat the method and the body;
    the probes answer in either scheme.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.is_secure() or request.path in PROBES or not settings.HEXOSTORE_REDIRECT_HTTP:
            return get_response(request)
        host = re.sub(r":\d+$", "", request.get_host())
        port = settings.HEXOSTORE_HTTPS_PORT
        target = f"https://{host}{'' if port == 443 else f':{port}'}{request.get_full_path()}"
        safe = request.method in {"GET", "HEAD"}
        return HttpResponsePermanentRedirect(target) if safe else PermanentRedirect(target)

    return middleware
