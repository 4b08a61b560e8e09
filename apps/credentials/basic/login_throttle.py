"""Guesses at passwords and mail to strangers, limited where strangers reach the server.

Only the public profile counts. A login that is refused counts for the name together with the
address that it came from, for the name alone and for the address alone, whether there is such
a user or not, so that the answer tells nobody who exists. Whoever is over the limit is refused
before the password is looked at, the right one too. A try is counted before the password is
looked at and taken back if it was right: of many at once no more are looked at than one by one.
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
"""Wrong logins for one name, wherever they come from."""
ADDRESS = RateLimit(100, QUARTER)
"""Wrong logins from one address, whatever the name."""

LETTERS = RateLimit(5, HOUR)
"""Letters to one address."""
SENDER = RateLimit(20, HOUR)
"""Letters that one stranger (by address) or one user has sent."""


def are_counted() -> bool:
    """Whether this server counts at all."""
    return bool(settings.HEXOSTORE_PROFILE == "public")


def login_wait(request: HttpRequest, name: str) -> int | None:
    """The seconds until that name may be tried again from there; None if it may be now."""
    return rate_counters.peek_wait(_login_rates(request, name)) if are_counted() else None


def refuse_if_many(request: HttpRequest, name: str, scheme: Scheme = Scheme.NONE) -> None:
    """Raises TooManyRequests (429 with Retry-After) where too many logins were wrong.

    To be called before the password is looked at; `name` is what the request calls the user.
    """
    after = login_wait(request, name)
    if after is not None:
        raise refuse_login(request, after, scheme)


class TooManyTries(Exception):
    """A password was not looked at; `after` are the seconds until one may be."""

    def __init__(self, after: int) -> None:
        super().__init__(after)
        self.after = after


def is_right(request: HttpRequest, name: str, user: Any | None, password: str) -> bool:
    """Whether the password is the user's, who is called `name`; a wrong one counts.

    Raise TooManyTries where as many as are allowed are wrong or being looked at. A password that
    is remembered costs no statement.
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
    """The 429 of a login that comes after too many wrong ones."""
    return _too_many(request, Reason.TOO_MANY_LOGINS, after, scheme)


def count_letter(request: HttpRequest, email: str, sender: Caller = STRANGER) -> None:
    """Counts a letter that is being posted (apps/letters/post.py).

    Raises TooManyRequests where that address or the sender (a user, or STRANGER) has
    had many, whether the address is known or not. Within a transaction that is rolled back it was
    not counted, as no letter went out. The counts stay locked until the transaction ends, so
    nothing slow may follow in it.
    """
    if are_counted():
        _refuse_letter(request, rate_counters.count_hit(_letter_rates(request, email, sender)))


def refuse_if_many_letters(request: HttpRequest, email: str, sender: Caller = STRANGER) -> None:
    """Raises TooManyRequests where a letter would be refused, before the work that leads to it;
    counts and locks nothing."""
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
