"""Activities as rows: a record, ranges, tracks and training routines of a user.

Parts of the file that a former import has stored, and that still exist, stay as they are.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace

from apps.catalog.models import (
    ActivityAttribute,
    ActivityType,
    Datatype,
    ImportFile,
    TrainingRoutine,
)
from apps.exchange import sampling, track_points
from apps.exchange.activity import Activity, Lap, Session, Step, Totals, Workout
from apps.exchange.contents import Report
from apps.exchange.equivalents import DISTANCE, ENERGY, METRES_PER_KILOMETRE
from apps.exchange.parts import (
    RECORD,
    ImportedPart,
    lap_part,
    session_part,
    track_part,
    workout_part,
)
from apps.metrics import processing
from apps.metrics.subject import COMPLETE
from apps.records.models import ActivityAttributeValue, Range, Record
from apps.signals.storage import record_state, store
from apps.tracks.appending import append_points
from apps.tracks.models import Track

SOFT_UID = "IMPORT"
"""How records of imported files call the program that made them."""

SESSION_RANK, LAP_RANK = 0, 1
EMPTY = "empty"

_LONGEST_NAME = {
    model: model._meta.get_field("name").max_length or 0
    for model in (Range, Track, TrainingRoutine)
}
_LONGEST_DESCRIPTION = TrainingRoutine._meta.get_field("description").max_length or 0


@dataclass
class StoredActivity:
    """What a file becomes: `kept` are the rows of a former import by part, `made` the others."""

    importfile: ImportFile
    kept: Mapping[str, int]
    made: dict[str, int] = field(default_factory=dict)

    def key(self, part: str) -> int | None:
        """Return the key of the row of a part, if there is one."""
        return self.made.get(part, self.kept.get(part))

    def lacks(self, part: str) -> bool:
        """Return whether the row of a part is still to be made."""
        return part not in self.kept


def store_activity(
    activity: Activity, importfile: ImportFile, kept: Iterable[ImportedPart], report: Report
) -> list[ImportedPart]:
    """Store what a file tells as rows of the user of the import, and return its parts in order.

    Runs in the transaction of the import.
    """
    stored = StoredActivity(importfile, {each.part: each.key for each in kept})
    is_biometric = sampling.is_biometric(activity)
    _store_ranges(activity, stored, COMPLETE if is_biometric else EMPTY)
    report(0.2)
    ways = _store_tracks(activity, stored)
    report(0.7)
    if is_biometric and stored.lacks(RECORD):
        _store_record(activity, stored)
    report(0.9)
    _store_routines(activity.workouts, stored)
    return _in_order(activity, stored, ways)


def _in_order(
    activity: Activity, stored: StoredActivity, ways: Iterable[str]
) -> list[ImportedPart]:
    """Return the parts in the order of results: the record, then each session, its laps and its
    track, then workouts."""
    names = [(RECORD, "record")]
    for at, session in enumerate(activity.sessions):
        names.append((session_part(at), "range"))
        names += [(lap_part(at, number), "range") for number in range(len(session.laps))]
        names += [(track_part(at), "track")] if track_part(at) in ways else []
    names += [(workout_part(at), "trainingroutine") for at in range(len(activity.workouts))]
    found = ((part, resource, stored.key(part)) for part, resource in names)
    return [ImportedPart(part, resource, key) for part, resource, key in found if key is not None]


def _store_record(activity: Activity, stored: StoredActivity) -> None:
    start, end = sampling.time_span(activity)
    record = Record.objects.create(
        user_id=stored.importfile.user_id,
        importfile=stored.importfile,
        start=start,
        end=end,
        device_start=start,
        soft_uid=SOFT_UID,
        status=COMPLETE,
        data_status={},
    )
    datatypes = Datatype.objects.in_bulk(sampling.CHANNELS)
    channels = sampling.channels_of(activity, start, end, datatypes)
    packed = [store.pack(record, datatype, series) for datatype, series in channels]
    store.write_packed(record, packed)
    record_state.settle(record)
    stored.made[RECORD] = record.pk


def _store_ranges(activity: Activity, stored: StoredActivity, status: str) -> None:
    """Store sessions and their laps."""
    types = ActivityType.objects.in_bulk({each.activitytype for each in activity.sessions})
    sessions = {
        session_part(at): _new_range(stored, session, session, types, status)
        for at, session in enumerate(activity.sessions)
    }
    _add_ranges(sessions, stored)
    laps: dict[str, Range] = {}
    for at, session in enumerate(activity.sessions):
        for number, lap in enumerate(session.laps):
            row = _new_range(stored, session, lap, types, status)
            row.name, row.rank = row.name or f"Lap {number + 1}", LAP_RANK
            row.parent_id = stored.key(session_part(at))
            laps[lap_part(at, number)] = row
    _add_ranges(laps, stored)
    made = {**sessions, **laps}
    _store_answers({made[part]: totals for part, totals in _all_totals(activity) if made[part].pk})


def _new_range(
    stored: StoredActivity,
    session: Session,
    told: Session | Lap,
    types: Mapping[int, ActivityType],
    status: str,
) -> Range:
    """Return the range of a session, or of a lap of it, not saved yet."""
    kind = types.get(session.activitytype)
    usual = kind.name.capitalize() if kind is not None and told is session else ""
    return Range(
        user_id=stored.importfile.user_id,
        name=_storable(told.name or usual, _LONGEST_NAME[Range]),
        note=_storable(session.note if told is session else ""),
        start=told.start,
        end=max(told.start, told.end),
        rank=SESSION_RANK,
        status=status,
        activitytype=kind,
    )


def _add_ranges(rows: Mapping[str, Range], stored: StoredActivity) -> None:
    """Save the ranges of parts that have none, and have their records processed."""
    missing = {part: row for part, row in rows.items() if stored.lacks(part)}
    for row in missing.values():
        processing.process_range(row)
    Range.objects.bulk_create(missing.values())
    stored.made.update({part: row.pk for part, row in missing.items()})


def _all_totals(activity: Activity) -> Iterable[tuple[str, Totals]]:
    for at, session in enumerate(activity.sessions):
        yield session_part(at), session.totals
        for number, lap in enumerate(session.laps):
            yield lap_part(at, number), lap.totals


def _store_answers(totals: Mapping[Range, Totals]) -> None:
    """Store the totals of new ranges as answers to the questions of their distance and energy."""
    known = ActivityAttribute.objects.in_bulk((DISTANCE, ENERGY))
    answers = [
        ActivityAttributeValue(
            range=row, activityattribute_id=attribute, value=value, start=row.start
        )
        for row, told in totals.items()
        for attribute, value in (
            (DISTANCE, told.distance and told.distance / METRES_PER_KILOMETRE),
            (ENERGY, told.energy),
        )
        if value is not None and attribute in known
    ]
    ActivityAttributeValue.objects.bulk_create(answers)


def _store_tracks(activity: Activity, stored: StoredActivity) -> set[str]:
    """Store the ways of sessions, and return the parts of those that have one."""
    found = (
        (at, track_points.positions_of(sampling.joined_points(session.points)))
        for at, session in enumerate(activity.sessions)
    )
    ways = {at: points for at, points in found if len(points)}
    missing = {at: points for at, points in ways.items() if stored.lacks(track_part(at))}
    tracks = [_new_track(stored, activity.sessions[at], at) for at in missing]
    for track, (at, points) in zip(Track.objects.bulk_create(tracks), missing.items(), strict=True):
        append_points(track, [points])
        stored.made[track_part(at)] = track.pk
    return {track_part(at) for at in ways}


def _new_track(stored: StoredActivity, session: Session, at: int) -> Track:
    return Track(
        user_id=stored.importfile.user_id,
        importfile=stored.importfile,
        range_id=stored.key(session_part(at)),
        name=_storable(session.name, _LONGEST_NAME[Track]),
    )


def _store_routines(workouts: tuple[Workout, ...], stored: StoredActivity) -> None:
    types = ActivityType.objects.in_bulk({key for each in workouts for key in _types_of(each)})
    rows = {
        workout_part(at): TrainingRoutine(
            user_id=stored.importfile.user_id,
            importfile=stored.importfile,
            name=_storable(workout.name or "Workout", _LONGEST_NAME[TrainingRoutine]),
            description=_storable(workout.description, _LONGEST_DESCRIPTION),
            activitytype=types.get(workout.activitytype),
            steps=_steps(workout, types),
        )
        for at, workout in enumerate(workouts)
        if stored.lacks(workout_part(at))
    }
    TrainingRoutine.objects.bulk_create(rows.values())
    stored.made.update({part: row.pk for part, row in rows.items()})


def _types_of(workout: Workout) -> set[int]:
    """Return the activity types that a workout and its steps name."""
    of_steps = {each.activitytype for each in workout.steps}
    return {workout.activitytype, *(key for key in of_steps if key is not None)}


def _steps(workout: Workout, known: Container[int]) -> list[dict[str, object]]:
    """Return the steps as routines hold them, each with its place and its activity type, which is
    that of the workout if it has none of its own."""
    usual = workout.activitytype if workout.activitytype in known else None
    types = (each.activitytype if each.activitytype in known else usual for each in workout.steps)
    return [
        {**_step(replace(step, activitytype=kind)), "index": at}
        for at, (step, kind) in enumerate(zip(workout.steps, types, strict=True))
    ]


def _step(step: Step) -> dict[str, object]:
    """Return what a step tells: texts that can be stored, whole numbers as such."""
    told = {name: _plain(value) for name, value in asdict(step).items()}
    return {name: value for name, value in told.items() if value is not None}


def _plain(value: object) -> object:
    if isinstance(value, str):
        return _storable(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _storable(text: str, most: int | None = None) -> str:
    """Return a text without what the database cannot store, cut to the length of its column."""
    bare = "".join(each for each in text if each != "\0" and not "\ud800" <= each <= "\udfff")
    return bare[:most].strip()
