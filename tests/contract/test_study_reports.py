"""studyreport and studygeneratedreport."""

from __future__ import annotations

from typing import Any, ClassVar

from apps.accounts.models import User
from apps.enrolment.models import StudyGroup
from apps.studies.models import GenerationStatus, StudyGeneratedReport, StudyReport, Survey
from tests.contract.contract import link
from tests.contract.test_studies import OfStudies, new_group, study_of
from tests.studies.surveys import SYMPTOMS


def new_report(owner: User, number: int = 1) -> StudyReport:
    return StudyReport.objects.create(
        study=study_of(owner),
        name=f"report {number}",
        kind="answers",
        start=f"2026-01-{number % 28 + 1:02}",
        study_group=new_group(owner, StudyGroup.objects.count() + 100),
        survey=Survey.objects.create(
            name=f"survey {Survey.objects.count()}", fhir_questionnaire=SYMPTOMS
        ),
    )


class TestStudyReport(OfStudies):
    __test__ = True
    name = "studyreport"
    required = ("study",)
    test_patch_of_null: ClassVar[Any] = None  # answers need a survey: tests/studies/reports

    def make(self, owner: User, number: int = 1) -> StudyReport:
        return new_report(owner, number)

    def minimal(self, owner: User) -> dict[str, Any]:
        return {"study": link(study_of(owner), "study"), "name": "week 1", "kind": "compliance"}

    def changes(self, owner: User) -> dict[str, Any]:
        return {
            "name": "renamed",
            "start": "2026-02-02",
            "end": "2026-03-02",
            "study_group": link(new_group(owner, StudyGroup.objects.count() + 100), "studygroup"),
        }


class TestStudyGeneratedReport(OfStudies):
    __test__ = True
    name = "studygeneratedreport"
    required = ("report",)

    def make(self, owner: User, number: int = 1) -> StudyGeneratedReport:
        return StudyGeneratedReport.objects.create(
            report=new_report(owner, number), created_by=owner, status=GenerationStatus.COMPLETE
        )

    def minimal(self, owner: User) -> dict[str, Any]:
        return {"report": link(new_report(owner), "studyreport")}

    def changes(self, owner: User) -> dict[str, Any]:
        return {"deidentify": True}
