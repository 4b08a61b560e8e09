"""Making subjects of drafts, all or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from apps.access.visibility import may_invite
from apps.accounts import account_creation
from apps.accounts.account_creation import TAKEN
from apps.accounts.models import Profile, User
from apps.api.context import Context
from apps.credentials import withdrawals
from apps.enrolment.models import Study, StudySubject
from apps.studies import naming, standing
from apps.studies.enrolling.drafts import DraftsRefused, SubjectDraft
from apps.studies.people import profile_of

MOST_PASSWORDS = 20
"""New passwords in a request. To store one takes about 0.2 s of a processor, on purpose."""
HASHED_TOGETHER = 4
TOO_MANY_PASSWORDS = (
    f"A request has at most {MOST_PASSWORDS} passwords, because storing one takes long. Send the "
    "others in further requests, or leave them out and PATCH these subjects later."
)
HERE = "This person takes part in the study already."
FOREIGN = "This person has not let you change their data, so that only they can join."
CLOSED_ACCOUNT = "This account is closed."
OTHER_GROUP = "This group is of another study."
TWICE = "Another one of these subjects has the same."


def enrol(drafts: list[SubjectDraft], context: Context) -> list[StudySubject]:
    """Return the saved subjects of drafts, in order. Those who left the study come back to their
    old accounts.

    Raise Forbidden if the caller may not do that now, and DraftsRefused if anything is wrong.
    """
    studies = {each.subject.study_id: each.subject.study for each in drafts if _has_study(each)}
    for study in studies.values():
        standing.check_run(context.caller, study)
        standing.check_open(study)
    _check_passwords(drafts)
    are_good = not any(draft.errors for draft in drafts)
    secrets = _hash_passwords([draft.password for draft in drafts if are_good])
    for key in sorted(studies):
        locked = standing.lock_study(key)
        standing.check_run(context.caller, locked)
        standing.check_open(locked)
        _Places(locked, [each for each in drafts if each.subject.study_id == key]).fill(context)
    _check_addresses(drafts)
    if any(draft.errors for draft in drafts):
        raise DraftsRefused(drafts)
    try:
        with transaction.atomic():
            return _save_all(drafts, secrets, context)
    except IntegrityError:  # a name or an address that was taken meanwhile
        for draft in drafts:
            draft.refuse("username", "Somebody took this name or address meanwhile.")
        raise DraftsRefused(drafts) from None


def _has_study(draft: SubjectDraft) -> bool:
    return draft.subject.study_id is not None


def _check_passwords(drafts: Iterable[SubjectDraft]) -> None:
    """Refuse the first password that is one too many."""
    secret = [draft for draft in drafts if draft.password is not None]
    for draft in secret[MOST_PASSWORDS : MOST_PASSWORDS + 1]:
        draft.refuse("password", TOO_MANY_PASSWORDS)


def _hash_passwords(passwords: Sequence[str | None]) -> list[str]:
    """Return what is stored of passwords. This is slow on purpose, so it comes before any lock."""
    if len(passwords) == 1:
        return [make_password(passwords[0])]
    with ThreadPoolExecutor(HASHED_TOGETHER) as pool:
        return list(pool.map(make_password, passwords))


@dataclass
class _Places:
    """Finds the ids and accounts of the drafts of one study, which is locked."""

    study: Study
    drafts: list[SubjectDraft]

    def fill(self, context: Context) -> None:
        """Set ids and user names, and the rows of those who come back. Errors are noted."""
        for draft in self.drafts:
            self._read_id(draft)
            self._check_group(draft)
        known = self._known_rows()
        for draft in self.drafts:
            self._meet_known(draft, known, context)
        self._refuse_doubles()
        self._number_others()
        self._refuse_taken_names()

    def _read_id(self, draft: SubjectDraft) -> None:
        draft.subject.study = self.study
        if draft.existing is not None or not draft.given_id:
            return
        try:
            draft.subject.subject_id = naming.read_subject_id(self.study, draft.given_id)
        except ValueError as error:
            draft.refuse("username", str(error))

    def _check_group(self, draft: SubjectDraft) -> None:
        group = draft.subject.study_group
        if group is not None and group.study_id != self.study.pk:
            draft.refuse("study_group", OTHER_GROUP)

    def _known_rows(self) -> dict[str | int, StudySubject]:
        """The rows that the study has of these people, by id and by user, locked."""
        ids = {draft.subject.subject_id for draft in self.drafts} - {""}
        users = {draft.existing.pk for draft in self.drafts if draft.existing}
        named = Q(subject_id__in=ids) | Q(user__in=users)
        rows = StudySubject.objects.filter(named, study=self.study).select_related("user")
        found = list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))
        return {key: row for row in found for key in (row.subject_id, row.user_id)}

    def _meet_known(
        self, draft: SubjectDraft, known: Mapping[str | int, StudySubject], context: Context
    ) -> None:
        """Decide about somebody who is, or was, in the study, and about accounts of their own."""
        key = draft.existing.pk if draft.existing else draft.subject.subject_id
        row = known.get(key)
        name = "user" if draft.existing else "username"
        if row is not None and row.withdrawn is None:
            draft.refuse(name, HERE)
            return
        if row is not None:
            _come_back(draft, row)
        elif draft.existing is not None and not draft.existing.is_active:
            draft.refuse(name, CLOSED_ACCOUNT)
        account = draft.existing or (row.user if row is not None else None)
        if account is not None and not self._may_take(account, draft, context):
            draft.refuse(name, FOREIGN)

    def _may_take(self, account: User, draft: SubjectDraft, context: Context) -> bool:
        """Whether an account is the study's own, or one that the caller may invite."""
        own = account.username == naming.user_name(self.study, draft.subject.subject_id)
        is_known = bool(draft.subject.pk)
        return (own and is_known) or may_invite(context.caller, account)

    def _refuse_doubles(self) -> None:
        ids = Counter(draft.subject.subject_id for draft in self.drafts)
        users = Counter(draft.existing.pk for draft in self.drafts if draft.existing)
        for draft in self.drafts:
            if draft.subject.subject_id and ids[draft.subject.subject_id] > 1:
                draft.refuse("username", TWICE)
            if draft.existing and users[draft.existing.pk] > 1:
                draft.refuse("user", TWICE)

    def _number_others(self) -> None:
        """Give the next free numbers to subjects without an id."""
        unnamed = [draft for draft in self.drafts if _lacks_id(draft)]
        if not unnamed:
            return
        rows = StudySubject.objects.filter(study=self.study)
        taken = {*rows.values_list("subject_id", flat=True)}
        taken |= {draft.subject.subject_id for draft in self.drafts}
        taken |= self._ids_of_others()
        for draft, number in zip(unnamed, naming.free_ids(taken), strict=False):
            draft.subject.subject_id = number

    def _ids_of_others(self) -> set[str]:
        """The ids that would give the names of other accounts."""
        prefix = naming.user_name(self.study, "")
        users = _small_names().filter(small__startswith=prefix)
        return {name.removeprefix(prefix) for name in users.values_list("small", flat=True)}

    def _refuse_taken_names(self) -> None:
        new = [draft for draft in self.drafts if _is_new(draft)]
        names = {naming.user_name(self.study, draft.subject.subject_id): draft for draft in new}
        taken = _small_names().filter(small__in=list(names)).values_list("small", flat=True)
        for name in taken:
            names[name].refuse("username", f"There is a user {name} already.")
        for name, draft in names.items():
            draft.user.username = name


def _lacks_id(draft: SubjectDraft) -> bool:
    return not draft.subject.subject_id and "username" not in draft.errors


def _is_new(draft: SubjectDraft) -> bool:
    """Whether a draft is about an account that is not there yet, and has an id."""
    is_known = bool(draft.subject.pk) or draft.existing is not None
    return not is_known and bool(draft.subject.subject_id) and "username" not in draft.errors


def _small_names() -> QuerySet[Any]:
    return User.objects.annotate(small=Lower("username"))


def _come_back(draft: SubjectDraft, row: StudySubject) -> None:
    """Have a draft be about the row and the account of somebody who left."""
    draft.subject.pk, draft.subject.subject_id = row.pk, row.subject_id
    draft.subject.created = row.created
    draft.subject.user = row.user


def _check_addresses(drafts: list[SubjectDraft]) -> None:
    """Note addresses that somebody else has, or another draft."""
    sent = [draft for draft in drafts if draft.user.email and draft.existing is None]
    addresses = Counter(draft.user.email.lower() for draft in sent)
    named = _small_names().annotate(address=Lower("email"))
    users = named.filter(Q(address__in=addresses) | Q(small__in=addresses))
    owners = {
        text: user.pk for user in users for text in (user.email.lower(), user.username.lower())
    }
    for draft in sent:
        address = draft.user.email.lower()
        if addresses[address] > 1:
            draft.refuse("email", TWICE)
        if owners.get(address, draft.subject.user_id) != draft.subject.user_id:
            draft.refuse("email", TAKEN)


def _save_all(
    drafts: list[SubjectDraft], secrets: Sequence[str], context: Context
) -> list[StudySubject]:
    """Save what was checked: new accounts together, and each that comes back by itself."""
    new: list[SubjectDraft] = []
    for draft, secret in zip(drafts, secrets, strict=True):
        if draft.existing is not None:
            draft.subject.user = draft.existing
        elif not draft.subject.pk:
            draft.user.password = secret
            new.append(draft)
        else:
            _reopen(draft, secret, context)
    _save_accounts(new)
    _save_subjects([draft.subject for draft in drafts])
    return [draft.subject for draft in drafts]


def _save_accounts(drafts: list[SubjectDraft]) -> None:
    User.objects.bulk_create([draft.user for draft in drafts])
    for draft in drafts:
        draft.profile.user = draft.subject.user = draft.user
    Profile.objects.bulk_create([draft.profile for draft in drafts])


def _save_subjects(subjects: Iterable[StudySubject]) -> None:
    new = []
    for subject in subjects:
        if not subject.pk:
            new.append(subject)
        else:
            subject.withdrawn = None
            subject.save(force_update=True)
    StudySubject.objects.bulk_create(new)


def _reopen(draft: SubjectDraft, secret: str, context: Context) -> None:
    """Let somebody who came back use their account again, with what was sent for it now."""
    user = User.objects.select_for_update(no_key=True).get(pk=draft.subject.user_id)
    user.is_active = True
    for name in ("first_name", "last_name", "email"):
        setattr(user, name, getattr(draft.user, name) or getattr(user, name))
    if draft.password is not None:
        user.password = secret
        withdrawals.end_access(user)
    user.save()
    draft.subject.user = draft.user = user
    profile = profile_of(user.pk)
    account_creation.fill_profile(context, profile, draft.sent_profile)
    profile.save()
