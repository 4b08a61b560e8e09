"""Limits on password guesses and on mail to strangers, where strangers can reach the server.

Only the public profile counts. A refused login counts for the name together with its address, for
the name alone, and for the address alone. It does so whether the user exists or not, so that the
response does not reveal this. Above the limit, a login is refused before the password is checked,
even if it is correct.

A try is counted before the password is checked, and taken back if it was correct. So simultaneous
tries cannot check more passwords than successive ones.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from apps.api.access import Scheme
from apps.api.callers import STRANGER, Caller
from apps.api.errors import TooManyRequests
from apps.api.reasons import Reason
from apps.credentials.basic import passwords
from apps.credentials.rate_limits import rate_counters
from apps.credentials.rate_limits.rate_counters import RateLimit
from apps.credentials.refusals import refusal_log

QUARTER, HOUR = 15 * 60, 60 * 60

PAIR = RateLimit(10, QUARTER)
"""Wrong logins for one name from one address."""
NAME = RateLimit(100, HOUR)
"""Wrong logins for one name from any address."""
ADDRESS = RateLimit(100, QUARTER)
"""Wrong logins from one address for any name."""

LETTERS = RateLimit(5, HOUR)
"""Mails to one address."""
SENDER = RateLimit(20, HOUR)
"""Mails that one stranger (by address) or one user causes."""


def are_counted() -> bool:
    """Return whether this server counts at all."""
    return bool(settings.HEXOSTORE_PROFILE == "public")


def login_wait(request: HttpRequest, name: str) -> int | None:
    """Return the seconds until that name may be tried again from that address; None if it may be
    tried now."""
    if not are_counted():
        return None
    return rate_counters.peek_wait(_login_rates(request, name))


def refuse_if_many(request: HttpRequest, name: str, scheme: Scheme = Scheme.NONE) -> None:
    """Raise TooManyRequests (429 with Retry-After) after too many wrong logins.

    Call this before the password is checked. `name` is the user name in the request.
    """
    after = login_wait(request, name)
    if after is not None:
        raise refuse_login(request, after, scheme)


class TooManyTries(Exception):
    """A password was not checked. `after` are the seconds until the next try."""

    def __init__(self, after: int) -> None:
        super().__init__(after)
        self.after = after


def is_right(request: HttpRequest, name: str, user: Any | None, password: str) -> bool:
    """Return whether this is the password of the user called `name`. A wrong one counts.

    Raise TooManyTries if as many as are allowed were wrong or are being checked. A remembered
    password costs no statement.
    """
    if not are_counted() or passwords.is_remembered(user, password):
        return passwords.is_right(user, password)
    rates = _login_rates(request, name)
    after = rate_counters.count_hit(rates)
    if after is not None:
        rate_counters.undo_hit(rates)
        raise TooManyTries(after)
    found = passwords.is_right(user, password)
    if found:
        rate_counters.undo_hit(rates)
    return found


def refuse_login(request: HttpRequest, after: int, scheme: Scheme = Scheme.NONE) -> TooManyRequests:
    """Return the 429 of a login after too many wrong ones."""
    return _too_many(request, Reason.TOO_MANY_LOGINS, after, scheme)


def count_letter(request: HttpRequest, email: str, sender: Caller = STRANGER) -> None:
    """Count a mail that is being posted (apps/letters/post.py).

    Raise TooManyRequests if that address or the sender (a user, or STRANGER) has had too many,
    whether the address is known or not. In a transaction that is rolled back nothing is counted,
    since no mail was sent. The counters stay locked until the transaction ends, so nothing slow may
    follow in it.
    """
    if are_counted():
        _refuse_letter(request, rate_counters.count_hit(_letter_rates(request, email, sender)))


def refuse_if_many_letters(request: HttpRequest, email: str, sender: Caller = STRANGER) -> None:
    """Raise TooManyRequests if a mail would be refused, before the work that leads to it.

    This counts and locks nothing.
    """
    if are_counted():
        _refuse_letter(request, rate_counters.peek_wait(_letter_rates(request, email, sender)))


def _letter_rates(request: HttpRequest, email: str, sender: Caller) -> dict[str, RateLimit]:
    who = rate_counters.client_address(request) if sender is STRANGER else f"user {sender.pk}"
    to = rate_counters.digest_text(email.lower())
    return {f"letters to {to}": LETTERS, f"letters from {who}": SENDER}


def _refuse_letter(request: HttpRequest, after: int | None) -> None:
    if after is not None:
        raise _too_many(request, Reason.RATE_LIMITED, after, Scheme.NONE)


def _login_rates(request: HttpRequest, name: str) -> dict[str, RateLimit]:
    who, where = rate_counters.digest_text(name), rate_counters.client_address(request)
    return {
        f"login {who} {where}": PAIR,
        f"login {who}": NAME,
        f"login {where}": ADDRESS,
    }


def _too_many(request: HttpRequest, reason: Reason, after: int, scheme: Scheme) -> TooManyRequests:
    refusal_log.record_refusal(request, reason, scheme=scheme)
    return TooManyRequests(after, reason=reason)
