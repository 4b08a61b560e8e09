"""study, studygroup, studysubject, studymember and csvstudysubjects.

Who plays which part in a study is not what the people of these tests are to each other; tests in
tests/enrolment/ are about that.
"""

from __future__ import annotations

from typing import Any, ClassVar

from apps.accounts.models import Profile, User
from apps.api.fields import Field
from apps.enrolment.models import Study, StudyGroup, StudySubject
from tests.contract.base import ResourceContract
from tests.contract.contract import link
from tests.contract.documents import DocumentContract
from tests.people import ANYBODY, Caller, new_user


def new_study(owner: User, number: int = 1) -> Study:
    return Study.objects.create(
        owner=owner,
        name=f"study {number}",
        uuid=f"uuid{number}_{owner.pk}",
        duration_in_days=20 + number,
    )


def study_of(owner: User) -> Study:
    return Study.objects.filter(owner=owner).first() or new_study(owner)


def new_group(owner: User, number: int = 1) -> StudyGroup:
    return StudyGroup.objects.create(study=study_of(owner), name=f"group {number}")


def new_subject(owner: User, number: int = 1) -> StudySubject:
    study, subject_id = study_of(owner), f"s{number}"
    user = new_user(f"subject{number}")
    user.email, user.username = "", f"{study.uuid}_{subject_id}"
    user.save()
    Profile.objects.create(user=user)
    return StudySubject.objects.create(
        study=study,
        user=user,
        subject_id=subject_id,
        start_date=f"2026-02-{number % 28 + 1:02}",
        study_group=StudyGroup.objects.filter(study=study).first() or new_group(owner),
        status=f"status {number}",
        timezone="Asia/Tokyo",
    )


class OfStudies(ResourceContract):
    """The contract of what belongs to a study: people who may read what is its owner's have no
    part in the study."""

    __test__ = False
    seen_by = changed_by = ("owner", "staff")
    near_post = 400

    test_nobody_gives_his_rows_to_whom_he_sees: ClassVar[Any] = None
    test_nobody_gives_his_rows_away: ClassVar[Any] = None


class TestStudy(OfStudies):
    __test__ = True
    name = "study"
    test_new_rows_for_the_owner: ClassVar[Any] = None  # anybody makes studies, of their own
    test_put_of_the_whole_object: ClassVar[Any] = None  # tests/enrolment/test_studies.py

    def make(self, owner: User, number: int = 1) -> Study:
        return new_study(owner, number)

    def minimal(self, owner: User) -> dict[str, Any]:
        return {"name": "Night shift hearts"}

    def changes(self, owner: User) -> dict[str, Any]:
        return {
            "name": "renamed",
            "description": "hearts at night",
            "duration_in_days": 30,
            "timezone": "America/Montreal",
            "unit_system": 2,
        }


class TestStudyGroup(OfStudies):
    __test__ = True
    name = "studygroup"
    required = ("study",)
    test_relations_are_written_in_many_ways: ClassVar[Any] = None  # a name is there only once

    def make(self, owner: User, number: int = 1) -> StudyGroup:
        return new_group(owner, number)

    def minimal(self, owner: User) -> dict[str, Any]:
        name = f"group {StudyGroup.objects.count() + 100}"
        return {"study": link(study_of(owner), "study"), "name": name}

    def changes(self, owner: User) -> dict[str, Any]:
        return {"name": "renamed"}


class TestStudySubject(OfStudies):
    __test__ = True
    name = "studysubject"
    required = ("study", "start_date")

    def writable(self) -> dict[str, Field]:
        """The account is no list, which the tests take for what is saved after its row."""
        return {name: field for name, field in super().writable().items() if name != "user"}

    def make(self, owner: User, number: int = 1) -> StudySubject:
        return new_subject(owner, number)

    def minimal(self, owner: User) -> dict[str, Any]:
        return {"study": link(study_of(owner), "study"), "start_date": "2026-02-02"}

    def changes(self, owner: User) -> dict[str, Any]:
        return {
            "status": "ok",
            "start_date": "2026-03-01",
            "timezone": "Europe/Berlin",
            "study_group": link(new_group(owner, StudyGroup.objects.count() + 100), "studygroup"),
        }


class TestCsvStudySubjects(DocumentContract):
    name = "csvstudysubjects"


class TestStudyMember(DocumentContract):
    """Its schema document is a 404, which the published client expects."""

    name = "studymember"
    test_newest_schema_has_the_documented_additions: ClassVar[Any] = None
    test_every_field_has_a_help_text: ClassVar[Any] = None

    def test_schema_is_the_published_one(self, owner: Caller) -> None:
        for caller in (owner, ANYBODY):
            answer = caller.get(f"{self.list_path}schema/")
            assert answer.status_code in (401, 404)
        assert owner.get(f"{self.list_path}schema/").status_code == 404


class TestCalendar(DocumentContract):
    """It is no row; tests/studies has what it answers."""

    name = "calendar"
