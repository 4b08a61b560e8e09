"""What the state of a study and somebody's part in it allow (studies 3)."""

from __future__ import annotations

from apps.access.visibility import StudyRule
from apps.api.callers import Caller
from apps.api.errors import Forbidden
from apps.api.reasons import Reason
from apps.enrolment.models import Study, StudyStatus

CLOSED = {StudyStatus.DISABLED: "disabled", StudyStatus.FROZEN: "frozen"}
"""States in which nothing of a study changes but its groups and its state, and their names."""

_RUN = StudyRule("")


def lock_study(key: int) -> Study:
    """Return the study as it is now. Until the transaction ends nobody else changes it, nor what
    is decided under this lock: numbers of subjects, and who is in the team."""
    return Study.objects.select_for_update(no_key=True).get(pk=key)


def check_run(caller: Caller, study: Study) -> None:
    """Raise Forbidden unless the caller runs the study."""
    if not _RUN.may_change(caller, study):
        raise Forbidden("Only the team of the study may do this.")


def check_owned(caller: Caller, study: Study) -> None:
    """Raise Forbidden unless the caller owns the study or is staff."""
    if not caller.is_staff and study.owner_id != caller.pk:
        raise Forbidden("Only the owner of the study may do this.")


def check_open(study: Study) -> None:
    """Raise Forbidden for a study that is frozen or disabled."""
    state = CLOSED.get(StudyStatus(study.status))
    if state:
        raise Forbidden(f"The study is {state}.", reason=Reason.STUDY_CLOSED)
