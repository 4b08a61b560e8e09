"""Declarative seeds: resource name -> handle -> fields, loaded as a whole or not at all.

A field is a declared field of the resource or a column of its model. A reference is the handle
of another row of the seed, or the URI, the key or a unique name of a row that exists already.
Explicit ids are kept. Times without an offset are UTC. A user's `password` is hashed.
"""

import json
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from graphlib import CycleError, TopologicalSorter
from itertools import groupby
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, connection, models, transaction

from apps.sandbox.seed_rows import Row, Rows, SeedError, Table

Progress = Callable[[str], None]
Seed = Mapping[str, Mapping[str, Mapping[str, Any]]]

SIZE = 16 << 20
"""Characters of a seed file; what is longer is better loaded in parts."""

_MANY = 20  # passwords, from which on hashing them takes seconds


def load(source: Path | Seed, progress: Progress = lambda _: None) -> dict[str, int]:
    """Loads a seed file or its content; gives the number of rows per resource.

    Raises SeedError, which names resource, handle and field; then nothing is loaded.
    """
    seed = read(source) if isinstance(source, Path) else source
    tables = {name: Table(name) for name in _objects(seed, "the seed")}
    rows = _rows(seed, tables)
    with transaction.atomic():
        hash_passwords(rows, progress)
        for batch in _batches(rows):
            _insert(batch)
            progress(f"{len(batch)} rows of {batch[0].table.name}")
        _link(rows)
        move_sequences(model for table in tables.values() for model in table.models())
    return dict(Counter(row.table.name for row in rows))


def ordered(seed: Seed) -> list[list[Row]]:
    """The rows of a seed in groups of one table, each after the rows that it refers to."""
    tables = {name: Table(name) for name in _objects(seed, "the seed")}
    return _batches(_rows(seed, tables))


def _rows(seed: Seed, tables: Mapping[str, Table]) -> list[Row]:
    known = Rows()
    for name, handles in seed.items():
        for handle, fields in _objects(handles, name).items():
            known.add(Row(tables[name], handle, fields, known))
    return known.all()


def read(file: Path) -> dict[str, Any]:
    """The content of a seed file of at most SIZE bytes.

    Raises SeedError when it is no file, cannot be read or is no JSON object.
    """
    try:
        content = json.loads(_text(file), object_pairs_hook=_without_twins)
    except OSError as error:
        raise SeedError(f"{file}: {error.strerror}") from error
    except RecursionError as error:
        raise SeedError(f"{file}: it is nested too deeply") from error
    except ValueError as error:
        raise SeedError(f"{file}: {error}") from error
    return dict(_objects(content, str(file)))


def _text(file: Path) -> str:
    """The text of a file, which is not opened when it is none: a FIFO would be waited for."""
    if not stat.S_ISREG(file.stat().st_mode):
        raise SeedError(f"{file}: is no file")
    with file.open() as stream:
        text = stream.read(SIZE + 1)
    if len(text) > SIZE:
        raise SeedError(f"{file}: it is longer than the {SIZE} characters that a seed may have")
    return text


def read_all(folder: Path) -> dict[str, Any]:
    """The seed files of a folder as one seed."""
    merged: dict[str, Any] = {}
    for file in sorted(folder.glob("*.json")):
        for name, handles in read(file).items():
            merged[name] = {**merged.get(name, {}), **handles}
    return merged


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twins = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if twins:
        raise ValueError(f"the name {twins[0]!r} stands twice in one object")
    return dict(pairs)


def _objects(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise SeedError(f"{what}: a JSON object is expected, not {json.dumps(value)[:60]}")
    return value


def hash_passwords(rows: list[Row], progress: Progress) -> None:
    """Hashes the passwords of users on all cores, for one takes a quarter of a second."""
    users = [row for row in rows if _has_password(row)]
    if len(users) > _MANY:
        progress(f"hashing {len(users)} passwords")
    with ThreadPoolExecutor() as pool:
        hashes = pool.map(make_password, [row.fields["password"] for row in users])
        for row, hashed in zip(users, hashes, strict=True):
            row.fields["password"] = hashed


def _has_password(row: Row) -> bool:
    is_user = issubclass(row.table.model, AbstractBaseUser)
    return is_user and isinstance(row.fields.get("password"), str)


def _batches(rows: list[Row]) -> list[list[Row]]:
    """The rows such that each batch has one model and refers to earlier batches only."""
    sorter = TopologicalSorter({row: row.needs() for row in rows})
    try:
        sorter.prepare()
    except CycleError as error:
        circle = " -> ".join(str(row) for row in error.args[1])
        raise SeedError(f"rows refer to each other in a circle: {circle}") from error
    place = {row: index for index, row in enumerate(rows)}
    batches = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=lambda row: (row.table.name, place[row]))
        batches += [list(group) for _, group in groupby(ready, key=lambda row: row.table.name)]
        sorter.done(*ready)
    return batches


def _insert(batch: list[Row]) -> None:
    manager = batch[0].table.model._base_manager
    instances = [row.build() for row in batch]
    try:
        with transaction.atomic():
            manager.bulk_create(instances, batch_size=2000)
    except IntegrityError as error:
        raise _blame(batch, error) from error


def _blame(batch: list[Row], error: IntegrityError) -> SeedError:
    """The error with the row that caused it, found by saving one at a time."""
    for row in batch:
        try:
            with transaction.atomic():
                row.build().save(force_insert=True)
        except IntegrityError as own:
            return SeedError(f"{row}: {_detail(own)}")
    return SeedError(f"{batch[0].table.name}: {_detail(error)}")


def _detail(error: IntegrityError) -> str:
    diagnostic = getattr(error.__cause__, "diag", None)
    return str(getattr(diagnostic, "message_detail", None) or error).strip()


def _link(rows: list[Row]) -> None:
    """Fills the tables behind to-many fields."""
    links: dict[type[models.Model], list[models.Model]] = {}
    for row in rows:
        for link in row.links():
            links.setdefault(type(link), []).append(link)
    for through, instances in links.items():
        through._base_manager.bulk_create(instances, batch_size=2000)


def move_sequences(touched: Iterable[type[models.Model]]) -> None:
    """Lets the next id of these tables follow the highest one given; none is given twice."""
    with connection.cursor() as cursor:
        for model in dict.fromkeys(touched):
            table, key = model._meta.db_table, model._meta.pk
            if isinstance(key, models.AutoField):
                quote = connection.ops.quote_name
                statement = _MOVE.format(table=quote(table), column=quote(key.attname))
                cursor.execute(statement, [table, key.attname])


_MOVE = """
    SELECT setval(name, greatest(highest, pg_sequence_last_value(name)))
    FROM (SELECT pg_get_serial_sequence(%s, %s)::regclass AS name) AS named,
        (SELECT max({column}) AS highest FROM {table}) AS used
    WHERE highest IS NOT NULL
"""
