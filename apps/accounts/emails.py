"""The mails of the operations on users.

Whether an address is known only decides which mail is sent to it, never whether one is sent.
"""

from __future__ import annotations

from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from rest_framework.request import Request

from apps.accounts.models import User
from apps.api.context import Context
from apps.credentials.models import OneTimeToken
from apps.letters.post import absolute_url, post_letter


def _token_url(request: Request, context: Context, name: str, one_time_token: OneTimeToken) -> str:
    """Return the URL at which a one-time token is checked (GET) and redeemed (PUT)."""
    return absolute_url(request._request, f"{context.prefix}/{name}/{one_time_token.token}/")


def _send_email(
    request: Request, context: Context, to: str, subject: str, *paragraphs: str
) -> None:
    """Post a mail on behalf of the caller, or of a stranger if nobody has logged in."""
    text = "\n\n".join((*paragraphs, "Hexostore\n"))
    post_letter(request._request, to, subject, text, context.caller)


def _describe_token(one_time_token: OneTimeToken) -> str:
    """Return the sentences that every mail with a token contains."""
    expires = f"{one_time_token.expires:%Y-%m-%d %H:%M} UTC"
    return f"Token: {one_time_token.token}\nIt can be used once, until {expires}."


def account_made(
    request: Request, context: Context, user: User, one_time_token: OneTimeToken
) -> None:
    """Mail a user whose account was created by a program."""
    _send_email(
        request,
        context,
        user.email,
        "Your new account",
        f"An account was created for {user.email}. To choose your password, go to",
        _token_url(request, context, "resetpassword", one_time_token),
        f"{_describe_token(one_time_token)}\nuidb64: {urlsafe_base64_encode(force_bytes(user.pk))}",
    )


def account_related(
    request: Request, context: Context, user: User, one_time_token: OneTimeToken, bundles: list[str]
) -> None:
    """Mail a user whose account was created by another user, who has rights on it."""
    asker = context.user(User).called
    _send_email(
        request,
        context,
        user.email,
        "An account was created for you",
        f"{asker} created an account for {user.email} and has these rights on "
        f"its data: {', '.join(bundles)}. To complete it, go to",
        _token_url(request, context, "createrelateduser", one_time_token),
        _describe_token(one_time_token),
    )


def account_asked(
    request: Request, context: Context, email: str, one_time_token: OneTimeToken
) -> None:
    """Mail somebody who requested an account."""
    _send_email(
        request,
        context,
        email,
        "Confirm your address",
        f"An account was requested for the address {email}. To create it, go to",
        _token_url(request, context, "createuserrequest", one_time_token),
        _describe_token(one_time_token),
        "If this was not you, do nothing, and no account will be created.",
    )


def account_exists(request: Request, context: Context, email: str) -> None:
    """Mail the owner of an address that was given for a new account or as another user's new
    address."""
    _send_email(
        request,
        context,
        email,
        "You have an account",
        f"Someone wanted to use the address {email}, but you already have an account with it. If "
        "this was you, log in with it, or request a new password. If not, do nothing.",
    )


def address_changes(
    request: Request, context: Context, email: str, one_time_token: OneTimeToken
) -> None:
    """Mail the new address of a user."""
    asker = context.user(User).called
    _send_email(
        request,
        context,
        email,
        "Confirm your new address",
        f"The user {asker} wants to use the address {email}. To confirm it, go to",
        _token_url(request, context, "changeemail", one_time_token),
        _describe_token(one_time_token),
    )


def address_changed(request: Request, context: Context, old: str, new: str) -> None:
    """Mail the former address of a user, because somebody else may have changed it."""
    _send_email(
        request,
        context,
        old,
        "Your address was changed",
        f"The address of your account is now {new}, and no longer {old}. Mail from this server "
        "will go to the new address.",
        "If this was not you, someone else has your account: tell the server's operator at once.",
    )


def password_forgotten(
    request: Request, context: Context, email: str, one_time_token: OneTimeToken
) -> None:
    """Mail a user who requested a new password."""
    _send_email(
        request,
        context,
        email,
        "Choose a new password",
        f"A new password was requested for the account of {email}. To choose it, go to",
        _token_url(request, context, "resetpassword", one_time_token),
        _describe_token(one_time_token),
        "If this was not you, do nothing; your password stays as it is.",
    )


def account_missing(request: Request, context: Context, email: str) -> None:
    """Mail an address for which a new password was requested although it has no account."""
    _send_email(
        request,
        context,
        email,
        "You have no account here",
        f"A new password was requested for the address {email}, but there is no account with it. "
        "If this was you, you may have used another address. If not, do nothing.",
    )
