"""The person at the browser: logging in and out of the pages."""

from __future__ import annotations

from typing import Any

from django.contrib import auth
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db.models import Q
from django.http import HttpRequest

from apps.api.reasons import Reason
from apps.credentials.basic import login_throttle
from apps.credentials.refusals import refusal_log
from hexostore import clock

LONGEST = 1000
"""The most characters of a name or a password."""

_BACKEND = "django.contrib.auth.backends.ModelBackend"


def find_person(name: str) -> Any | None:
    """Return the user with that name or e-mail address, or None."""
    if not name or "\0" in name or len(name) > LONGEST:
        return None
    is_called = Q(username=name) | Q(email=name)
    found = get_user_model().objects.filter(is_called)
    return found.order_by("pk").first()


def check_login(request: HttpRequest, name: str, password: str) -> tuple[Any | None, Reason | None]:
    """Return the user of that name, and why they may not log in. It takes equally long for an
    unknown name.

    Wrong logins are counted, and after too many of them no password is checked.
    """
    if login_throttle.login_wait(request, name) is not None:
        return None, Reason.TOO_MANY_LOGINS
    user = find_person(name)
    looked_at = "\0" not in password and len(password) <= LONGEST
    try:
        right = login_throttle.is_right(
            request, name, user if looked_at else None, password[:LONGEST]
        )
    except login_throttle.TooManyTries:
        return None, Reason.TOO_MANY_LOGINS
    if not right:
        return user, Reason.WRONG_PASSWORD if user else Reason.UNKNOWN_USER
    return user, None if user and user.is_active else Reason.INACTIVE_USER


def logged_in_person(request: HttpRequest) -> Any | None:
    """Return the user who is logged in, or None. A new password ends the session."""
    user = auth.get_user(request)
    return user if user.is_authenticated else None


def log_in(request: HttpRequest) -> Reason | None:
    """Log in the user that the form names, or return the reason why not, which is also noted.

    The key of the session changes, so a planted key gains nothing.
    """
    name = request.POST.get("email", "").strip()
    password = request.POST.get("password", "")
    user, reason = check_login(request, name, password)
    if reason is not None:
        shown = refusal_log.shorten_text(name)
        refusal_log.record_refusal(request, reason, user=user, login=shown)
        return reason
    Session.objects.filter(expire_date__lt=clock.now()).delete()
    auth.login(request, user, _BACKEND)
    return None


def log_out(request: HttpRequest) -> None:
    """Log out."""
    auth.logout(request)
