"""`/api/studyreport/` and `/api/studygeneratedreport/`: what they take, and from whom."""

from __future__ import annotations

from typing import Any

import pytest

from apps.catalog.models import Metric, Unit
from apps.enrolment.models import StudyGroup, StudyStatus
from apps.studies.models import StudyGeneratedReport, StudyReport, Survey
from apps.studies.resources import reports
from tests.enrolment.cast import ROLES, RUN, StudyCast, begin_study
from tests.studies.reports.conftest import GENERATED, REPORTS, Json, make, new_report

pytestmark = pytest.mark.rule("studies 9.4")


@pytest.fixture
def metric(db: None) -> Metric:
    unit = Unit.objects.create(si_short="bpm")
    Metric.objects.create(id=45, name="heartrate_histo", type="histogram", unit=unit)
    return Metric.objects.create(id=44, name="heartrate_avg", unit=unit)


def body(cast: StudyCast, **more: Any) -> Json:
    study = f"/api/study/{cast.study.pk}/"
    return {"study": study, "name": "Week 1", "kind": "compliance", **more}


def test_a_report_has_the_documented_form(cast: StudyCast, survey: Survey, metric: Metric) -> None:
    answer = cast.admin.post(REPORTS, body(cast))
    assert answer.status_code == 201, answer.content
    found = answer.json()
    assert found == {
        "created": found["created"],
        "end": None,
        "group_by": "",
        "id": found["id"],
        "include_metrics": [],
        "kind": "compliance",
        "last_modified": found["last_modified"],
        "name": "Week 1",
        "resource_uri": f"{REPORTS}{found['id']}/",
        "start": None,
        "study": f"/api/study/{cast.study.pk}/",
        "study_group": None,
        "survey": None,
    }
    assert answer["Location"] == found["resource_uri"]
    assert cast.owner.get(found["resource_uri"]).json() == found
    group = StudyGroup.objects.create(study=cast.study, name="Control")
    sent = {
        "include_metrics": ["/api/metric/44/", 44, "44"],
        "kind": "metrics",
        "start": "2026-02-02",
        "end": "2026-02-09",
        "group_by": "group",
        "study_group": f"/api/studygroup/{group.pk}/",
    }
    changed = cast.admin.patch(found["resource_uri"], sent)
    assert changed.status_code == 202, changed.content
    shown = changed.json()
    assert {name: shown[name] for name in sent} == {**sent, "include_metrics": ["/api/metric/44/"]}
    of_answers = {"kind": "answers", "survey": survey.pk, "include_metrics": [], "group_by": ""}
    assert cast.admin.patch(found["resource_uri"], of_answers).status_code == 202


def test_everything_wrong_is_said_at_once(cast: StudyCast, survey: Survey, metric: Metric) -> None:
    other = begin_study("other7")
    strange = StudyGroup.objects.create(study=other.study, name="Control")
    another = f"/api/study/{other.study.pk}/"
    wrong: list[tuple[Json, set[str]]] = [
        ({"kind": "adherence"}, {"kind"}),
        ({"name": " "}, {"name"}),
        ({"kind": "answers"}, {"survey"}),
        ({"survey": survey.pk}, {"survey"}),
        ({"kind": "metrics"}, {"include_metrics"}),
        ({"include_metrics": [44]}, {"include_metrics"}),
        ({"kind": "metrics", "include_metrics": [45]}, {"include_metrics"}),
        ({"kind": "metrics", "include_metrics": [46]}, {"include_metrics"}),
        ({"kind": "metrics", "include_metrics": ["/api/range/44/"]}, {"include_metrics"}),
        ({"kind": "metrics", "include_metrics": [True]}, {"include_metrics"}),
        ({"kind": "metrics", "include_metrics": "44"}, {"include_metrics"}),
        ({"kind": "metrics", "include_metrics": list(range(1, 60))}, {"include_metrics"}),
        ({"start": "2026-02-02", "end": "2026-02-02"}, {"end"}),
        ({"start": "1812-02-02"}, {"end"}),
        ({"group_by": "day"}, {"group_by"}),
        ({"kind": "answers", "survey": survey.pk, "group_by": "group"}, {"group_by"}),
        ({"kind": "answers", "name": "", "group_by": "subject"}, {"group_by", "name", "survey"}),
    ]
    for given, names in wrong:
        answer = cast.owner.post(REPORTS, body(cast, **given))
        assert answer.status_code == 400, given
        assert answer.json()["studyreport"].keys() == names, given
    other.owner.patch(another, {})
    named = cast.staff.post(REPORTS, body(cast, study_group=f"/api/studygroup/{strange.pk}/"))
    assert named.json()["studyreport"].keys() == {"study_group"}
    moved = cast.staff.patch(new_report(cast), {"study": another})
    assert moved.json()["studyreport"].keys() == {"study"}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.rule("studies 9.4")
def test_only_the_team_sees_and_makes_reports(cast: StudyCast, role: str) -> None:
    caller = cast[role]
    report = new_report(cast)
    made = make(cast, report)
    runs = role in RUN
    for path in (report, made["resource_uri"], made["file"]):
        assert caller.get(path).status_code == (200 if runs else 404), path
    for path in (REPORTS, GENERATED):
        assert len(caller.get(path).json()["objects"]) == (1 if runs else 0)
    refused = 403 if "subject" in role else 400  # a study that somebody sees, or not
    assert caller.post(REPORTS, body(cast)).status_code == (201 if runs else refused)
    assert caller.patch(report, {"name": role}).status_code == (202 if runs else 404)
    asked = caller.post(GENERATED, {"report": report})
    assert asked.status_code == (201 if runs else 400)
    assert caller.delete(made["resource_uri"]).status_code == (204 if runs else 404)
    assert caller.delete(report).status_code == (204 if runs else 404)
    for uri in (report, made["resource_uri"]):
        if not runs:
            assert cast.owner.get(uri).status_code == 200


@pytest.mark.parametrize("status", [StudyStatus.FROZEN, StudyStatus.DISABLED])
def test_a_closed_study_can_be_evaluated_by_the_reports_it_has(
    cast: StudyCast, status: StudyStatus
) -> None:
    report = new_report(cast)
    cast.study.status = status
    cast.study.save()
    writes = (
        cast.owner.post(REPORTS, body(cast)),
        cast.owner.patch(report, {"name": "x"}),
        cast.owner.put(report, body(cast)),
        cast.owner.delete(report),
    )
    assert [answer.status_code for answer in writes] == [403] * 4
    assert StudyReport.objects.get().name == "compliance"
    made = make(cast, report)
    assert made["status"] == "complete"
    assert cast.owner.delete(made["resource_uri"]).status_code == 204


def test_a_deleted_study_has_no_reports(cast: StudyCast) -> None:
    report = new_report(cast)
    made = make(cast, report)
    cast.study.status = StudyStatus.DELETED
    cast.study.save()
    for path in (report, made["resource_uri"], made["file"]):
        assert cast.owner.get(path).status_code == 404


def test_a_generated_report_has_the_documented_form(cast: StudyCast) -> None:
    report = new_report(cast)
    answer = cast.admin.post(GENERATED, {"report": report, "status": "complete", "progress": 1})
    found = answer.json()
    assert answer.status_code == 201
    assert answer["Location"] == found["resource_uri"]
    assert found == {
        "created": found["created"],
        "created_by": f"/api/user/{cast.admin.user.pk}/",
        "deidentify": False,
        "error": "",
        "file": None,
        "id": found["id"],
        "progress": 0.0,
        "report": report,
        "resource_uri": f"{GENERATED}{found['id']}/",
        "rows": None,
        "status": "queued",
        "study": f"/api/study/{cast.study.pk}/",
    }
    assert cast.owner.get(f"{found['resource_uri']}file/").status_code == 404
    done = make(cast, report)
    first = cast.owner.get(found["resource_uri"]).json()
    assert (first["status"], first["progress"], first["rows"]) == ("complete", 1.0, 2)
    listed = cast.owner.get(GENERATED, {"study": cast.study.pk, "order_by": "-id"}).json()
    assert listed["objects"] == [done, first]
    assert cast.owner.get(GENERATED, {"report": report, "status": "queued"}).json()["objects"] == []
    for method in ("PUT", "PATCH"):
        assert cast.owner.request(method, found["resource_uri"], {}).status_code == 405


def test_the_file_is_csv_unless_json_is_asked_for(cast: StudyCast) -> None:
    made = make(cast, new_report(cast))
    csv, json = "text/csv; charset=utf-8", "application/json"
    for accept, kind in (("*/*", csv), ("text/csv", csv), ("application/json", json), ("", csv)):
        answer = cast.owner.sending("Accept", accept).get(made["file"])
        assert answer["Content-Type"] == kind, accept
    asked = cast.owner.get(made["file"], {"format": "json"})
    assert asked.json()["meta"] == {"total_count": 2}
    assert cast.owner.get(made["file"], {"format": "xlsx"}).status_code == 400
    assert "attachment" in cast.owner.get(made["file"])["Content-Disposition"]
    assert cast.owner.request("HEAD", made["file"]).status_code == 200
    assert cast.owner.delete(made["file"]).status_code == 405


@pytest.mark.rule("studies 9.3")
def test_a_file_with_names_is_not_given_to_those_who_want_none(cast: StudyCast) -> None:
    report = new_report(cast)
    named, told = make(cast, report), make(cast, report, deidentify=True)
    assert told["deidentify"] is True
    assert cast.owner.get(named["file"], {"deidentify": 1}).status_code == 400
    assert cast.owner.get(told["file"], {"deidentify": 1}).status_code == 200
    asked = cast.owner.post(f"{GENERATED}?deidentify=1", {"report": report})
    assert asked.json()["deidentify"] is True


def test_few_reports_wait_at_a_time(cast: StudyCast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "MOST_WAITING", 2)
    report = new_report(cast)
    asked = [cast.owner.post(GENERATED, {"report": report}).status_code for _ in range(3)]
    assert asked == [201, 201, 400]
    make_all = make
    StudyGeneratedReport.objects.update(status="complete")
    assert make_all(cast, report)["status"] == "complete"


def test_writes_are_logged(cast: StudyCast) -> None:
    report = new_report(cast)
    cast.owner.patch(report, {"name": "other"})
    made = make(cast, report)
    logged = cast.owner.get("/api/activitylog/", {"order_by": "id"}).json()["objects"]
    assert [(each["method"], each["object_resource_uri"]) for each in logged] == [
        ("POST", report),
        ("PATCH", report),
        ("POST", made["resource_uri"]),
    ]
