"""The time zones of subjects."""

from __future__ import annotations

from apps.enrolment.models import Study, StudySubject
from apps.studies.planning.windows import ZoneWindows


class SubjectZones:
    """The windows of the zones of subjects. Those who share a zone share its windows."""

    def __init__(self) -> None:
        self._known: dict[str, ZoneWindows] = {}

    def of(self, subject: StudySubject, study: Study) -> ZoneWindows:
        """Return the windows of a subject's own zone, or of that of the study."""
        zone = subject.timezone or study.timezone
        if zone not in self._known:
            self._known[zone] = ZoneWindows(zone)
        return self._known[zone]
