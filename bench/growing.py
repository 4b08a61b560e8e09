"""A store that grows: people, and so many rows in each of the tables that become large.

Row n of a table leads to row n of the tables that it hangs on, and its id is `BASE` + n. The first
thousand rows are one member's, at every size. Of the others every second one is the owner's, and
the rest belong to a hundred people, who all let the owner read, as the member does. The landlord
is let in by everybody in the table of users, which has rows of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import sql

BASE = 10_000_000
MEMBERS_ROWS = 1_000
PASSWORD = "bench"
MEMBER, OWNER, LANDLORD = "member@example.com", "owner@example.com", "landlord@example.com"
PEOPLE = {MEMBER: 9_000_001, OWNER: 9_000_002, LANDLORD: 9_000_003}
OTHERS = 9_100_000
MEASURED = BASE + MEMBERS_ROWS // 2
"""The member's record that has real data."""

MINUTE = 60 * 256
START = 370_000_000_000
MEASURED_FROM = START + MEMBERS_ROWS // 2 * 60 * MINUTE

_FUNCTIONS = f"""
CREATE FUNCTION owner_of(n bigint) RETURNS bigint IMMUTABLE LANGUAGE sql RETURN
    CASE WHEN n <= {MEMBERS_ROWS} THEN {PEOPLE[MEMBER]}
         WHEN n % 2 = 1 THEN {PEOPLE[OWNER]} ELSE {OTHERS} + n / 2 % 100 END;
-- A member wears the shirt for half an hour every hour; somebody puts one on every minute.
CREATE FUNCTION begins(n bigint) RETURNS bigint IMMUTABLE LANGUAGE sql RETURN
    {START} + CASE WHEN n <= {MEMBERS_ROWS} THEN n * 60 ELSE n END * {MINUTE};
CREATE FUNCTION ends(n bigint) RETURNS bigint IMMUTABLE LANGUAGE sql RETURN
    begins(n) + CASE WHEN n > {MEMBERS_ROWS} AND n % 2 = 1 THEN 1 ELSE 30 END * {MINUTE};
CREATE FUNCTION changed(n bigint) RETURNS timestamptz IMMUTABLE LANGUAGE sql RETURN
    timestamptz '2016-01-01 00:00Z' + n * interval '1 minute';
-- Spreads numbers, so that names and values are not in the order of ids.
CREATE FUNCTION spread(n bigint) RETURNS bigint IMMUTABLE LANGUAGE sql RETURN
    n * 7919 % 1000003;
CREATE FUNCTION channel_of(n bigint) RETURNS integer IMMUTABLE LANGUAGE sql RETURN
    (ARRAY[19, 33, 4096])[1 + n % 3];
"""

_USERS = """
INSERT INTO accounts_user (id, password, is_superuser, first_name, last_name, is_staff, is_active,
    date_joined, username, email)
SELECT %(base)s + n, '!', false, 'Number ' || n, 'Grown', false, true, changed(n),
    spread(n) || '-' || n || '@grown.example', spread(n) || '-' || n || '@grown.example'
FROM generate_series(%(first)s::bigint, %(last)s) AS n
"""
_PROFILES = """
INSERT INTO accounts_profile (id, gender, unit_system, user_id)
SELECT %(base)s + n, '', 'metric', %(base)s + n
FROM generate_series(%(first)s::bigint, %(last)s) AS n
"""
_GRANTS = """
INSERT INTO access_bundlepermission (id, bundle_id, user_allowed_id, user_target_id)
SELECT %(base)s + n, 1, %(landlord)s, %(base)s + n
FROM generate_series(%(first)s::bigint, %(last)s) AS n
"""
_DEVICES = """
INSERT INTO records_device (id, deviceid, serial, model, status, fw_start, fw_end, hw_rev,
    batt_start, batt_end, bt_addr, bt_info, mcu_info, charge_time, purchase_order, created,
    last_modified)
SELECT %(base)s + n, 'HXSKIN77' || lpad(n::text, 8, '0'), n, 12, 0, '', '', '', 0, 0, '', '', '',
    0, 0, changed(n), changed(n)
FROM generate_series(%(first)s::bigint, %(last)s) AS n
"""
_RECORDS = """
INSERT INTO records_record (id, start, "end", status, device_start, dev_id, firmware_rev,
    soft_protocole, soft_uid, data_status, data, npages, n_uploaded_timelines, last_modified,
    device_id, user_id)
SELECT %(base)s + n, begins(n), ends(n), 'complete', 0, repeat('F', 32), '1.0.5', 0, 'HXDEV-AUTO',
    '{}', 'TfzfJ1QAAABIWERFVi1BVVRPTXwAAAAAhQoAAEZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkYBAAUA', 8276, 0,
    changed(n), %(base)s + n, owner_of(n)
FROM generate_series(%(first)s::bigint, %(last)s) AS n
"""
_LABELS = """
INSERT INTO records_label (id, name, user_id)
SELECT %(base)s + n, 'label ' || spread(n), owner_of(n)
FROM generate_series(%(first)s::bigint, %(last)s) AS n
"""
_ROUTINES = """
INSERT INTO catalog_trainingroutine (id, name, description, steps, activitytype_id, user_id)
SELECT %(base)s + n, 'routine ' || spread(n), '', '[]', (SELECT min(id) FROM catalog_activitytype),
    owner_of(n)
FROM generate_series(%(first)s::bigint, %(last)s) AS n
"""
_RANGES = """
INSERT INTO records_range (id, name, note, start, "end", rank, status, metrics, autodetected,
    created, last_modified, trainingroutine_id, user_id)
SELECT %(base)s + n, 'run', '', begins(n) + 256, ends(n) - 256, mod(n, 5), 'complete', '[]', false,
    changed(n), changed(n), %(base)s + n, owner_of(n)
FROM generate_series(%(first)s::bigint, %(last)s) AS n
"""
_LABELS_OF_RANGES = """
INSERT INTO records_range_labels (range_id, label_id)
SELECT %(base)s + n, %(base)s + n FROM generate_series(%(first)s::bigint, %(last)s) AS n
"""
_ANNOTATIONS = """
INSERT INTO records_annotation (id, start, annotation, last_modified, datatype_id, user_id,
    record_id)
SELECT %(base)s + n, begins(n) + 512, 'Hey guys!', changed(n), channel_of(n), owner_of(n),
    %(base)s + n
FROM generate_series(%(first)s::bigint, %(last)s) AS n
"""
_SESSIONS = """
INSERT INTO records_trainingsession (id, name, note, start, "end", status, created, range_id,
    user_id)
SELECT %(base)s + n, 'together', '', begins(n), ends(n), 'realtime', changed(n), %(base)s + n,
    owner_of(n)
FROM generate_series(%(first)s::bigint, %(last)s) AS n
"""
_PARTICIPANTS = """
INSERT INTO records_trainingsession_users (trainingsession_id, user_id)
SELECT %(base)s + n, %(others)s + mod(n, 100) FROM generate_series(%(first)s::bigint, %(last)s) AS n
"""
_VALUES = """
INSERT INTO fitness_asyncvalue (id, start, data, last_modified, datatype_id, user_id)
SELECT %(base)s + n, begins(n), mod(n, 200), changed(n), channel_of(n), owner_of(n)
FROM generate_series(%(first)s::bigint, %(last)s) AS n
"""
_LOG = """
INSERT INTO bookkeeping_activitylog (id, date, method, path, resource_name, object_id,
    object_resource_uri, user_agent, user_id)
SELECT %(base)s + n, changed(n), 'POST', '/api/range/', 'range', %(base)s + n,
    '/api/range/' || %(base)s + n || '/', '', owner_of(n)
FROM generate_series(%(first)s::bigint, %(last)s) AS n
"""
_CHANNELS = """
INSERT INTO signals_channel (record_id, datatype_id, start, step, count, dtype, version)
SELECT %(base)s + n, 19, begins(n), 256, 60, 'uint8', '\\x00'
FROM generate_series(%(first)s::bigint, %(last)s) AS n WHERE %(base)s + n <> %(measured)s
"""
_CHUNKS = """
INSERT INTO signals_chunk (record_id, datatype_id, start, count, codec, payload)
SELECT %(base)s + n, 19, begins(n), 60, 1, '\\x00'
FROM generate_series(%(first)s::bigint, %(last)s) AS n WHERE %(base)s + n <> %(measured)s
"""

_GROWTH = (
    _USERS,
    _PROFILES,
    _GRANTS,
    _DEVICES,
    _RECORDS,
    _LABELS,
    _ROUTINES,
    _RANGES,
    _LABELS_OF_RANGES,
    _ANNOTATIONS,
    _SESSIONS,
    _PARTICIPANTS,
    _VALUES,
    _LOG,
    _CHANNELS,
    _CHUNKS,
)
"""What is inserted, the tables that others lead to before those others."""


_INDEXES = """
SELECT index.indexrelid::regclass::text, pg_get_indexdef(index.indexrelid)
FROM pg_index AS index
WHERE index.indrelid = ANY(%s::regclass[])
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = index.indexrelid)
"""
_TABLES = [statement.split()[2] for statement in _GROWTH]


@contextmanager
def _quick_inserts(cursor: CursorWrapper) -> Iterator[None]:
    """Look up no other end of a link meanwhile, and make the indexes anew afterwards."""
    cursor.execute("SET session_replication_role = replica")
    cursor.execute("SET maintenance_work_mem = '256MB'")
    cursor.execute(_INDEXES, [_TABLES])
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for _, definition in indexes:
        cursor.execute(definition)
    cursor.execute("SET session_replication_role = origin")


def settle() -> None:
    """Make the people whose rows there will be, and what they let each other do."""
    from apps.access.models import BundlePermission
    from apps.accounts.models import Profile, User

    others = {f"other{n}@example.com": OTHERS + n for n in range(100)}
    for email, key in (PEOPLE | others).items():
        user = User(pk=key, username=email, email=email)
        if email in PEOPLE:
            user.set_password(PASSWORD)
        user.save()
        Profile.objects.create(pk=key, user=user)
    for key in (PEOPLE[MEMBER], *others.values()):
        BundlePermission.objects.create(
            bundle_id=1, user_allowed_id=PEOPLE[OWNER], user_target_id=key
        )
    with connection.cursor() as cursor:
        cursor.execute(_FUNCTIONS)


def stores(sizes: Sequence[int]) -> Iterator[str]:
    """Make stores of rising sizes, each a copy of the one that goes on growing but the last; give
    their URLs."""
    settle()
    url = os.environ["DATABASE_URL"]
    for have, size in zip([0, *sizes], sizes, strict=False):
        grow(have, size)
        connection.close()
        yield url if size == sizes[-1] else _copy(url, f"grown_{size}")


def _copy(url: str, name: str) -> str:
    """Copy a database that nobody is connected to; return the URL of the copy."""
    own = f"/{connection.settings_dict['NAME']}?"
    with psycopg.connect(url.replace(own, "/postgres?"), autocommit=True) as elsewhere:
        template = sql.Identifier(str(connection.settings_dict["NAME"]))
        text = "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy"
        elsewhere.execute(sql.SQL(text).format(sql.Identifier(name), template))
    return url.replace(own, f"/{name}?")


def grow(have: int, wanted: int) -> None:
    """Bring every table from `have` rows to the number `wanted`, beside those of the demo world."""
    given = {
        "base": BASE,
        "first": have + 1,
        "last": wanted,
        "landlord": PEOPLE[LANDLORD],
        "others": OTHERS,
        "measured": MEASURED,
    }
    with connection.cursor() as cursor:
        with _quick_inserts(cursor):
            for statement in _GROWTH:
                cursor.execute(statement, given)
        if not have:
            _measure()
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CHECKPOINT")


def _measure() -> None:
    """Ten minutes of heart rate in one record."""
    import numpy as np

    from apps.catalog.models import Datatype
    from apps.records.models import Record
    from apps.signals.storage import store

    rates = (60 + np.arange(600) % 120).astype(np.int16)
    record, heart_rate = Record.objects.get(pk=MEASURED), Datatype.objects.get(pk=19)
    store.write_channel(record, heart_rate, rates)
