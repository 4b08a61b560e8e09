"""For which hosts a server answers.

A page on the web can have its own name lead to this machine (DNS rebinding). The browser then takes
the store for a part of that page's site, and lets the page read it. The one thing that the page
cannot choose is the name in the Host header, so a request for a foreign name is refused before
anything looks at it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host
from django.http.response import HttpResponseBase

from apps.api.errors import MalformedHost, Misdirected
from hexostore.middleware import PROBES

OURS = (".localhost", ".hexoskin.com")
"""Names, with those below them, that nobody can have lead here but who owns this machine or the
name of the real service."""


def refuse_other_hosts(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """421 for a host that is not this server's, 400 for one that is malformed.

    Probes are answered under any host, or none: who watches a server asks its address, in old
    programs by HTTP/1.0, and learns nothing from them but that it lives.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path in PROBES:
            request.META["HTTP_HOST"] = "localhost"
            return get_response(request)
        try:
            host = request.get_host()
        except DisallowedHost:
            return MalformedHost().response(request)
        if not is_own(host):
            return Misdirected().response(request)
        return get_response(request)

    return middleware


def is_own(host: str) -> bool:
    """Whether this server answers for a well-formed host, with a port or without."""
    domain, _ = split_domain_port(host)
    if validate_host(domain, settings.HEXOSTORE_HOSTS):
        return True
    return settings.HEXOSTORE_PROFILE == "sandbox" and _is_near(domain)


def _is_near(domain: str) -> bool:
    """Whether no stranger can have the name lead here: an address is no name, and one without
    a dot, such as that of a service in a network of containers, is not of the public DNS."""
    return "." not in domain or _is_address(domain) or validate_host(domain, OURS)


def _is_address(domain: str) -> bool:
    try:
        ipaddress.ip_address(domain.strip("[]"))
    except ValueError:
        return False
    return True
