"""The mails of studies: to new members of a team, and about new subjects.

Nobody is told when somebody is removed.
"""

from __future__ import annotations

from collections.abc import Sequence

from rest_framework.request import Request

from apps.accounts.models import User
from apps.api.context import Context
from apps.credentials import one_time_tokens
from apps.enrolment.models import Study, StudySubject
from apps.letters.post import absolute_url, post_letter

_PASSWORD = "resetpassword"  # noqa: S105 - the name of a resource
_SIGNED = "Hexostore\n"
MOST_NAMES = 500
"""Names of subjects in a mail."""


def _send(request: Request, context: Context, to: str, subject: str, *paragraphs: str) -> None:
    text = "\n\n".join((*paragraphs, _SIGNED))
    post_letter(request._request, to, subject, text, context.caller)


def member_added(request: Request, context: Context, study: Study, user: User) -> None:
    """Mail somebody who is in the team of a study now."""
    _send(
        request,
        context,
        user.email,
        "You are in the team of a study",
        f"{context.user(User).called} has added you to the team of the study {study.name} "
        f"({study.uuid}). You can see and change what belongs to the study and to its subjects.",
    )


def subjects_added(
    request: Request, context: Context, study: Study, subjects: Sequence[StudySubject]
) -> None:
    """Mail new subjects who have an address, each by themselves, and the owner about the others."""
    silent = [each for each in subjects if not each.user.email]
    for subject in subjects:
        if subject.user.email:
            _welcome(request, context, study, subject.user)
    if silent:
        _tell_owner(request, context, study, [each.user.username for each in silent])


def _welcome(request: Request, context: Context, study: Study, user: User) -> None:
    token = one_time_tokens.issue_token(_PASSWORD, user=user, email=user.email)
    _send(
        request,
        context,
        user.email,
        "You take part in a study",
        f"You were added to the study {study.name}. Its team can see and change what you record. "
        f"Your user name is {user.username}. To choose your password, go to",
        absolute_url(request._request, f"{context.prefix}/{_PASSWORD}/{token.token}/"),
        f"Token: {token.token}\nIt can be used once, until {token.expires:%Y-%m-%d %H:%M} UTC.",
    )


def _tell_owner(request: Request, context: Context, study: Study, names: Sequence[str]) -> None:
    more = len(names) - MOST_NAMES
    rest = [f"and {more} more"] if more > 0 else []
    _send(
        request,
        context,
        study.owner.email,
        "New subjects of your study",
        f"These subjects without an e-mail address were added to the study {study.name}:",
        "\n".join([*names[:MOST_NAMES], *rest]),
    )
