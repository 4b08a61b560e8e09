"""The host names that a server answers to.

A web page can point its own name at this machine (DNS rebinding). The browser then thinks that the
store is part of that page's site and lets the page read it. But the page cannot choose the name in
the Host header. So a request for a foreign name is refused before anything looks at it.
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
"""Names that only the owner of this machine, or of the real service, can point here. Names below
them are included."""


def refuse_other_hosts(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return 421 for a host that is not this server's, and 400 for a malformed one.

    Probes are answered under any host, or none. Monitoring uses the server's address, in old
    programs with HTTP/1.0, and only learns that the server lives.
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
    """Return whether this server answers to a well-formed host, with or without a port."""
    domain, _ = split_domain_port(host)
    if validate_host(domain, settings.HEXOSTORE_HOSTS):
        return True
    return settings.HEXOSTORE_PROFILE == "sandbox" and is_near(domain)


def is_near(domain: str) -> bool:
    """Return whether no stranger can point the name here.

    An address is not a name. A name without a dot, such as a service in a network of containers, is
    not in the public DNS.
    """
    return "." not in domain or _is_address(domain) or validate_host(domain, OURS)


def _is_address(domain: str) -> bool:
    try:
        ipaddress.ip_address(domain.strip("[]"))
    except ValueError:
        return False
    return True
