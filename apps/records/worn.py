"""Which devices a caller sees."""

from __future__ import annotations

from django.db.models import F, Q
from django.db.models.expressions import RawSQL

from apps.access.visibility import OwnedBy
from apps.api.callers import Caller
from apps.api.guards import InSubquery
from apps.records.models import Device, Record

MOST_WORN = 50
"""The most devices of a person that are looked up one by one."""

_RECORDS = Record._meta.db_table

# People have many records and few devices, so each device is looked up after the previous one. If
# somebody has more devices than that, the rest is read from the records.
_WORN = f"""
    WITH RECURSIVE worn (owner, device, number) AS (
        SELECT seen.owner, record.device_id, 1
        FROM (SELECT DISTINCT owner FROM ({{owners}}) AS each (owner)) AS seen
        CROSS JOIN LATERAL (
            SELECT device_id FROM {_RECORDS}
            WHERE user_id = seen.owner AND device_id IS NOT NULL
            ORDER BY device_id NULLS FIRST LIMIT 1
        ) AS record
        UNION ALL
        SELECT worn.owner, record.device_id, worn.number + 1
        FROM worn CROSS JOIN LATERAL (
            SELECT device_id FROM {_RECORDS}
            WHERE user_id = worn.owner AND device_id > worn.device
            ORDER BY device_id NULLS FIRST LIMIT 1
        ) AS record
        WHERE worn.number < {MOST_WORN}
    )
    SELECT device FROM worn
    UNION ALL
    SELECT record.device_id
    FROM worn JOIN {_RECORDS} AS record
        ON record.user_id = worn.owner AND record.device_id > worn.device
    WHERE worn.number = {MOST_WORN}
"""  # noqa: S608 - made of names and a number of ours


class WornBy:
    """Devices in records that the caller may see. Staff see all devices; nobody changes them."""

    def condition(self, caller: Caller) -> Q:
        owners = OwnedBy("user").owners(caller)
        if owners is None:
            return Q()
        worn = RawSQL(_WORN.format(owners=owners.sql), owners.params)  # noqa: S611 - bound
        return Q(InSubquery(F("pk"), worn))

    def may_change(self, caller: Caller, row: Device) -> bool:
        return False
