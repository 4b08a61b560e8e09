"""What an item of a planning asks a subject to do: the resource that its URI names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class TargetKind(StrEnum):
    """The resources that can be planned (studies 4)."""

    ACTIVITY_TYPE = "activitytype"
    TRAINING_ROUTINE = "trainingroutine"
    SURVEY = "survey"
    KPI = "kpi"


@dataclass(frozen=True, slots=True)
class PlanningTarget:
    """A row of one of these resources: its id, or of a KPI its name."""

    kind: TargetKind
    key: int | str

    def uri(self, prefix: str = "/api/") -> str:
        """Return its address, which begins with `prefix`."""
        return f"{prefix}{self.kind}/{self.key}/"


_PREFIX = r"(?:https?://[^/\s]+)?/?api/(?:v1/)?"
_NUMBERED = re.compile(
    rf"{_PREFIX}(?P<kind>activitytype|activity|trainingroutine|survey)/(?P<id>\d{{1,9}})/?",
    re.ASCII,
)
_KPI = re.compile(
    rf"{_PREFIX}(?:kpi|profile/[\w@.+-]+/fitness)/(?P<name>[a-z][a-z0-9_]{{0,63}})/?", re.ASCII
)


def read_target(uri: str) -> PlanningTarget:
    """Return what a URI names, with or without a host. Raise ValueError, with a sentence.

    Published examples write `/api/activity/4/` where the calendar has `/api/activitytype/4/`
    (studies 4.2), so both are the same. A KPI is named as such or as part of anybody's profile.
    """
    if found := _KPI.fullmatch(uri):
        return PlanningTarget(TargetKind.KPI, found["name"])
    found = _NUMBERED.fullmatch(uri)
    if not found:
        raise ValueError(
            "Expected the URI of an activitytype, trainingroutine, survey or kpi, such as "
            "/api/trainingroutine/1012/."
        )
    kind = "activitytype" if found["kind"] == "activity" else found["kind"]
    return PlanningTarget(TargetKind(kind), int(found["id"]))
