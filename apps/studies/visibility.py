"""Who sees surveys and the answers to them (docs/rights.md)."""

from __future__ import annotations

from django.db.models import F, Model, Q
from django.db.models.expressions import RawSQL

from apps.access.visibility import StudyRule, select_materials
from apps.api.callers import Caller
from apps.api.guards import InSubquery
from apps.enrolment.models import Study, StudyStatus
from apps.studies.models import SurveyAnswers

_OWN = f"""
    SELECT answers.id
    FROM {SurveyAnswers._meta.db_table} answers JOIN {Study._meta.db_table} study
        ON study.id = answers.study_id
    WHERE answers.user_id = %s AND study.status <> {StudyStatus.DELETED}
"""  # noqa: S608 - made of names and a number only


class SurveyRule:
    """The survey at `path`, or the survey itself with the empty path. Everybody sees a shared one,
    and those who take part in a study the surveys that it is about. Staff make them."""

    def __init__(self, path: str = "") -> None:
        self.path = path

    def condition(self, caller: Caller) -> Q:
        if caller.is_staff:
            return Q()
        material = InSubquery(F(self.path or "pk"), select_materials(caller, "survey"))
        start = f"{self.path}__" if self.path else ""
        return Q(**{f"{start}shared": True}) | Q(material)

    def may_change(self, caller: Caller, row: Model) -> bool:
        return bool(caller.is_staff)


class AnswersRule(StudyRule):
    """Answers are seen by those who run the study, whoever left it meanwhile. Subjects see their
    own, until the study is deleted. `path` leads to the answers."""

    def __init__(self, path: str = "pk") -> None:
        super().__init__("study")
        self.answers = path

    def condition(self, caller: Caller) -> Q:
        if caller.is_staff:
            return Q()
        own = RawSQL(_OWN, (caller.pk,))  # noqa: S611 - parameters are bound
        return super().condition(caller) | Q(InSubquery(F(self.answers), own))

    def may_change(self, caller: Caller, row: Model) -> bool:
        """Return whether somebody may give these answers: of their own, or for a subject of a study
        that they run."""
        return getattr(row, "user_id", None) == caller.pk or super().may_change(caller, row)
