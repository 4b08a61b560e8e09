"""Who may use the control plane of a sandbox: this machine, and staff who log in."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from apps.api.access import Scheme
from apps.api.errors import ApiError, Forbidden
from apps.api.reasons import Reason
from apps.credentials.basic import authentication as basic
from apps.credentials.refusals.responses import refuse_credentials
from hexostore.middleware import WAS_FORWARDED

View = Callable[..., HttpResponseBase]


def guard_view(view: View) -> View:
    """Return the view of a control plane, for those who may look into it; a public server has none
    (404).

    Mail, tokens in it and the refusal log are for the developer. From this machine nobody logs in,
    and with HEXOSTORE_SANDBOX_OPEN nobody does at all.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: object, **parts: object) -> HttpResponseBase:
        if settings.HEXOSTORE_PROFILE != "sandbox":
            raise Http404
        try:
            _require_insider(request)
        except ApiError as error:
            return error.response(request)
        return view(request, *args, **parts)

    return wrapped


def _require_insider(request: HttpRequest) -> None:
    """Raise Unauthorized or Forbidden for a stranger on another machine."""
    if settings.HEXOSTORE_SANDBOX_OPEN or _is_direct_and_near(request):
        return
    word = request.headers.get("Authorization", "").partition(" ")[0].lower()
    if word != "basic":
        raise refuse_credentials(request, Reason.SANDBOX_LOGIN, Scheme.BASIC)
    user, _ = basic.authenticate_basic(request)
    if not user.is_staff:
        raise Forbidden("Only staff may use the control plane.")


def _is_direct_and_near(request: HttpRequest) -> bool:
    """Return whether a program on this machine sends the request, without a proxy.

    A sender can make up what a proxy passes on.
    """
    was_forwarded = request.META.get(WAS_FORWARDED, False)
    return not was_forwarded and is_near(request.META.get("REMOTE_ADDR", ""))


def is_near(address: str) -> bool:
    """Return whether an address belongs to this machine only, in IPv4, IPv6 or IPv4 mapped to
    IPv6."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None)
    return bool((mapped or ip).is_loopback)
