"""The people of a study: who owns and runs it, who is observed, and a stranger to it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

from apps.accounts.models import Profile, User
from apps.enrolment.models import Study, StudyMember, StudySubject
from tests.people import Caller, new_user


@dataclass(frozen=True)
class StudyCast:
    """A study, and somebody in each role."""

    study: Study
    owner: Caller
    admin: Caller
    subject: Caller
    other_subject: Caller
    outsider: Caller
    staff: Caller

    def __getitem__(self, role: str) -> Caller:
        found = getattr(self, role)
        assert isinstance(found, Caller)
        return found


ROLES = tuple(each.name for each in fields(StudyCast) if each.name != "study")
RUN = ("owner", "admin", "staff")
"""Those who run the study, or may do what they may."""


def saved_user(name: str, **more: object) -> User:
    """A user with a profile who can log in."""
    user = new_user(name)
    for attribute, value in more.items():
        setattr(user, attribute, value)
    user.save()
    Profile.objects.create(user=user)
    return user


def begin_study(uuid: str = "night7", *, subject_start: date = date(2026, 2, 2)) -> StudyCast:
    """A study with an administrator and two subjects who have no e-mail address."""
    owner, admin = saved_user(f"owner-{uuid}"), saved_user(f"admin-{uuid}")
    study = Study.objects.create(owner=owner, name=f"Study {uuid}", uuid=uuid, duration_in_days=28)
    StudyMember.objects.create(study=study, user=admin)
    subjects = [_new_subject(study, subject_id, subject_start) for subject_id in ("001", "002")]
    return StudyCast(
        study,
        Caller(owner),
        Caller(admin),
        Caller(subjects[0]),
        Caller(subjects[1]),
        Caller(saved_user(f"outsider-{uuid}")),
        Caller(saved_user(f"staff-{uuid}", is_staff=True)),
    )


def _new_subject(study: Study, subject_id: str, start: date) -> User:
    user = saved_user(f"{study.uuid}_{subject_id}", email="", username=f"{study.uuid}_{subject_id}")
    StudySubject.objects.create(study=study, user=user, subject_id=subject_id, start_date=start)
    return user
