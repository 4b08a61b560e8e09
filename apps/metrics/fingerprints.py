"""What the metrics of a record or range depend on, as one short text that the database makes.

It is made of the times, the activity type, the routine, what was answered to questions about the
activity, the profile of the wearer, the records of that time with their statuses, the versions of
their channels, the tracks of that time with their versions, and the text of this package. Two equal
fingerprints mean that the metrics are equal too.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.metrics.definitions import TRACK_METRICS
from apps.metrics.models import RangeResults, RecordResults
from apps.metrics.ways import fingerprint_of_tracks
from apps.records.measures import Owner
from apps.records.models import Record
from hexostore.program_text import digest_program

_PROGRAM = Path(__file__).parent

_WEARER = """
    SELECT row(gender, date_of_birth, weight, height, fitness, zones)::text
    FROM accounts_profile WHERE user_id = owner.user_id
"""

_VERSIONS = """
    SELECT string_agg(row(datatype_id, version)::text, ',' ORDER BY datatype_id) AS versions
    FROM signals_channel WHERE record_id = record.id
"""

_ANSWERS = """
    SELECT string_agg(row(activityattribute_id, value)::text, ',' ORDER BY activityattribute_id)
    FROM records_activityattributevalue WHERE range_id = owner.id
"""

_OF_RECORDS = f"""
    SELECT owner.id, '{{}}'::integer[] AS defaults, '[]'::jsonb AS given,
           record.versions IS NOT NULL AS recorded,
           md5(row(%(program)s::text, owner.user_id, owner.start, owner.end, owner.status,
                   record.versions, ({_WEARER}),
                   ({fingerprint_of_tracks("owner")}))::text) AS fingerprint
    FROM records_record AS owner CROSS JOIN LATERAL (
        {_VERSIONS.replace("record.id", "owner.id")}
    ) AS record
    WHERE owner.id = ANY(%(keys)s::bigint[])
"""  # noqa: S608 - made of texts of ours

# The sum has records looked for by their period, as in apps/records/status.py.
_OF_RANGES = f"""
    SELECT owner.id,
           ARRAY(SELECT metric_id FROM catalog_activitytype_default_metrics
                 WHERE activitytype_id = owner.activitytype_id ORDER BY metric_id)
               || CASE WHEN way.tracks IS NOT NULL THEN %(of_tracks)s::integer[] END AS defaults,
           owner.metrics AS given, during.recorded,
           md5(row(%(program)s::text, owner.user_id, owner.start, owner.end, owner.activitytype_id,
                   owner.trainingroutine_id, during.records, ({_ANSWERS}),
                   ({_WEARER}), way.tracks)::text) AS fingerprint
    FROM records_range AS owner
    CROSS JOIN LATERAL (SELECT ({fingerprint_of_tracks("owner")}) AS tracks) AS way
    CROSS JOIN LATERAL (
        SELECT coalesce(bool_or(versions IS NOT NULL), false) AS recorded,
               string_agg(
                   row(record.id, record.start, record.end, record.status, versions)::text,
                   ',' ORDER BY record.id
               ) AS records
        FROM records_record AS record CROSS JOIN LATERAL ({_VERSIONS}) AS channels
        WHERE record.user_id + 0 = owner.user_id AND record.start IS NOT NULL
          AND numrange(record.start, record.end, '[]') && numrange(owner.start, owner.end, '[]')
    ) AS during
    WHERE owner.id = ANY(%(keys)s::bigint[])
"""  # noqa: S608 - made of texts of ours


@dataclass(frozen=True, slots=True)
class Place:
    """Where results of records or of ranges are kept: the table of these, that of the results,
    its key, and the statement that gives what is now.

    The statement gives the id, the default metrics, the values that came with the object, whether
    anything was recorded, and the fingerprint; it takes what `parameters` gives. A range with a
    track has the metrics of tracks by default.
    """

    owners: str
    results: str
    key: str
    present: str


RECORDS = Place("records_record", RecordResults._meta.db_table, "record_id", _OF_RECORDS)
RANGES = Place("records_range", RangeResults._meta.db_table, "range_id", _OF_RANGES)


def place_of(owner: Owner) -> Place:
    """Return where the results of records or of ranges are kept."""
    return RECORDS if owner is Record else RANGES


def parameters(keys: list[int]) -> dict[str, Any]:
    """Return what `Place.present` takes for the objects with these keys."""
    return {"keys": keys, "program": digest_program(_PROGRAM), "of_tracks": list(TRACK_METRICS)}
