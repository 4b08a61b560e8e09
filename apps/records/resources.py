"""What a user wore and did: device, record and range."""

from __future__ import annotations

import re

from django.db.models import BigIntegerField, CharField, Q, QuerySet
from django.db.models.expressions import Combinable

from apps.access.visibility import OwnedBy
from apps.api import registry
from apps.api.bodies import JSONValue
from apps.api.context import Context
from apps.api.derived import URI, AnnotatedField, Computed
from apps.api.fields import JSON, DateTime, Id, Integer, Text, Ticks, sorted_members
from apps.api.lookups import ALL_WITH_RELATIONS, KEY, MOMENT, ORDERED
from apps.api.relations import ToMany, ToOne
from apps.api.resources import DELETE, GET, PATCH, POST, PUT, ModelResource
from apps.api.versions import Version
from apps.catalog.resources import import_link, ticks_moment
from apps.records import measures
from apps.records.fields import Parent, RangeAttributes, RangeContext
from apps.records.measures import HISTOGRAMS, METRICS, MeasuresField
from apps.records.models import (
    WHOLE_NUMBER,
    Device,
    Range,
    Record,
    TrainingSession,
    seconds_between,
)
from apps.records.status import range_status
from apps.records.worn import WornBy
from hexostore import hexotime

TICKS_PER_SECOND = hexotime.TICKS_PER_SECOND


def ends_after_start(row: Record | Range | TrainingSession) -> dict[str, list[str]]:
    """Return the error of a period that ends before it starts."""
    if row.start is None or row.end is None or row.end >= row.start:
        return {}
    return {"end": ["The end must not be before the start."]}


def start_date() -> Computed:
    """Return the field with `start` as a date text."""
    return Computed(("start",), ticks_moment, kind="datetime", help="`start` as a date.")


@registry.register_resource
class DeviceResource(ModelResource[Device]):
    """See API reference, Record."""

    name = "device"
    summary = "A recorder, identified by its device id."
    model = Device
    key = "deviceid"
    names = ("deviceid",)
    list_methods = (GET,)
    detail_methods = (GET,)
    fields = {
        "batt_end": Integer(
            default=0,
            legacy={"default": "No default provided."},
            help="Not documented. The name suggests the battery at the end.",
        ),
        "batt_start": Integer(
            default=0,
            legacy={"default": "No default provided."},
            help="Not documented. The name suggests the battery at the start.",
        ),
        "bt_addr": Text(
            default="", legacy={"default": "No default provided."}, help="The Bluetooth address."
        ),
        "bt_info": Text(blank=True, default="", help="Not documented."),
        "charge_time": Integer(
            default=0,
            legacy={"default": "No default provided."},
            help="Not documented. The name suggests how long it was charged.",
        ),
        "created": DateTime(blank=True, default=True, help="When the device was registered."),
        "deviceid": Text(
            blank=True,
            default="",
            readonly=True,
            unique=True,
            help="The id that is printed on the device.",
        ),
        "fw_end": Text(
            default="",
            legacy={"default": "No default provided."},
            help="The last firmware that it ran.",
        ),
        "fw_start": Text(
            default="",
            legacy={"default": "No default provided."},
            help="The first firmware that it ran.",
        ),
        "hw_rev": Text(
            default="",
            legacy={"default": "No default provided."},
            help="The revision of the hardware.",
        ),
        "id": Id(readonly=True, unique=True),
        "last_modified": DateTime(blank=True, default=True, help="When it was last changed."),
        "mcu_info": Text(blank=True, default="", help="Not documented."),
        "model": Integer(
            default=0,
            legacy={"default": "No default provided."},
            help="Not documented.",
        ),
        "purchase_order": Integer(
            default=0, legacy={"default": "No default provided."}, help="Not documented."
        ),
        "resource_uri": URI(),
        "serial": Integer(
            default=0, legacy={"default": "No default provided."}, help="The serial number."
        ),
        "status": Integer(
            default=0,
            legacy={"default": "No default provided."},
            help="A number for its state. The values are not documented.",
        ),
    }
    filtering = {"deviceid": ["exact", "in"], "id": KEY}
    ordering = ("id",)
    visible = WornBy()

    @classmethod
    def named_rows(cls, context: Context) -> QuerySet[Device]:
        """Return all devices: anybody may name a device by its `deviceid`.

        Users can read it from the device that they wear. A number proves nothing, because it can be
        guessed by counting.
        """
        return Device.objects.all()


def duration_seconds(_context: Context, start: int | None, end: int | None) -> int | None:
    """Return the whole seconds between two ticks, or None if one is missing."""
    return None if start is None or end is None else (end - start) // TICKS_PER_SECOND


def algo_object(context: Context, algo: JSONValue) -> dict[str, JSONValue] | None:
    """Return the versions of the used algorithms with the URI of the set (behaviour 11).

    The URI is null if the set has no id. Return None if `algo` is not an object.
    """
    if not isinstance(algo, dict):
        return None
    key = algo.get("id")
    has_key = type(key) is int and re.fullmatch(WHOLE_NUMBER, str(key))
    uri = f"{context.prefix}/algo/{key}/" if has_key else None
    members = {**algo, "resource_uri": uri}
    return {name: sorted_members(members[name]) for name in sorted(members)}


@registry.register_resource
class RecordResource(ModelResource[Record]):
    """See API reference, Record."""

    name = "record"
    summary = "One recording of a device, from connecting it to the garment until unplugging it."
    model = Record
    owner_order = ("id", "start", "device")
    list_methods = (GET, POST)
    detail_methods = (GET, PUT, PATCH, DELETE)
    fields = {
        "algo": Computed(
            ("algo",),
            algo_object,
            kind="dict",
            null=True,
            since=Version.V4_0,
            help="The versions of the algorithms that processed it.",
        ),
        "data": Text(
            null=True,
            readonly=True,
            since=Version.V4_0,
            help="Base64 of `start`, `soft_uid`, `dev_id` and bytes that are not documented.",
        ),
        "data_status": JSON(
            null=True,
            readonly=True,
            help="`pending` by data type while samples are missing.",
        ),
        "dev_id": Text(default="", help="All `F` in published examples. Not documented."),
        "device": ToOne(
            "device", null=True, blank=True, always_seen=True, help="The device that recorded."
        ),
        "device_start": Ticks(
            blank=True,
            default=0,
            legacy={"default": ""},
            help="Not documented. The name suggests the start by the clock of the device.",
        ),
        "duration": Computed(
            ("start", "end"),
            duration_seconds,
            kind="integer",
            null=True,
            since=Version.V4_0,
            help="Whole seconds from start to end.",
        ),
        "end": Ticks(null=True, blank=True, help="When the record ends."),
        "firmware_rev": Text(default="000", help="The firmware of the device."),
        "garment": Text(null=True, blank=True, since=Version.V4_0, help="The shirt that was worn."),
        "histograms": MeasuresField(
            Record, HISTOGRAMS, help="The histograms that `include_histograms` names."
        ),
        "id": Id(readonly=True, unique=True),
        "importfile": import_link(),
        "last_modified": DateTime(readonly=True, help="When it was last changed."),
        "metrics": MeasuresField(
            Record, METRICS, help="The metrics that `include_metrics` names, each with its value."
        ),
        "n_uploaded_timelines": Integer(
            null=True,
            readonly=True,
            since=Version.V4_0,
            help="Not documented; 0 in published examples.",
        ),
        "npages": Integer(
            null=True,
            readonly=True,
            since=Version.V4_0,
            help="Not documented. In published examples, it is about 3.6 for each second.",
        ),
        "resource_uri": URI(),
        "soft_protocole": Integer(default=0, help="Not documented; 0 in published examples."),
        "soft_uid": Text(default="", help="`HXDEV-AUTO` in published examples. Not documented."),
        "start": Ticks(null=True, blank=True, help="When the record begins."),
        "start_date": start_date(),
        "status": Text(
            readonly=True,
            help="The state of the record, from `realtime` to `complete`.",
        ),
        "user": ToOne("user", full="both", nested="list", help="Who wore the device."),
    }
    filtering = {
        "device": KEY,
        "end": ORDERED,
        "id": KEY,
        "include_histograms": ["exact"],
        "include_metrics": ["exact"],
        "last_modified": MOMENT,
        "start": ORDERED,
        "user": KEY,
    }
    ordering = ("id", "start", "end", "device", "user", "last_modified")
    visible = OwnedBy("user")
    order = ("-start",)

    @classmethod
    def remark(cls, context: Context) -> str | None:
        return measures.remark_skipped(context)

    @classmethod
    def validate(cls, row: Record) -> dict[str, list[str]]:
        return ends_after_start(row)


def range_duration(_context: Context) -> Combinable:
    """Return whole seconds from start to end, null while the range has no end."""
    return seconds_between()


def duration_text(context: Context, seconds: int | None) -> str | int | None:
    """Return the duration in the form of the store's conventions."""
    return None if seconds is None else context.conventions.duration(seconds)


@registry.register_resource
class RangeResource(ModelResource[Range]):
    """See API reference, Range."""

    name = "range"
    summary = "A labelled period of a user's time, often called activity."
    model = Range
    owner_order = ("id", "start")
    list_methods = (GET, POST, PATCH)
    detail_methods = (GET, PUT, PATCH, DELETE)
    fields = {
        # Clients of 3.3.x read these two, although only newer schemas list them (wire trap 5).
        "activityattributes": RangeAttributes(
            null=True,
            blank=True,
            since=Version.V3_3,
            documented_since=Version.V4_0,
            help="The questions of its activity type with their answers.",
        ),
        "activitytype": ToOne(
            "activitytype", null=True, blank=True, readonly=True, help="What was done."
        ),
        "context": RangeContext(
            null=True,
            blank=True,
            since=Version.V3_3,
            documented_since=Version.V4_0,
            help="Activity type and routine together, as newer programs write them.",
        ),
        "created": DateTime(readonly=True, help="When the range was made."),
        "duration": AnnotatedField(
            range_duration,
            BigIntegerField(),
            duration_text,
            null=True,
            help="From start to end, as `H:MM:SS`.",
        ),
        "end": Ticks(null=True, blank=True, help="When it ends; null while it goes on."),
        "histograms": MeasuresField(
            Range, HISTOGRAMS, help="The histograms that `include_histograms` names."
        ),
        "id": Id(readonly=True, unique=True),
        "labels": ToMany("label", null=True, blank=True, help="The labels on it."),
        "last_modified": DateTime(readonly=True, help="When it was last changed."),
        "metrics": MeasuresField(
            Range,
            METRICS,
            help="The default metrics of its activity type, then those of `include_metrics`.",
        ),
        "name": Text(blank=True, default="", help="What people call it."),
        "note": Text(blank=True, default="", help="A remark about it."),
        "parent": Parent("range", null=True, blank=True, help="A range that holds this one."),
        "ranges": ToMany(
            "range",
            kind="string",
            readonly=True,
            lists=False,
            help="The ranges that this one holds.",
        ),
        "rank": Integer(
            blank=True, default=0, help="The level: 0 for a whole activity, 1 for its laps."
        ),
        "resource_uri": URI(),
        "start": Ticks(help="When it begins."),
        "start_date": start_date(),
        "status": AnnotatedField(
            range_status,
            CharField(),
            help="The most important status of its records, or `empty`.",
        ),
        "trainingroutine": ToOne(
            "trainingroutine",
            null=True,
            blank=True,
            readonly=True,
            help="The routine that it follows.",
        ),
        "user": ToOne("user", help="Who did it."),
    }
    filtering = {
        "activitytype": ["exact", "in", "isnull"],
        "duration": MOMENT,
        "end": ORDERED,
        "id": KEY,
        "include_autodetected": ["true"],
        "include_histograms": ["exact"],
        "include_metrics": ["exact"],
        "labels": ["exact", "in"],
        "last_modified": MOMENT,
        "rank": KEY,
        "show_all": ["exact"],
        "start": ORDERED,
        "trainingroutine": ALL_WITH_RELATIONS,
        "user": KEY,
    }
    ordering = (
        "id",
        "start",
        "end",
        "user",
        "trainingroutine",
        "rank",
        "duration",
        "last_modified",
    )
    visible = OwnedBy("user")
    order = ("-start",)
    hidden = Q(autodetected=True)
    shown_by = ("include_autodetected", "include_autodetected__true", "show_all")

    @classmethod
    def remark(cls, context: Context) -> str | None:
        return measures.remark_skipped(context)

    @classmethod
    def validate(cls, row: Range) -> dict[str, list[str]]:
        return ends_after_start(row)
