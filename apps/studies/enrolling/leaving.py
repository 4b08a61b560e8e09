"""Leaving a study, and what the team of a study changes in the accounts of its subjects."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import F, Model, Q, Value
from django.db.models.functions import Concat, Lower

from apps.access.models import Share
from apps.accounts import account_creation
from apps.accounts.models import Profile, User
from apps.api.bodies import JSONValue
from apps.api.context import Context
from apps.api.errors import InvalidFields
from apps.api.relations import SENT_URI
from apps.credentials import withdrawals
from apps.enrolment.models import Study, StudyStatus, StudySubject
from apps.studies import naming, standing
from apps.studies.calendar.sharing import SHARE_TYPE
from apps.studies.enrolling.drafts import SubjectDraft, fill_account, fold_errors
from apps.studies.people import profile_of
from hexostore import clock

SUBJECT = "studysubject"
OWN_ACCOUNT = "This person has an account of their own. Only they change its password and address."
FIXED_ACCOUNT = "A subject cannot get another account. What is in their account can be changed."
FIXED_PROFILE = "profile: This is not the profile of the account. Its members can be sent instead."
NO_ACCOUNT = "Expected an object with what changes, or the URI of the account."
FIXED_NAME = "A user name cannot be changed."
"""What an account is called depends on the study and the id, which never change."""


def withdraw(subject: StudySubject) -> None:
    """Take a locked subject out of the study. What they recorded stays, and so does their account.

    They can no longer log in, unless they take part in another study or the account is their own.
    Links to their calendar are gone for good, even if they come back.
    """
    subject.withdrawn = clock.now()
    subject.save(update_fields=["withdrawn"])
    Share.objects.filter(sharetype__name=SHARE_TYPE, object_id=subject.pk).delete()
    user = _lock_user(subject.user_id)
    if not _takes_part(user) and is_of_a_study(user):
        user.is_active = False
        user.save(update_fields=["is_active"])
        withdrawals.end_access(user)


def _takes_part(user: User) -> bool:
    """Return whether somebody is in any study that is not deleted: as subject, owner or
    administrator."""
    joined = Q(subjects__user=user, subjects__withdrawn=None)
    roles = joined | Q(owner=user) | Q(members__user=user)
    return Study.objects.filter(roles).exclude(status=StudyStatus.DELETED).exists()


def is_of_a_study(user: User) -> bool:
    """Return whether a study made the account: its name is made of those of study and subject."""
    name = Lower(Concat(F("study__uuid"), Value("_"), F("subject_id")))
    rows = StudySubject.objects.filter(user=user).annotate(name=name)
    return rows.filter(name=user.username.lower()).exists()


def change_account(subject: StudySubject, sent: JSONValue, context: Context) -> None:
    """Change the account and the profile of a subject by the sent `user`: an object, or what names
    the account, which changes nothing.

    Raise InvalidFields for what is wrong, and Forbidden while the study is closed.
    """
    if sent is None:
        return
    user, profile = _lock_user(subject.user_id), profile_of(subject.user_id)
    _check_sameness(user, profile, sent)
    if not isinstance(sent, dict):
        return
    draft = SubjectDraft(subject, user, profile)
    before = (user.email, user.first_name, user.last_name)
    fill_account(draft, {**sent, "profile": _sent_profile(sent)}, context)
    check_name(draft)
    after = (user.email, user.first_name, user.last_name)
    if draft.password is None and after == before and not draft.sent_profile and not draft.errors:
        return
    standing.check_open(subject.study)
    is_own = user.username != naming.user_name(subject.study, subject.subject_id)
    if is_own and (draft.password is not None or user.email != before[0]):
        draft.refuse("account", OWN_ACCOUNT)
    _check_address_free(draft)
    if draft.errors:
        raise InvalidFields(SUBJECT, fold_errors(draft.errors))
    _save(draft)


def _check_sameness(user: User, profile: Profile, sent: JSONValue) -> None:
    """Raise InvalidFields for a `user` that is, or has the profile of, somebody else."""
    if isinstance(sent, list | bool | float):
        raise InvalidFields(SUBJECT, {"user": [NO_ACCOUNT]})
    members = sent if isinstance(sent, dict) else {"id": sent}
    named = [members[name] for name in ("resource_uri", "id") if members.get(name) is not None]
    if not all(_names(each, user, "user", (user.username, user.email)) for each in named):
        raise InvalidFields(SUBJECT, {"user": [FIXED_ACCOUNT]})
    given = members.get("profile")
    if isinstance(given, str) and not _names(given, profile, "profile"):
        raise InvalidFields(SUBJECT, {"user": [FIXED_PROFILE]})


def _names(value: JSONValue, row: Model, resource: str, names: Collection[str] = ()) -> bool:
    """Whether a value is the id, a URI or one of the names of a row."""
    text = str(value).strip()
    uri = SENT_URI.fullmatch(text)
    if uri:
        return uri["name"] == resource and uri["key"] == str(row.pk)
    return text == str(row.pk) or text.lower() in {name.lower() for name in names if name}


def _sent_profile(sent: dict[str, JSONValue]) -> JSONValue:
    """The members of a sent profile. A URI, as GET shows it, changes nothing."""
    profile = sent.get("profile")
    return {} if isinstance(profile, str) else profile


def check_name(draft: SubjectDraft) -> None:
    """Note a user name that is another one."""
    names = {draft.subject.subject_id, draft.user.username.lower(), ""}
    if draft.given_id.strip().lower() not in names:
        draft.refuse("username", FIXED_NAME)


def _check_address_free(draft: SubjectDraft) -> None:
    other = account_creation.find_user_named(draft.user.email)
    if other is not None and other.pk != draft.user.pk:
        draft.refuse("email", account_creation.TAKEN)


def _save(draft: SubjectDraft) -> None:
    if draft.password is not None:
        draft.user.password = make_password(draft.password)
    try:
        with transaction.atomic():
            draft.user.save()
    except IntegrityError:  # an address that was taken meanwhile
        errors = fold_errors({"email": [account_creation.TAKEN]})
        raise InvalidFields(SUBJECT, errors) from None
    draft.profile.save()
    if draft.password is not None:
        withdrawals.end_access(draft.user)


def _lock_user(key: int) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=key)
