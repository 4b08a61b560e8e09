"""Whom a report is about, from which day to which, and what they are called in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from apps.enrolment.models import Study, StudySubject
from apps.studies.models import StudyReport
from apps.studies.planning.expansion import last_study_day
from apps.studies.planning.schedule import LAST_DAY
from apps.studies.pseudonyms import deidentify_study
from apps.studies.tables.csv_file import guard_formula
from apps.studies.tables.deidentification import Deidentification

BY_GROUP, BY_SUBJECT = "group", "subject"
"""What the rows of a report are about, where it is not the usual."""


@dataclass(frozen=True)
class ReportSpan:
    """The days of a report: from `start` to before `end`, where they are given."""

    start: date | None
    end: date | None

    def first_day(self, subject: StudySubject) -> date:
        """Return the first day of the study that counts for a subject."""
        return max(self.start or date.min, subject.start_date)

    def last_day(self, study: Study, subject: StudySubject) -> date:
        """Return the last day of the study that counts for a subject."""
        last = last_study_day(subject.start_date, study.duration_in_days) or LAST_DAY
        return min(last, LAST_DAY, self.end - timedelta(days=1) if self.end else LAST_DAY)


@dataclass(frozen=True)
class ReportNames:
    """What subjects are called in a report: by their user names, or by pseudonyms."""

    how: Deidentification | None

    @classmethod
    def of(cls, report: StudyReport, *, deidentified: bool) -> ReportNames:
        """Return how a report calls subjects."""
        return cls(deidentify_study(report.study_id) if deidentified else None)

    def name(self, subject: StudySubject) -> str:
        """Return what a subject is called, as a cell of a CSV file."""
        if self.how is not None:
            return self.how.pseudonym(subject.user_id)
        return guard_formula(subject.user.get_username())

    def in_order(self, subjects: Iterable[StudySubject]) -> list[StudySubject]:
        """Return subjects in the order of their ids, or of their pseudonyms if those are told."""
        key = (lambda each: each.pk) if self.how is None else self.name
        return sorted(subjects, key=key)


def read_subjects(report: StudyReport) -> list[StudySubject]:
    """Return the subjects of a report who have not left, with their users and groups; one
    statement."""
    rows = StudySubject.objects.filter(study=report.study_id, withdrawn=None)
    if report.study_group_id is not None:
        rows = rows.filter(study_group=report.study_group_id)
    return list(rows.select_related("user", "study_group").order_by("pk"))


def group_name(subject: StudySubject) -> str | None:
    """Return the name of a subject's group as a cell of a CSV file; None without a group."""
    return guard_formula(subject.study_group.name) if subject.study_group else None


def in_groups(subjects: Iterable[StudySubject]) -> list[list[StudySubject]]:
    """Return the subjects by their groups, in the order of these; those without one come last."""
    groups: dict[int | None, list[StudySubject]] = {}
    for subject in subjects:
        groups.setdefault(subject.study_group_id, []).append(subject)
    order = sorted(groups, key=lambda key: (key is None, key or 0))
    return [groups[key] for key in order]
