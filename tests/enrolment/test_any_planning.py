"""Any JSON for a planning, sent as it is: refused, or stored and given back so that it is the same
when it is sent again."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.catalog.models import ActivityType
from apps.enrolment.models import StudyMaterial
from apps.studies.models import Survey
from tests.enrolment.cast import StudyCast
from tests.studies.examples import item
from tests.studies.test_planning_json import plannings, right_schedules

sent_to_a_server = settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@given(plannings | st.lists(st.builds(item, right_schedules), max_size=3))
@sent_to_a_server
def test_any_planning_is_refused_or_comes_back(cast: StudyCast, sent: Any) -> None:
    path = f"/api/study/{cast.study.pk}/"
    ActivityType.objects.get_or_create(pk=4)
    Survey.objects.get_or_create(pk=3, defaults={"fhir_questionnaire": {}})
    answer = cast.admin.send("PATCH", path, json.dumps({"planning": sent}))
    assert answer.status_code in (202, 400), answer.content
    if answer.status_code == 400:
        assert list(answer.json()) in (["study"], ["error"])
        return
    found = cast.subject.get(path).json()["planning"]
    assert answer.json()["planning"] == found
    again = cast.owner.patch(path, {"planning": found})
    assert (again.status_code, again.json()["planning"]) == (202, found)
    assert cast.owner.patch(path, {"planning": json.dumps(found)}).json()["planning"] == found
    assert StudyMaterial.objects.count() <= len(found)
