"""`/api/study/`: what it takes, who changes it, and its states (studies 3 and 8)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from apps.accounts.models import User
from apps.catalog.models import ActivityType, TrainingRoutine, Unit
from apps.enrolment.models import Study, StudyMaterial, StudyMember, StudyStatus
from apps.fitness.models import Kpi
from apps.studies import naming
from apps.studies.models import Survey
from tests.enrolment.cast import StudyCast, begin_study, saved_user
from tests.people import Caller
from tests.races import meet

SENT = {
    "name": "Night shift hearts",
    "uuid": "NIGHT7",
    "timezone": "America/Montreal",
    "duration_in_days": 28,
}


def path(cast: StudyCast) -> str:
    return f"/api/study/{cast.study.pk}/"


@pytest.fixture
def coach(db: None) -> Caller:
    return Caller(saved_user("coach", first_name="Cora"))


def test_a_new_study_has_the_printed_form(coach: Caller) -> None:
    answer = coach.post("/api/study/", SENT)
    assert answer.status_code == 201, answer.content
    found, user = answer.json(), coach.user
    assert answer["Location"] == found["resource_uri"]
    owner = {
        "email": "coach@example.com",
        "first_name": "Cora",
        "id": user.pk,
        "last_name": "",
        "profile": f"/api/profile/{user.profile.pk}/",
        "resource_uri": f"/api/user/{user.pk}/",
        "username": "coach@example.com",
    }
    assert found == {
        "cloneable": False,
        "description": "",
        "duration_in_days": 28,
        "icon": "",
        "id": found["id"],
        "name": "Night shift hearts",
        "owner": owner,
        "owner_id": user.pk,
        "planning": [],
        "resource_uri": f"/api/study/{found['id']}/",
        "status": 1,
        "timezone": "America/Montreal",
        "type": "",
        "unit_system": 1,
        "uuid": "NIGHT7",
    }
    assert coach.get(found["resource_uri"]).json() == found


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"uuid": "night7"}, "uuid"),
    ({"uuid": "-a"}, "uuid"),
    ({"uuid": "a b"}, "uuid"),
    ({"timezone": "Mars/Base"}, "timezone"),
    ({"name": " "}, "name"),
    ({"duration_in_days": -1}, "duration_in_days"),
    ({"duration_in_days": 3661}, "duration_in_days"),
    ({"status": 5}, "status"),
    ({"status": 4}, "status"),
    ({"timezone": "Factory"}, "timezone"),
    ({"unit_system": 3}, "unit_system"),
    ({"planning": [{}]}, "planning"),
    ({"owner_id": 1}, "owner_id"),
]


def test_what_is_wrong_is_named(cast: StudyCast) -> None:
    for more, name in WRONG:
        answer = cast.owner.post("/api/study/", {"name": "x", "uuid": "x", **more})
        assert answer.status_code == 400, more
        assert list(answer.json()["study"]) == [name], more
    assert cast.owner.post("/api/study/", {"uuid": "x"}).json() == {
        "study": {"name": ["This field is required."]}
    }
    assert Study.objects.count() == 1


def test_what_a_uuid_begins_with_is_told(coach: Caller) -> None:
    for uuid in ("_a", "-a"):
        answer = coach.post("/api/study/", {**SENT, "uuid": uuid})
        assert "begin with a letter or a digit" in answer.json()["study"]["uuid"][0]
    assert coach.post("/api/study/", {**SENT, "uuid": "0_"}).status_code == 201


def test_the_uuid_is_made_from_the_name(coach: Caller) -> None:
    def uuid_for(name: str) -> str:
        found: str = coach.post("/api/study/", {"name": name}).json()["uuid"]
        return found

    assert [uuid_for("Nuit d'été") for _ in range(3)] == [
        "Nuit-d-ete",
        "Nuit-d-ete-2",
        "Nuit-d-ete-3",
    ]
    assert uuid_for("研究") == "study"
    assert len(uuid_for("long " * 30)) <= 32


@contextmanager
def no_other_study() -> Iterator[None]:
    """Holds what whoever makes a study waits for."""
    with transaction.atomic():
        naming.hold_uuids()
        yield


@pytest.mark.django_db(transaction=True)
def test_ten_of_one_name_at_once_get_ten_uuids() -> None:
    coach = Caller(saved_user("coach"))
    sends = [partial(coach.post, "/api/study/", {"name": "Same"}) for _ in range(10)]
    answers = meet(*sends, at=no_other_study)
    assert [answer.status_code for answer in answers] == [201] * 10
    uuids = {answer.json()["uuid"] for answer in answers}
    assert uuids == {"Same", *(f"Same-{number}" for number in range(2, 11))}


@pytest.mark.django_db(transaction=True)
def test_a_uuid_goes_to_one_of_two_at_once() -> None:
    coach = Caller(saved_user("coach"))
    sends = [partial(coach.post, "/api/study/", {"name": "a", "uuid": uuid}) for uuid in ("X", "x")]
    first, second = meet(*sends, at=no_other_study)
    assert first.status_code == 201, first.content
    assert second.status_code == 400
    assert second.json() == {"study": {"uuid": ["Another study has this uuid."]}}


def test_the_uuid_never_changes(cast: StudyCast) -> None:
    for uuid in ("other", "NIGHT7", ""):
        answer = cast.owner.patch(path(cast), {"uuid": uuid})
        assert answer.json() == {"study": {"uuid": ["This cannot be changed."]}}
    assert cast.owner.patch(path(cast), {"uuid": "night7"}).status_code == 202


def test_who_changes_what(cast: StudyCast) -> None:
    """The team changes settings, and only the owner the status."""
    for sent, expected in (
        ({"name": "new"}, {"owner": 202, "admin": 202, "subject": 403, "outsider": 404}),
        ({"status": 3}, {"admin": 403, "owner": 202, "subject": 403, "staff": 202}),
    ):
        for role, status in expected.items():
            caller = cast[role]
            assert caller.patch(path(cast), sent).status_code == status, (sent, role)
    everything = cast.admin.get(path(cast)).json()
    assert cast.admin.put(path(cast), {**everything, "name": "newer"}).status_code == 200


def test_a_study_is_handed_over_to_somebody_of_the_team(cast: StudyCast) -> None:
    admin, stranger = cast.admin.user.pk, cast.outsider.user.pk
    assert cast.admin.patch(path(cast), {"owner_id": admin}).status_code == 403
    answer = cast.owner.patch(path(cast), {"owner_id": stranger})
    text = "Only somebody of the team can become the owner."
    assert answer.json() == {"study": {"owner_id": [text]}}
    answer = cast.owner.patch(path(cast), {"owner_id": admin})
    assert (answer.status_code, answer.json()["owner"]["id"]) == (202, admin)
    members = list(StudyMember.objects.values_list("user", flat=True))
    assert members == [cast.owner.user.pk]
    assert cast.owner.patch(path(cast), {"status": 2}).status_code == 403
    assert cast.owner.patch(path(cast), {"name": "still of the team"}).status_code == 202


def test_staff_may_make_a_study_for_somebody(cast: StudyCast) -> None:
    sent = {"name": "x", "owner_id": cast.outsider.user.pk}
    assert cast.staff.post("/api/study/", sent).json()["owner_id"] == cast.outsider.user.pk


@pytest.mark.parametrize(("status", "word"), [(2, "frozen"), (0, "disabled")])
def test_a_closed_study_only_changes_its_groups_and_status(
    cast: StudyCast, status: int, word: str
) -> None:
    (subject, _), owner = cast.study.subjects.order_by("pk"), cast.owner
    assert owner.patch(path(cast), {"status": status}).status_code == 202
    whole = owner.get(path(cast)).json()
    member, of_subject = {"study": path(cast)}, f"/api/studysubject/{subject.pk}/"
    refusals = [
        owner.patch(path(cast), {"name": "x"}),
        owner.patch(path(cast), {"planning": [{"name": "a", "event_schedule": {}}]}),
        owner.put(path(cast), {**whole, "name": "x"}),
        owner.patch(path(cast), {"status": 1, "name": "x"}),
        owner.post("/api/studymember/", {**member, "user": "outsider-night7@example.com"}),
        owner.delete(f"/api/studymember/{cast.admin.user.pk}/study/{cast.study.pk}/"),
        owner.post("/api/studysubject/", {**member, "start_date": "2026-02-02"}),
        owner.post("/api/studysubject/?bulk=1", [{**member, "start_date": "2026-02-02"}]),
        owner.patch(of_subject, {"start_date": "2026-02-03"}),
        owner.patch(of_subject, {"user": {"password": "correct horse"}}),
        owner.delete(of_subject),
        owner.send(
            "POST",
            f"/api/csvstudysubjects/?study={cast.study.pk}",
            "start_date\n2026-02-02\n",
            "text/csv",
        ),
    ]
    for number, answer in enumerate(refusals):
        assert answer.status_code == 403, number
        assert answer.json() == {"error": f"The study is {word}."}
        assert answer["X-HexoStore-Reason"] == "study_closed"
    group = owner.post("/api/studygroup/", {**member, "name": "A"})
    assert group.status_code == 201
    answer = owner.patch(of_subject, {"study_group": group.json()["resource_uri"]})
    assert (answer.status_code, answer.json()["study_group_name"]) == (202, "A")
    assert owner.put(of_subject, answer.json()).status_code == 200
    assert owner.put(path(cast), {**whole, "status": 1}).status_code == 200


def test_a_deleted_study_is_hidden_and_keeps_its_uuid(cast: StudyCast) -> None:
    for role, status in (("admin", 403), ("subject", 403), ("outsider", 404), ("owner", 204)):
        caller = cast[role]
        assert caller.delete(path(cast)).status_code == status, role
    assert cast.owner.get(path(cast)).status_code == 404
    assert cast.subject.get("/api/study/").json()["objects"] == []
    assert Study.objects.get().status == StudyStatus.DELETED
    answer = cast.owner.post("/api/study/", {"name": "again", "uuid": "NIGHT7"})
    assert list(answer.json()["study"]) == ["uuid"]
    assert cast.staff.patch(path(cast), {"status": 1}).status_code == 202
    assert cast.owner.get(path(cast)).status_code == 200


# Planning

ITEM = {"name": "rest", "event_schedule": {"repeatFrequency": "P1D", "repeatCount": "2"}}


def test_a_planning_is_given_back_normalised(cast: StudyCast) -> None:
    expected = [{"name": "rest", "event_schedule": {"repeat_frequency": "P1D", "repeat_count": 2}}]
    for sent in (
        [ITEM],
        '[{"name": "rest", "event_schedule": {"repeatFrequency": "P1D", "repeatCount": "2"}}]',
    ):
        answer = cast.admin.patch(path(cast), {"planning": sent})
        assert answer.status_code == 202, answer.content
        assert answer.json()["planning"] == expected
        assert cast.subject.get(path(cast)).json()["planning"] == expected
    assert cast.admin.put(path(cast), {}).json()["planning"] == expected
    assert cast.admin.patch(path(cast), {"planning": None}).json()["planning"] == []


def test_all_faults_of_a_planning_are_told(cast: StudyCast) -> None:
    wrong = [
        {"name": "", "event_schedule": {"repeat_frequency": "PT12H"}},
        {"name": "b", "event_schedule": {"resource_uri": "/api/survey/987654321/"}},
    ]
    answer = cast.owner.patch(path(cast), {"planning": [ITEM, *wrong], "name": "changed"})
    assert answer.status_code == 400
    texts = answer.json()["study"]["planning"]
    assert [text.split(": ")[0] for text in texts] == [
        "planning[1].name",
        "planning[1].event_schedule.repeat_frequency",
        "planning[2].event_schedule.resource_uri",
    ]
    assert cast.owner.get(path(cast)).json()["name"] == "Study night7"


def test_what_is_planned_is_seen_as_long_as_it_is_planned(cast: StudyCast) -> None:
    owner = cast.owner.user
    routine = TrainingRoutine.objects.create(user=owner, name="private")
    kind = ActivityType.objects.create(user=owner, name="private")
    survey = Survey.objects.create(name="private", shared=False, fhir_questionnaire={})
    StudyMaterial.objects.create(study=cast.study, kind="survey", object_id=survey.pk)
    uris = [f"/api/trainingroutine/{routine.pk}/", f"/api/activity/{kind.pk}/"]
    uris.append(f"/api/survey/{survey.pk}/")
    planning = [{"name": uri, "event_schedule": {"resource_uri": uri}} for uri in uris]
    assert cast.subject.get(uris[0]).status_code == 404
    answer = cast.owner.patch(path(cast), {"planning": planning})
    assert answer.status_code == 202, answer.content
    assert answer.json()["planning"][1]["event_schedule"] == {
        "resource_uri": f"/api/activitytype/{kind.pk}/"
    }
    long = cast.subject.get(path(cast).replace("/api/", "/api/v1/")).json()["planning"]
    assert long[0]["event_schedule"]["resource_uri"] == f"/api/v1/trainingroutine/{routine.pk}/"
    assert cast.subject.get(uris[0]).status_code == 200
    assert cast.admin.patch(path(cast), {"planning": planning}).status_code == 202
    assert StudyMaterial.objects.filter(planned=True).count() == 3
    other = begin_study("other")
    wrong = other.owner.patch(path(other), {"planning": planning})
    assert len(wrong.json()["study"]["planning"]) == 3
    assert cast.owner.patch(path(cast), {"planning": planning[1:]}).status_code == 202
    assert cast.subject.get(uris[0]).status_code == 404


@pytest.mark.parametrize("kind", ["activitytype", "trainingroutine", "survey", "kpi"])
def test_a_planning_whose_target_was_deleted_stays_and_can_be_sent_back(
    cast: StudyCast, kind: str
) -> None:
    target = _owned_target(kind, cast.owner.user)
    uri = f"/api/{kind}/{target.name if kind == 'kpi' else target.pk}/"
    item = {"name": "a", "event_schedule": {"resource_uri": uri}}
    assert cast.owner.patch(path(cast), {"planning": [item]}).status_code == 202
    if kind in ("activitytype", "trainingroutine"):
        assert cast.owner.delete(uri).status_code == 204
    else:
        target.delete()
    (row,) = cast.subject.get("/api/calendar/").json()["objects"]
    assert row["event_schedule"]["resource_uri"] == uri
    shown = cast.owner.get(path(cast)).json()
    for answer in (
        cast.admin.patch(path(cast), {"planning": [item, {**item, "name": "b"}]}),
        cast.owner.put(path(cast), shown),
    ):
        assert answer.status_code in (200, 202), answer.content
    assert cast.owner.get(path(cast)).json()["planning"] == [item]
    assert cast.owner.patch(path(cast), {"planning": []}).status_code == 202
    gone = cast.owner.patch(path(cast), {"planning": [item]})
    text = f"planning[0].event_schedule.resource_uri: There is no {uri}."
    assert gone.json() == {"study": {"planning": [text]}}


def _owned_target(kind: str, owner: User) -> Any:
    if kind == "activitytype":
        return ActivityType.objects.create(user=owner, name="gone")
    if kind == "trainingroutine":
        return TrainingRoutine.objects.create(user=owner, name="gone")
    if kind == "survey":
        return Survey.objects.create(fhir_questionnaire={})
    unit = Unit.objects.create(si_short="kg")
    return Kpi.objects.create(name="gone", title="Gone", unit=unit, least=1, most=2)


def test_a_longer_study_may_not_have_too_many_events(cast: StudyCast) -> None:
    item = {
        "name": "a",
        "event_schedule": {"repeat_frequency": "P1D", "repeat_count": 100, "repeat_period": 0},
    }
    answer = cast.owner.patch(path(cast), {"planning": [item]})
    assert answer.status_code == 202, answer.content
    answer = cast.owner.patch(path(cast), {"duration_in_days": 0})
    assert list(answer.json()["study"]) == ["duration_in_days"]
