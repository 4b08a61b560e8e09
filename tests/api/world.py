"""A small world with known ids: three records, three ranges, two labels of the owner's and one
of each that is the outsider's.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.core.management.color import no_style
from django.db import connection

from apps.catalog.models import (
    ActivityAttribute,
    ActivityType,
    Datatype,
    Metric,
    TrainingRoutine,
    Unit,
)
from apps.records.models import Device, Label, Range, Record
from tests.people import Cast

MOMENT = datetime(2014, 5, 7, 12, 34, 56, 789012, tzinfo=UTC)
SECOND = 256
WITH_IDS = [Device, Record, Range, Label, ActivityType, TrainingRoutine]
SERIALS = ("HXSKIN1200000001", "HXSKIN1200000002")


def build(cast: Cast) -> None:
    """Makes the rows; ids are 11 and 12 for devices, 101 to 104 for records, 201 to 204 for
    ranges, 301 to 303 for labels, the last of each being the outsider's."""
    _catalogue(cast)
    _records(cast)
    _ranges(cast)
    _move_sequences()


def _move_sequences() -> None:
    """Lets the next ids of new rows follow those given here."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), WITH_IDS):
            cursor.execute(statement)


def _catalogue(cast: Cast) -> None:
    unit = Unit.objects.create(id=103, si_short="km", si_long="kilometer")
    Metric.objects.create(id=44, name="heartrate_avg", title="HR Avg", unit=unit)
    Datatype.objects.create(dataid=19, name="HR", hexo_freq=256, position=2)
    Datatype.objects.create(dataid=4096, name="ANNOT", info="Été <b> & 心", position=1)
    distance = ActivityAttribute.objects.create(id=601, name="distance", unit=unit)
    running = ActivityType.objects.create(id=501, name="Running", base="high", category="running")
    running.attributes.add(distance)
    walking = ActivityType.objects.create(id=502, name="Walking", base="low")
    TrainingRoutine.objects.create(id=401, name="Jog", activitytype=running)
    TrainingRoutine.objects.create(id=402, name="Mine", activitytype=walking, user=cast.owner.user)


def _records(cast: Cast) -> None:
    one, two = (
        Device.objects.create(id=11 + n, deviceid=serial, serial=n + 1)
        for n, serial in enumerate(SERIALS)
    )
    owner, outsider = cast.owner.user, cast.outsider.user
    Record.objects.bulk_create(
        [
            Record(id=101, user=owner, device=one, start=1000 * SECOND, end=2000 * SECOND),
            Record(id=102, user=owner, device=two, start=3000 * SECOND, end=4000 * SECOND),
            Record(id=103, user=owner, start=5000 * SECOND, end=None, status="realtime"),
            Record(id=104, user=outsider, start=7000 * SECOND, end=8000 * SECOND),
        ]
    )
    for days, key in enumerate((101, 102, 103, 104)):
        Record.objects.filter(pk=key).update(last_modified=MOMENT + timedelta(days=days))


def _ranges(cast: Cast) -> None:
    owner, outsider = cast.owner.user, cast.outsider.user
    Label.objects.bulk_create(
        [
            Label(id=301, name="red", user=owner),
            Label(id=302, name="Été <b>", user=owner),
            Label(id=303, name="theirs", user=outsider),
        ]
    )
    Range.objects.bulk_create(
        [
            Range(id=201, user=owner, name="easy", start=1000 * SECOND, end=1006 * SECOND),
            Range(
                id=202,
                user=owner,
                name="hard",
                rank=2,
                start=5000 * SECOND,
                end=5001 * SECOND,
                trainingroutine_id=401,
                activitytype_id=501,
            ),
            Range(id=203, user=owner, name="open", start=9000 * SECOND),
            Range(id=204, user=outsider, name="theirs", start=7000 * SECOND),
        ]
    )
    Range.objects.update(created=MOMENT, last_modified=MOMENT)
    Range.objects.get(pk=201).labels.set([301, 302])
    Range.objects.get(pk=202).labels.set([302])
