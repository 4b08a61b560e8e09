"""What somebody sent about a new subject, before it is checked against the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.accounts import account_creation
from apps.accounts.models import Profile, User
from apps.accounts.resources import ProfileResource, UserResource
from apps.api.bodies import JSONValue
from apps.api.context import Context
from apps.api.errors import BadRequest
from apps.api.relations import resolve_relation
from apps.enrolment.models import StudySubject

NAMES = ("first_name", "last_name")


@dataclass
class SubjectDraft:
    """A subject that is to be made, and what is wrong with it by field.

    `user` and `profile` are new, or hold what was sent for an account that is there already;
    `sent_profile` is what the profile was made from. `given_id` is the sent id or user name, and
    `existing` the account that was named by its URI.
    """

    subject: StudySubject = field(default_factory=StudySubject)
    user: User = field(default_factory=User)
    profile: Profile = field(default_factory=Profile)
    sent_profile: JSONValue = field(default_factory=dict)
    given_id: str = ""
    password: str | None = None
    existing: User | None = None
    errors: dict[str, list[str]] = field(default_factory=dict)

    def refuse(self, name: str, *texts: str) -> None:
        """Note what is wrong with a field."""
        if texts:
            self.errors.setdefault(name, []).extend(texts)


class DraftsRefused(Exception):
    """Nobody is taken into the study, for what the drafts have in `errors`."""

    def __init__(self, drafts: list[SubjectDraft]) -> None:
        super().__init__([draft.errors for draft in drafts])
        self.errors = [draft.errors for draft in drafts]


def read_account(draft: SubjectDraft, sent: JSONValue, context: Context) -> None:
    """Read the `user` of a subject: members of a new account, or the URI of one that is there.

    Raise BadRequest for values of the wrong type.
    """
    if sent is None:
        return
    if isinstance(sent, dict) and not (sent.get("resource_uri") or sent.get("id")):
        fill_account(draft, sent, context)
    else:
        draft.existing = resolve_relation(UserResource, "user", sent, context)
        draft.user = draft.existing


def fill_account(draft: SubjectDraft, sent: Mapping[str, JSONValue], context: Context) -> None:
    """Set the sent members of an account, and check them. Null stands for what was not sent."""
    given = {name: value for name, value in sent.items() if value is not None}
    for name in NAMES:
        if name in given:
            UserResource.fields[name].accept(draft.user, given[name], context)
    draft.given_id = _read_text("username", given.get("username", ""))
    draft.user.email = User.objects.normalize_email(
        _read_text("email", given.get("email", draft.user.email)).strip()
    )
    draft.sent_profile = given.get("profile", {})
    account_creation.fill_profile(context, draft.profile, draft.sent_profile)
    _take_password(draft, given.get("password"))
    check_account(draft)


def _read_text(name: str, value: JSONValue) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise BadRequest(f"The '{name}' field was given data that is not a text.")
    return value


def _take_password(draft: SubjectDraft, sent: JSONValue) -> None:
    draft.refuse("password", *account_creation.password_faults(sent, draft.user))
    if isinstance(sent, str) and "password" not in draft.errors:
        draft.password = sent


def check_account(draft: SubjectDraft) -> None:
    """Note what is wrong with the address and the profile of an account."""
    if draft.user.email:
        draft.refuse("email", *account_creation.address_faults(draft.user))
    for name, texts in ProfileResource.validate(draft.profile).items():
        draft.refuse(name, *texts)


OWN_FIELDS = ("study", "study_group", "start_date", "timezone", "status", "metrics", "user")


def fold_errors(errors: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return errors as the fields of a subject have them: those of the account are in `user`, with
    the name of the member in front."""
    found: dict[str, list[str]] = {}
    for name, texts in errors.items():
        if name in OWN_FIELDS:
            found.setdefault(name, []).extend(texts)
        else:
            found.setdefault("user", []).extend(f"{name}: {text}" for text in texts)
    return found
