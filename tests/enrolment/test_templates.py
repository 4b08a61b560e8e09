"""Studies that begin as copies of other ones, by `template_id`."""

from __future__ import annotations

import pytest

from apps.catalog.models import TrainingRoutine
from apps.enrolment.models import Study, StudyMaterial
from apps.studies.models import Survey
from apps.studies.templates import UNFIT
from tests.enrolment.cast import StudyCast, begin_study


def path(cast: StudyCast) -> str:
    return f"/api/study/{cast.study.pk}/"


def test_a_template_gives_planning_groups_surveys_and_settings(cast: StudyCast) -> None:
    study, survey = cast.study, Survey.objects.create(shared=False, fhir_questionnaire={})
    study.type, study.icon = "nights", "moon.png"
    study.save()
    StudyMaterial.objects.create(study=study, kind="survey", object_id=survey.pk)
    cast.owner.post("/api/studygroup/", {"study": path(cast), "name": "Control"})
    uri = f"/api/survey/{survey.pk}/"
    planning = [{"name": "a", "event_schedule": {"resource_uri": uri}}]
    cast.owner.patch(path(cast), {"planning": planning})
    sent = {"name": "copy", "template_id": study.pk, "type": "days"}
    answer = cast.admin.post("/api/study/", sent)
    assert answer.status_code == 201, answer.content
    found = answer.json()
    assert [found[name] for name in ("duration_in_days", "icon", "type")] == [
        28,
        "moon.png",
        "days",
    ]
    assert found["planning"] == planning
    assert "template_id" not in cast.admin.get(found["resource_uri"]).json()
    groups = cast.admin.get("/api/studygroup/", {"study": found["id"]}).json()["objects"]
    assert [group["name"] for group in groups] == ["Control"]
    kept = StudyMaterial.objects.filter(study=found["id"]).values_list("planned", flat=True)
    assert sorted(kept) == [False, True]


def test_who_may_use_which_template(cast: StudyCast) -> None:
    other = begin_study("other")
    sent = {"name": "copy", "template_id": other.study.pk}
    assert cast.outsider.post("/api/study/", sent).status_code == 403
    for wrong in (other.study.pk, 987654321, "x", True):
        answer = cast.owner.post("/api/study/", {**sent, "template_id": wrong})
        assert list(answer.json()["study"]) == ["template_id"], wrong
    Study.objects.filter(pk=other.study.pk).update(cloneable=True)
    assert cast.owner.post("/api/study/", sent).status_code == 201


ITEM = {"name": "a", "event_schedule": {"repeat_frequency": "P1D"}}
OTHER = {"name": "b", "event_schedule": {"repeat_frequency": "P1W"}}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({}, [ITEM]),
        ({"planning": None}, [ITEM]),
        ({"planning": []}, []),
        ({"planning": "[]"}, []),
        ({"planning": [OTHER]}, [OTHER]),
    ],
)
def test_a_planning_that_is_sent_counts_be_it_empty(
    cast: StudyCast, sent: dict[str, object], expected: list[object]
) -> None:
    assert cast.owner.patch(path(cast), {"planning": [ITEM]}).status_code == 202
    body = {"name": "copy", "template_id": cast.study.pk, **sent}
    answer = cast.owner.post("/api/study/", body)
    assert answer.status_code == 201, answer.content
    assert answer.json()["planning"] == expected
    assert cast.owner.get(answer["Location"]).json()["planning"] == expected


def test_a_template_says_why_its_planning_cannot_be_copied(cast: StudyCast) -> None:
    routine = TrainingRoutine.objects.create(user=cast.owner.user, name="gone")
    uri = f"/api/trainingroutine/{routine.pk}/"
    item = {"name": "a", "event_schedule": {"resource_uri": uri}}
    assert cast.owner.patch(path(cast), {"planning": [ITEM, item]}).status_code == 202
    assert cast.owner.delete(uri).status_code == 204
    body = {"name": "copy", "template_id": cast.study.pk}
    studies = Study.objects.count()
    for sent in (body, {**body, "planning": None}):
        refused = cast.owner.post("/api/study/", sent)
        text = f"planning[1].event_schedule.resource_uri: There is no {uri}."
        assert refused.json() == {"study": {"template_id": [UNFIT, text]}}
    assert Study.objects.count() == studies
    assert cast.owner.post("/api/study/", {**body, "planning": [ITEM]}).status_code == 201


def test_a_planning_that_is_too_long_for_the_copy_is_a_fault_of_the_template(
    cast: StudyCast,
) -> None:
    every_day = [{**ITEM, "name": str(number)} for number in range(50)]
    assert cast.owner.patch(path(cast), {"planning": every_day}).status_code == 202
    body = {"name": "copy", "template_id": cast.study.pk, "duration_in_days": 1826}
    refused = cast.owner.post("/api/study/", body)
    assert refused.status_code == 400
    assert refused.json()["study"]["template_id"][0] == UNFIT
