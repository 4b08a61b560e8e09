"""Compliance of 200 subjects with ten items over two months, against reading what they did.

Everybody does about four fifths of what is planned. Wall time counts, for a part of the work is the
database's; the CPU of this process is printed beside it. The report should cost at most three times
as much as the reading of its facts.
"""

from __future__ import annotations

import time
from datetime import date
from typing import Any

from bench.harness import cpu_in_turn, demo_store, show

SUBJECTS, DAYS = 200, 60
START, END = date(2020, 1, 1), date(2020, 4, 1)
OWNER = "runner@example.com"


def planning(survey: int, types: list[int]) -> list[dict[str, Any]]:
    """Ten items: one survey and nine activities, of which three have times."""
    daily = {"repeat_frequency": "P1D", "repeat_period": 0}
    weekly = {"repeat_frequency": "P1W", "repeat_period": 0, "by_week_day": [0, 2, 4]}
    schedules: list[dict[str, Any]] = [{**daily, "resource_uri": f"/api/survey/{survey}/"}]
    for number, key in enumerate(types):
        times = {"start_time": "06:00", "end_time": "10:00"} if number % 3 == 0 else {}
        uri = f"/api/activitytype/{key}/"
        schedules.append({**(daily if number % 3 else weekly), **times, "resource_uri": uri})
    return [
        {"name": f"item {number}", "event_schedule": each} for number, each in enumerate(schedules)
    ]


def fill() -> Any:
    """Make a study with its subjects, and return a report of compliance."""
    from django.db import connection

    from apps.accounts.models import User
    from apps.catalog.models import ActivityType
    from apps.enrolment.models import Study
    from apps.sandbox.study_population import begin_population
    from apps.studies.models import StudyReport, StudyReportKind, Survey

    item = {"linkId": "1", "type": "boolean", "text": "Do you feel well?"}
    asked = {"resourceType": "Questionnaire", "status": "active", "item": [item]}
    survey = Survey.objects.create(name="bench", fhir_questionnaire=asked)
    types = list(ActivityType.objects.order_by("pk").values_list("pk", flat=True)[:9])
    study = Study.objects.create(
        owner=User.objects.get(username=OWNER),
        name="bench",
        uuid="bench",
        timezone="America/Montreal",
        duration_in_days=DAYS,
        planning=planning(survey.pk, types),
    )
    begin_population(study, SUBJECTS, 0.8, START, END)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return StudyReport.objects.create(study=study, name="bench", kind=StudyReportKind.COMPLIANCE)


def main() -> None:
    with demo_store():
        from apps.studies.planning.reading import stored_planning
        from apps.studies.reports.compliance import compliance_table
        from apps.studies.reports.report_subjects import ReportNames, read_subjects
        from apps.studies.subject_facts import read_facts

        report = fill()
        names = ReportNames.of(report, deidentified=False)
        items = stored_planning(report.study.planning)
        targets = {item.schedule.target for item in items if item.schedule.target}
        works = {
            "reading the facts": lambda: read_facts(read_subjects(report), targets, START, END),
            "report of compliance": lambda: compliance_table(report, names, lambda _: None),
        }
        show("wall time", cpu_in_turn(works, 3, 1, time.perf_counter), "reading the facts")
        show("CPU of this process", cpu_in_turn(works, 3, 1), "reading the facts")


if __name__ == "__main__":
    main()
