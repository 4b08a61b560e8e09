"""What the people who run a study may do with what belongs to its subjects."""

from __future__ import annotations

import pytest
from django.db.models import Model

from apps.catalog.models import ActivityType, TrainingRoutine
from apps.enrolment.models import StudyMaterial, StudyMember, StudyStatus, StudySubject
from apps.records.models import Range
from tests.enrolment.cast import ROLES, RUN, StudyCast, begin_study
from tests.people import Caller


@pytest.fixture
def range_of_subject(cast: StudyCast) -> Range:
    return Range.objects.create(user=cast.subject.user, start=454340505600, end=454340605600)


@pytest.mark.parametrize("role", ROLES)
def test_who_sees_and_changes_what_subjects_record(
    cast: StudyCast, range_of_subject: Range, role: str
) -> None:
    path, caller = f"/api/range/{range_of_subject.pk}/", cast[role]
    expected = 200 if role in (*RUN, "subject") else 404
    assert caller.get(path).status_code == expected
    assert caller.patch(path, {"name": role}).status_code == (202 if expected == 200 else 404)


@pytest.mark.parametrize("role", ROLES)
def test_who_sees_the_profile(cast: StudyCast, role: str) -> None:
    path = f"/api/profile/{cast.subject.user.profile.pk}/"
    expected = 200 if role in (*RUN, "subject") else 404
    assert cast[role].get(path).status_code == expected


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_a_deleted_study_opens_nothing(cast: StudyCast, range_of_subject: Range, role: str) -> None:
    cast.study.status = StudyStatus.DELETED
    cast.study.save()
    assert cast[role].get(f"/api/range/{range_of_subject.pk}/").status_code == 404


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_nor_does_a_subject_who_left(cast: StudyCast, range_of_subject: Range, role: str) -> None:
    StudySubject.objects.filter(user=cast.subject.user).update(withdrawn="2026-02-10T00:00Z")
    assert cast[role].get(f"/api/range/{range_of_subject.pk}/").status_code == 404


def test_a_former_administrator_sees_nothing_from_the_next_request(
    cast: StudyCast, range_of_subject: Range
) -> None:
    path = f"/api/range/{range_of_subject.pk}/"
    assert cast.admin.get(path).status_code == 200
    StudyMember.objects.filter(user=cast.admin.user).delete()
    assert cast.admin.get(path).status_code == 404


def test_another_study_opens_nothing(cast: StudyCast, range_of_subject: Range) -> None:
    other = begin_study("day8")
    for caller in (other.owner, other.admin, other.subject):
        assert caller.get(f"/api/range/{range_of_subject.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("kind", "model"), [("trainingroutine", TrainingRoutine), ("activitytype", ActivityType)]
)
def test_what_a_study_is_about_is_seen_by_all_who_take_part(
    cast: StudyCast, kind: str, model: type[Model]
) -> None:
    private = model._default_manager.create(user=cast.owner.user, name="stand up")
    path = f"/api/{kind}/{private.pk}/"
    assert cast.subject.get(path).status_code == 404
    StudyMaterial.objects.create(study=cast.study, kind=kind, object_id=private.pk, planned=True)
    seen = [cast[role].get(path).status_code for role in ROLES]
    assert seen == [200, 200, 200, 200, 404, 200]
    assert cast.subject.patch(path, {"name": "mine"}).status_code in (401, 403)


# People without an address


def test_an_empty_name_is_nobody(cast: StudyCast) -> None:
    nameless = Caller().sending("Authorization", "Basic OmxldCBtZSBpbg==")  # ":let me in"
    assert nameless.get("/api/account/").status_code == 401
    cast.subject.user.set_password("let me in")
    cast.subject.user.save()
    assert nameless.get("/api/account/").status_code == 401


def test_an_empty_name_in_a_body_is_nobody(cast: StudyCast) -> None:
    sent = {"name": "team", "members": [""]}
    assert cast.owner.post("/api/team/", sent).status_code == 404


def test_subjects_log_in_by_their_names(cast: StudyCast) -> None:
    (account,) = cast.subject.get("/api/account/").json()["objects"]
    assert (account["username"], account["email"]) == ("night7_001", "")
