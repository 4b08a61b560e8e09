"""What a user wore and did."""

from __future__ import annotations

from typing import Any

from apps.access.models import Team
from apps.accounts.models import User
from apps.api.versions import Version
from apps.catalog.models import ActivityAttribute, Datatype
from apps.records.models import (
    ActivityAttributeValue,
    Annotation,
    Device,
    Label,
    LabelledObject,
    Range,
    Record,
    TrainingSession,
)
from tests.contract.base import ResourceContract
from tests.contract.contract import link
from tests.contract.test_catalog import new_metric, new_routine, new_unit

START = 359_840_226_870


def new_device(number: int = 1) -> Device:
    return Device.objects.create(deviceid=f"HXSKIN13{number:08}", serial=number)


def new_record(owner: User, number: int = 1) -> Record:
    start = START + number * 1000
    return Record.objects.create(
        user=owner, device=new_device(number), start=start, end=start + 512 * number
    )


def new_label(owner: User, number: int = 1) -> Label:
    return Label.objects.create(user=owner, name=f"label {number}")


def new_range(owner: User, number: int = 1) -> Range:
    """A range with everything: routine, labels, parent, metrics and an attribute's answer."""
    start, routine = START + number * 1000, new_routine(owner, number)
    made = Range.objects.create(
        user=owner,
        name=f"ride {number}",
        start=start,
        end=start + 256 * 10 * number,
        rank=number,
        trainingroutine=routine,
        activitytype=routine.activitytype,
        parent=Range.objects.create(user=owner, start=start, autodetected=True),
        metrics=[{"metric": new_metric(1000 + number).pk, "value": 69.5, "zones": []}],
    )
    made.labels.add(new_label(owner, number))
    answer(made, number)
    return made


def answer(activity: Range, number: int = 1) -> ActivityAttributeValue:
    """What a range answers to an attribute of its activity type."""
    attribute = ActivityAttribute.objects.create(name="distance", unit=new_unit(number))
    assert activity.activitytype
    activity.activitytype.attributes.add(attribute)
    return ActivityAttributeValue.objects.create(
        range=activity, activityattribute=attribute, value=5.5 * number, start=activity.start
    )


def new_session(owner: User, number: int = 1) -> TrainingSession:
    """A training session of the owner and his team."""
    activity, routine = new_range(owner, number), new_routine(owner, number + 200)
    made = TrainingSession.objects.create(
        user=owner,
        name=f"session {number}",
        start=activity.start,
        end=activity.start + 256 * number,
        range=activity,
        trainingroutine=routine,
    )
    made.users.add(owner)
    made.teams.add(Team.objects.create(name=f"team {number}", owner=owner))
    return made


def new_datatype(number: int = 1) -> Datatype:
    return Datatype.objects.create(dataid=90_000 + number, name=f"comment{number}")


class TestDevice(ResourceContract):
    name = "device"

    def make(self, owner: User, number: int = 1) -> Device:
        device = new_record(owner, number).device
        assert device
        return device


class TestRecord(ResourceContract):
    name = "record"
    undocumented = {Version.V3_3: frozenset({"histograms"})}
    gathering = {"metrics": 0, "histograms": 0}
    required = ("user",)

    def make(self, owner: User, number: int = 1) -> Record:
        return new_record(owner, number)

    def minimal(self, owner: User) -> dict[str, Any]:
        return {"user": link(owner, "user")}

    def changes(self, owner: User) -> dict[str, Any]:
        return {
            "dev_id": "phone",
            "device": link(new_device(70), "device", "deviceid"),
            "device_start": 7,
            "end": START + 9000,
            "firmware_rev": "210",
            "garment": "SNX334000",
            "soft_protocole": 2,
            "soft_uid": "app",
            "start": START + 8000,
        }


class TestRange(ResourceContract):
    name = "range"
    required = ("start", "user")
    undocumented = {Version.V3_3: frozenset({"activityattributes", "context", "histograms"})}
    gathering = {"metrics": 2, "histograms": 0}

    def make(self, owner: User, number: int = 1) -> Range:
        return new_range(owner, number)

    def minimal(self, owner: User) -> dict[str, Any]:
        return {"start": START, "user": link(owner, "user")}

    def changes(self, owner: User) -> dict[str, Any]:
        routine = new_routine(owner, 70)
        assert routine.activitytype
        return {
            "context": {
                "activitytype": link(routine.activitytype, "activitytype"),
                "trainingroutine": link(routine, "trainingroutine"),
            },
            "end": START + 9000,
            "labels": [link(new_label(owner, 71), "label"), link(new_label(owner, 72), "label")],
            "name": "renamed",
            "note": "windy",
            "parent": link(new_range(owner, 73), "range"),
            "rank": 5,
            "start": START + 8000,
        }


class TestAnnotation(ResourceContract):
    name = "annotation"
    required = ("datatype", "start", "user")

    def make(self, owner: User, number: int = 1) -> Annotation:
        return Annotation.objects.create(
            user=owner,
            record=new_record(owner, number),
            datatype=new_datatype(number),
            start=START + number,
            annotation=f"remark {number}",
        )

    def minimal(self, owner: User) -> dict[str, Any]:
        datatype = link(new_datatype(60), "datatype")
        return {"datatype": datatype, "start": START, "user": link(owner, "user")}

    def changes(self, owner: User) -> dict[str, Any]:
        return {
            "annotation": "Hey guys!",
            "datatype": link(new_datatype(70), "datatype"),
            "record": link(new_record(owner, 70), "record"),
            "start": START + 70,
        }


class TestLabel(ResourceContract):
    name = "label"
    required = ("user",)

    def make(self, owner: User, number: int = 1) -> Label:
        return new_label(owner, number)

    def minimal(self, owner: User) -> dict[str, Any]:
        return {"name": "race", "user": link(owner, "user")}

    def changes(self, owner: User) -> dict[str, Any]:
        return {"name": "training"}


class TestLabelledObject(ResourceContract):
    name = "labelledobject"
    required = ("label",)

    def make(self, owner: User, number: int = 1) -> LabelledObject:
        label, record = new_label(owner, number), new_record(owner, number)
        return LabelledObject.objects.create(
            label=label, user=owner, object_type="record", object_id=record.pk
        )

    def minimal(self, owner: User) -> dict[str, Any]:
        label, record = new_label(owner, 60), new_record(owner, 60)
        return {"label": link(label, "label"), "object": link(record, "record")}

    def changes(self, owner: User) -> dict[str, Any]:
        return {
            "label": link(new_label(owner, 70), "label"),
            "object": link(new_range(owner, 70), "range"),
        }


class TestActivityAttributeValue(ResourceContract):
    name = "activityattributevalue"

    def make(self, owner: User, number: int = 1) -> ActivityAttributeValue:
        return new_range(owner, number).attribute_values.get()


class TestTrainingSession(ResourceContract):
    name = "trainingsession"
    required = ("end", "range", "start", "user")

    def make(self, owner: User, number: int = 1) -> TrainingSession:
        return new_session(owner, number)

    def minimal(self, owner: User) -> dict[str, Any]:
        activity = link(new_range(owner, 60), "range")
        return {"start": START, "end": START + 9, "range": activity, "user": link(owner, "user")}

    def changes(self, owner: User) -> dict[str, Any]:
        return {
            "end": START + 9000,
            "name": "renamed",
            "note": "windy",
            "range": link(new_range(owner, 70), "range"),
            "start": START + 8000,
            "teams": [link(Team.objects.create(name="reds", owner=owner), "team")],
            "trainingroutine": link(new_routine(owner, 71), "trainingroutine"),
            "users": [link(owner, "user")],
        }
