"""What is deleted takes along what is its owner's, and nothing of anybody else's."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import models

from apps.api.ownership import OWNER, spare_others
from apps.bookkeeping.models import TemplateReport
from apps.catalog.models import ActivityAttribute, ActivityType, Datatype
from apps.records.models import (
    ActivityAttributeValue,
    Annotation,
    Label,
    LabelledObject,
    Range,
    Record,
    TrainingSession,
)
from tests.contract.growth import place_of
from tests.people import Caller, Cast


def ids(model: type[models.Model]) -> set[int]:
    return set(model._default_manager.values_list("pk", flat=True))


@pytest.fixture
def activity(owner: Caller) -> Range:
    return Range.objects.create(user=owner.user, start=1)


def test_ranges_of_others_below_it_stay(cast: Cast, activity: Range) -> None:
    own = Range.objects.create(user=cast.owner.user, start=1, parent=activity)
    others = Range.objects.create(user=cast.coach.user, start=1, parent=activity)
    below_own = Range.objects.create(user=cast.coach.user, start=1, parent=own)
    assert cast.owner.delete(f"/api/range/{activity.pk}/").status_code == 204
    assert ids(Range) == {others.pk, below_own.pk}
    for row in (others, below_own):
        assert cast.coach.get(f"/api/range/{row.pk}/").json()["parent"] is None


def test_sessions_of_others_stay_without_their_range(cast: Cast, activity: Range) -> None:
    columns = {"start": 1, "end": 2, "range": activity}
    TrainingSession.objects.create(user=cast.owner.user, **columns)
    others = TrainingSession.objects.create(user=cast.coach.user, **columns)
    assert cast.owner.delete(f"/api/range/{activity.pk}/").status_code == 204
    assert ids(TrainingSession) == {others.pk}
    found = cast.coach.get(f"/api/trainingsession/{others.pk}/").json()
    assert (found["range"], found["labels"]) == (None, [])


def test_remarks_of_others_stay_without_their_record(cast: Cast) -> None:
    record = Record.objects.create(user=cast.owner.user, start=1)
    columns = {"datatype": Datatype.objects.create(dataid=90_001), "start": 1, "record": record}
    Annotation.objects.create(user=cast.owner.user, **columns)
    others = Annotation.objects.create(user=cast.coach.user, **columns)
    assert cast.owner.delete(f"/api/record/{record.pk}/").status_code == 204
    assert ids(Annotation) == {others.pk}
    assert cast.coach.get(f"/api/annotation/{others.pk}/").json()["record"] is None


def test_reports_of_others_stay(cast: Cast, activity: Range) -> None:
    TemplateReport.objects.create(user=cast.owner.user, range=activity)
    others = TemplateReport.objects.create(user=cast.coach.user, range=activity)
    everybodys = TemplateReport.objects.create(range=activity)
    assert cast.owner.delete(f"/api/range/{activity.pk}/").status_code == 204
    assert ids(TemplateReport) == {others.pk, everybodys.pk}


def test_a_label_that_others_use_stays(cast: Cast) -> None:
    label = Label.objects.create(user=cast.owner.user, name="mine")
    used = {"label": label, "object_type": "range", "object_id": 1}
    LabelledObject.objects.create(user=cast.owner.user, **used)
    others = LabelledObject.objects.create(user=cast.coach.user, **used)
    answer = cast.owner.delete(f"/api/label/{label.pk}/")
    assert (answer.status_code, "other people" in answer.json()["error"]) == (400, True)
    assert len(ids(LabelledObject)) == 2
    others.delete()
    assert cast.owner.delete(f"/api/label/{label.pk}/").status_code == 204
    assert not ids(LabelledObject)


def test_an_attribute_that_others_answered_stays(cast: Cast) -> None:
    attribute = ActivityAttribute.objects.create(user=cast.owner.user, name="mood")
    kind = ActivityType.objects.create(name="walk")
    kind.attributes.add(attribute)
    for person in (cast.owner, cast.coach):
        walk = Range.objects.create(user=person.user, start=1, activitytype=kind)
        ActivityAttributeValue.objects.create(range=walk, activityattribute=attribute, value=1)
    path = f"/api/activityattribute/{attribute.pk}/"
    assert cast.owner.delete(path).status_code == 400
    Range.objects.filter(user=cast.coach.user).delete()
    assert cast.owner.delete(path).status_code == 204
    assert not ids(ActivityAttributeValue)


def links() -> list[models.ForeignKey[models.Model, models.Model]]:
    """The links between tables of ours whose rows have owners of their own on both sides."""
    ours = [model for model in apps.get_models() if model.__module__.startswith("apps.")]
    found = [
        field
        for model in ours
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey)
    ]
    return [field for field in found if _is_owned(field.model) and _is_owned(field.related_model)]


def _is_owned(model: object) -> bool:
    assert isinstance(model, type)
    assert issubclass(model, models.Model)
    names = {field.name for field in model._meta.get_fields()}
    return "user" in names or hasattr(model, OWNER)


PARTS = {
    "records.ActivityAttributeValue.range",  # an answer is a part of the range that it is about
    "signals.Channel.record",
    "studies.SurveyAnswer.surveyanswers",
    "signals.Chunk.record",
    "tracks.TrackPoint.track",
}
"""Links from the parts of a thing, which have no owner but that of the whole."""

CREDENTIALS = ("credentials.", "bookkeeping.Algo")
"""What a client holds ends with it, and a view of the database has no rows of its own."""


def test_every_link_between_owners_follows_the_rule() -> None:
    for field in links():
        name = f"{field.model._meta.label}.{field.name}"
        if name in PARTS or name.startswith(CREDENTIALS):
            continue
        rule = field.remote_field.on_delete
        assert rule in (spare_others, models.SET_NULL), (
            f"{name}, {place_of(field.model)}: on_delete is `spare_others` (apps.api.ownership), "
            "or `models.SET_NULL` if the row stays without the link"
        )
