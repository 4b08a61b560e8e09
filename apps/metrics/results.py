"""Values of metrics, kept beside records and ranges, and computed where they are not right.

What is kept is used only while its fingerprint is the present one, and the statement that reads it
makes that one. So nothing that is kept can be answered when it is old, and nobody has to remove it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import NamedTuple

from django.db import Error, connection, transaction

from apps.metrics import fingerprints, subject, zones
from apps.metrics.definition import Value
from apps.metrics.evaluation import evaluate_each
from apps.metrics.fingerprints import RECORDS, Place
from apps.metrics.subject import Subject
from hexostore import outages
from hexostore.database.prepared import prepared_cursor

_log = logging.getLogger("hexostore.metrics")


class Zoned(NamedTuple):
    """A value with the limits of its zones, None for those that the catalogue has."""

    value: Value
    zones: list[float] | None = None


Results = dict[int, Zoned]
"""By the ids of metrics."""


@dataclass(frozen=True, slots=True)
class Present:
    """How a record or a range is now, and what is known of its metrics.

    `given` are values that came with it. `is_recorded` says whether there is anything that metrics
    can be computed from.
    """

    key: int
    defaults: Sequence[int]
    given: Results
    is_recorded: bool
    fingerprint: str
    held: Results = field(default_factory=dict)

    def shown(self, asked: Sequence[int]) -> list[int]:
        """Return the metrics that are shown: the defaults by ids, then those that are asked for."""
        given = () if self.is_recorded else self.given.keys()
        return list(dict.fromkeys([*sorted({*self.defaults, *given}), *asked]))

    def given_value(self, metric: int) -> Zoned | None:
        """Return the value of a metric that came with the object, where nothing was recorded."""
        return None if self.is_recorded else self.given.get(metric)

    def value_of(self, metric: int) -> Zoned:
        """Return the value of a metric that is held, or came with the object."""
        return self.given_value(metric) or self.held.get(metric, Zoned(None))


def read_results(place: Place, keys: Sequence[int]) -> dict[int, Present]:
    """Return the objects of these keys as they are now, with what is kept of them; one statement.

    Those that there are not are left out.
    """
    statement = f"""
        SELECT present.*,
               CASE WHEN results.fingerprint = present.fingerprint THEN results.metrics END
        FROM ({place.present}) AS present
        LEFT JOIN {place.results} AS results ON results.{place.key} = present.id
    """  # noqa: S608 - names of tables
    with prepared_cursor() as cursor:
        cursor.execute(statement, fingerprints.parameters(list(keys)))
        rows = cursor.fetchall()
    return {key: _present(key, *columns) for key, *columns in rows}


def complete_results(
    place: Place, wanted: Mapping[int, Sequence[int]], found: dict[int, Present]
) -> None:
    """Compute what is wanted of the objects and not held, and keep it.

    `wanted` has the ids of metrics by the keys of objects. The number of statements does not
    depend on the number of objects; there are none where everything is held.
    """
    missing = {
        key: lacking
        for key, metrics in wanted.items()
        if (lacking := [each for each in metrics if each not in found[key].held])
    }
    if not missing:
        return
    computed = _computed(place, missing)
    for key, results in computed.items():
        found[key].held.update(results)
    _keep(place, [(key, found[key].fingerprint, results) for key, results in computed.items()])


def _computed(place: Place, missing: Mapping[int, Sequence[int]]) -> dict[int, Results]:
    """What the metrics come to, by the keys of objects; null for a record that has not begun."""
    of = subject.of_records if place is RECORDS else subject.of_ranges
    subjects = of(missing.keys())
    begun = [key for key in missing if key in subjects]
    values = evaluate_each([(subjects[key], missing[key]) for key in begun])
    found = {
        key: {metric: Zoned(value, _zones(metric, subjects[key])) for metric, value in each.items()}
        for key, each in zip(begun, values, strict=True)
    }
    nothing = {key: dict.fromkeys(missing[key], Zoned(None)) for key in missing if key not in found}
    return {**found, **nothing}


def _zones(metric: int, asked: Subject) -> list[float] | None:
    """The limits of a metric's zones where they are the wearer's own."""
    found = zones.limits(metric, _USUAL, asked.wearer, asked.recorded_from)
    return None if found == _USUAL else found


_USUAL = [-1.0]
"""Stands for the limits that the catalogue has."""


def _keep(place: Place, computed: Sequence[tuple[int, str, Results]]) -> None:
    """Keep results whose fingerprint is still the present one.

    What somebody else has locked, as who changes or deletes it, is left out: nobody waits here.
    The answer counts, not the keeping: a database that is full or read-only is left as it is.
    """
    keys, marks, results = zip(*computed, strict=True)
    texts = [json.dumps(each) for each in results]
    statement = _KEEP.format(**asdict(place))
    given = {**fingerprints.parameters(sorted(keys)), "of": list(keys), "marks": list(marks)}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, {**given, "results": texts})
    except Error as error:
        if not outages.is_outage(error):
            raise
        _log.warning("results could not be kept", exc_info=error)


_KEEP = """
    WITH free AS (
        SELECT id FROM {owners} WHERE id = ANY(%(keys)s::bigint[])
        ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
    )
    INSERT INTO {results} AS held ({key}, fingerprint, metrics)
    SELECT present.id, present.fingerprint, computed.metrics
    FROM unnest(%(of)s::bigint[], %(marks)s::text[], %(results)s::jsonb[])
         AS computed (id, fingerprint, metrics)
    JOIN free USING (id)
    JOIN ({present}) AS present USING (id, fingerprint)
    ON CONFLICT ({key}) DO UPDATE SET
        fingerprint = excluded.fingerprint,
        metrics = CASE WHEN held.fingerprint = excluded.fingerprint THEN held.metrics
                  ELSE '{{}}' END || excluded.metrics
"""


def _present(
    key: int,
    defaults: list[int],
    given: str,
    is_recorded: bool,
    fingerprint: str,
    held: str | None,
) -> Present:
    came = {
        each["metric"]: Zoned(each["value"], each.get("zones", [])) for each in json.loads(given)
    }
    kept = {int(metric): Zoned(*pair) for metric, pair in json.loads(held).items()} if held else {}
    return Present(key, defaults, came, is_recorded, fingerprint, kept)
