"""Middleware that applies to every request."""

import ipaddress
import re
from collections.abc import Callable
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponsePermanentRedirect

GetResponse = Callable[[HttpRequest], HttpResponseBase]

POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PROBES = {"/livez", "/readyz"}

SECRET_WORDS = (
    "passw",
    "pwd",
    "secret",
    "token",
    "signature",
    "code",
    "key",
    "oauth_",
    "assertion",
    "verifier",
    "credential",
    "authorization",
)
"""What is in the name of a parameter, header or member whose value is a secret."""

_SECRETS = re.compile("|".join(SECRET_WORDS), re.IGNORECASE)
_SEPARATORS = re.compile(r"([&;])")
_TOKEN = re.compile(r"(?<=/)[\w-]{43}(?=/|$)", re.ASCII)  # as mail brings them
_FORWARDED = "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"
_FORWARDED_FOR = "HTTP_X_FORWARDED_FOR"
_BY_PROXIES = *_FORWARDED, _FORWARDED_FOR, "HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP"

WAS_FORWARDED = "hexostore.was_forwarded"
"""Whether the request says that it came through a proxy, trusted or not. Then its sender is not the
peer."""

Networks = list[ipaddress.IPv4Network | ipaddress.IPv6Network]


class PermanentRedirect(HttpResponsePermanentRedirect):
    """A permanent redirect that keeps the method and the body."""

    status_code = 308


def mark_as_mock(get_response: GetResponse) -> GetResponse:
    """Put `X-HexoStore: mock` on every response, so that nobody mistakes it for the real
    service."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response["X-HexoStore"] = "mock"
        return response

    return middleware


def guard_pages(get_response: GetResponse) -> GetResponse:
    """Forbid whatever a browser could do with a page without a policy of its own.

    Pages that load a style sheet or send a form have their own policy. The others are short error
    texts, which need nothing. Responses without a body, and JSON, stay unchanged.
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


def is_secret_name(name: str) -> bool:
    """Return whether the name of a parameter, header or member suggests that its value is a
    secret."""
    return _SECRETS.search(name) is not None


def without_secrets(path: str) -> str:
    """Return `path` without mailed tokens and without values of query parameters whose name
    suggests a secret."""
    bare, question_mark, query = path.partition("?")
    bare = _TOKEN.sub("...", bare)
    return bare + question_mark + "".join(map(_without_secret, _SEPARATORS.split(query)))


def _without_secret(parameter: str) -> str:
    """Return a parameter as it is logged. Its name may be escaped, since servers accept that."""
    name, equals, _ = parameter.partition("=")
    return f"{name}=..." if equals and is_secret_name(unquote(name)) else parameter


def trust_proxies(get_response: GetResponse) -> GetResponse:
    """Use scheme, host and sender from X-Forwarded-Proto, -Host and -For of trusted proxies only.

    HEXOSTORE_TRUSTED_PROXIES lists addresses and networks. From all others the headers are dropped,
    so that nobody can choose the URL that their signature is checked against.
    """
    networks = trusted_networks()

    def middleware(request: HttpRequest) -> HttpResponseBase:
        request.META[WAS_FORWARDED] = any(name in request.META for name in _BY_PROXIES)
        proto, host = (request.META.pop(name, "").rpartition(",")[2].strip() for name in _FORWARDED)
        if is_within(request.META.get("REMOTE_ADDR", ""), networks):
            if proto in {"http", "https"}:
                request.META["wsgi.url_scheme"] = proto
            if host:
                request.META["HTTP_HOST"] = host
            request.META["REMOTE_ADDR"] = _first_stranger(request, networks)
        request.META.pop(_FORWARDED_FOR, None)
        return get_response(request)

    return middleware


def trusted_networks() -> Networks:
    """Return the networks in HEXOSTORE_TRUSTED_PROXIES; an address is a network of one."""
    return [ipaddress.ip_network(text) for text in settings.HEXOSTORE_TRUSTED_PROXIES]


def _first_stranger(request: HttpRequest, networks: Networks) -> str:
    """Return the nearest address that is not a trusted proxy. Anybody can make up the addresses
    before it."""
    nearest = str(request.META["REMOTE_ADDR"])
    sent = request.META.get(_FORWARDED_FOR, "").split(",")
    for address in map(str.strip, reversed(sent)):
        if not address or not is_within(nearest, networks):
            break
        nearest = address
    return nearest


def is_within(address: str, networks: Networks) -> bool:
    """Return whether an address is in one of the networks; a malformed one is in none."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in networks)


def redirect_http(get_response: GetResponse) -> GetResponse:
    """With HEXOSTORE_REDIRECT_HTTP, redirect plain http to https, as the real service does.

    301 for GET and HEAD, and 308 for the rest, so that clients repeat the method and the body. The
    probes answer on both schemes.
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
