"""Declarative seeds: resource name -> handle -> fields, loaded completely or not at all.

A field is a declared field of the resource or a column of its model. A reference is the handle of
another row of the seed, or the URI, the key or a unique name of an existing row. Explicit ids are
kept. Times without an offset are UTC. A user's `password` is hashed. A record may have `signals`
(apps/sandbox/seed_signals.py).
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from graphlib import CycleError, TopologicalSorter
from itertools import groupby
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, connection, models, transaction

from apps.api.columns import ModifiedAt
from apps.sandbox.json_texts import JSONFileError, read_json_file
from apps.sandbox.seed_match import Column, Taken, find_differences, is_password, match_batch
from apps.sandbox.seed_rows import Rows, SeedError, SeedRow, SeedTable, State

Progress = Callable[[str], None]
Hash = Callable[[str], str]
Seed = Mapping[str, Mapping[str, Mapping[str, Any]]]

SIZE = 16 << 20
"""Characters of a seed file. A longer one should be loaded in parts."""

_DOWNLOADED = {"decoder_version", "start_timestamp", "request"}  # what an info.json tells
_LONG = 60  # characters of a value in a message
_TWIN = re.compile(r"Key \((?P<names>.*)\)=\((?P<values>.*)\) already exists\.")
_CAST = re.compile(r"lower\(|::text\)?|[()]")
_MANY = 20  # passwords, from which on hashing them takes seconds


@dataclass(frozen=True)
class Seeded:
    """What became of the rows of a seed: their number by resource and state."""

    states: dict[str, Counter[State]]

    @property
    def count_rows(self) -> dict[str, int]:
        """The number of rows per resource. All of them are in the store now."""
        return {name: states.total() for name, states in self.states.items()}


def load(
    source: Path | Seed,
    progress: Progress = lambda _: None,
    *,
    replace: bool = False,
    make: Hash = make_password,
) -> Seeded:
    """Load a seed file or its content.

    Existing rows with the same values are skipped. Existing rows with other values are changed if
    `replace` is set. `make` hashes a password. Only a seed file may name other files. Raise
    SeedError, which names resource, handle and field; then nothing is loaded.
    """
    seed = read_seed(source) if isinstance(source, Path) else source
    tables = {name: SeedTable(name) for name in _require_object(seed, "the seed")}
    rows = _read_rows(seed, tables)
    taken: Taken = set()
    with transaction.atomic():
        for batch in _split_batches(rows):
            match_batch(batch, taken)
            _settle_batch(
                batch, partial(hash_passwords, progress=progress, make=make), replace=replace
            )
            taken |= {(row.table.model, row.primary_key) for row in batch}
            progress(f"{len(batch)} rows of {batch[0].table.name}")
        _link_rows(rows, replace=replace)
        folder = source.parent if isinstance(source, Path) else None
        _store_signals(rows, folder, progress, replace=replace)
        move_sequences(model for table in tables.values() for model in table.each_model())
    return _seed_rows(rows)


def _seed_rows(rows: list[SeedRow]) -> Seeded:
    states: dict[str, Counter[State]] = {}
    for row in rows:
        states.setdefault(row.table.name, Counter())[row.state] += 1
    return Seeded(states)


def order_rows(seed: Seed) -> list[list[SeedRow]]:
    """Return the rows of a seed in groups of one table, each after the rows that it refers to."""
    tables = {name: SeedTable(name) for name in _require_object(seed, "the seed")}
    return _split_batches(_read_rows(seed, tables))


def _read_rows(seed: Seed, tables: Mapping[str, SeedTable]) -> list[SeedRow]:
    known = Rows()
    for name, handles in seed.items():
        for handle, fields in _require_object(handles, name).items():
            known.add(SeedRow(tables[name], handle, fields, known))
    return known.all_rows()


def read_seed(file: Path) -> dict[str, Any]:
    """Return the content of a seed file of at most SIZE bytes.

    Raise SeedError if it is not a file, cannot be read or is not a JSON object.
    """
    try:
        content = read_json_file(file, SIZE, "a seed")
    except JSONFileError as error:
        raise SeedError(str(error)) from error
    if isinstance(content, list):
        raise SeedError(
            f"{file}: a JSON object is expected, not a list; load recorded data as CSV, ZIP or EDF"
        )
    if isinstance(content, Mapping) and not _DOWNLOADED.isdisjoint(content):
        raise SeedError(f"{file}: is the info.json of a download; load its folder")
    return dict(_require_object(content, str(file)))


def read_all(folder: Path) -> dict[str, Any]:
    """Return the seed files of a folder as one seed."""
    merged: dict[str, Any] = {}
    for file in sorted(folder.glob("*.json")):
        for name, handles in read_seed(file).items():
            merged[name] = {**merged.get(name, {}), **handles}
    return merged


def _require_object(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise SeedError(f"{what}: a JSON object is expected, not {json.dumps(value)[:60]}")
    return value


def _settle_batch(
    batch: list[SeedRow], hashing: Callable[[list[SeedRow]], None], *, replace: bool
) -> None:
    """Insert the missing rows of a batch, and handle the existing ones."""
    new = [row for row in batch if row.instance is None]
    differing = {row: find_differences(row) for row in batch if row.instance is not None}
    for row, columns in differing.items():
        row.state = State.CHANGED if columns else State.SAME
        if columns and not replace:
            raise _other_value_error(row, columns[0])
    changed = [row for row in differing if row.state is State.CHANGED]
    hashing([*new, *changed])
    if new:
        _insert_batch(new)
    for row in changed:
        _update_columns(row, differing[row])


def _other_value_error(row: SeedRow, column: Column) -> SeedError:
    """Return the error for an existing row with another value."""
    if is_password(row, column):
        return row.error_in_field("password", "differs in the store; --replace changes it")
    there, wanted = getattr(row.instance, column.attname), row.values[column]
    return row.error_in_field(
        column.name,
        f"is {_show_value(there)} in the store, not {_show_value(wanted)}; --replace changes it",
    )


def _show_value(value: object) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _LONG else f"{text[:_LONG]}..."


def _update_columns(row: SeedRow, columns: list[Column]) -> None:
    """Change those columns of an existing row."""
    assert row.instance is not None
    if any(column.primary_key for column in columns):
        raise row.error_in_field(
            row.table.model._meta.pk.name, "differs in the store, and cannot be changed"
        )
    for column in columns:
        setattr(row.instance, column.attname, row.values[column])
    moved = [each for each in row.table.model._meta.concrete_fields if isinstance(each, ModifiedAt)]
    names = {column.name for column in (*columns, *moved)}
    try:
        with transaction.atomic():
            row.instance.save(update_fields=names)
    except IntegrityError as error:
        raise _explain_error(row, error) from error


def hash_passwords(rows: list[SeedRow], progress: Progress, make: Hash = make_password) -> None:
    """Hash the passwords of users on all cores, because one takes a quarter of a second."""
    users = [(row, column) for row in rows for column in row.values if is_password(row, column)]
    if len(users) > _MANY:
        progress(f"hashing {len(users)} passwords")
    with ThreadPoolExecutor() as pool:
        hashes = pool.map(make, [row.values[column] for row, column in users])
        for (row, column), hashed in zip(users, hashes, strict=True):
            row.values[column] = hashed


def _split_batches(rows: list[SeedRow]) -> list[list[SeedRow]]:
    """Return batches of rows. Each has one model and refers to earlier batches only."""
    sorter = TopologicalSorter({row: row.needed_rows() for row in rows})
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


def _insert_batch(batch: list[SeedRow]) -> None:
    manager = batch[0].table.model._base_manager
    instances = [row.make_instance() for row in batch]
    try:
        with transaction.atomic():
            manager.bulk_create(instances, batch_size=2000)
    except IntegrityError as error:
        raise _find_culprit(batch, error) from error


def _find_culprit(batch: list[SeedRow], error: IntegrityError) -> SeedError:
    """Return the error with the row that caused it. It is found by saving rows one at a time."""
    for row in batch:
        try:
            with transaction.atomic():
                row.make_instance().save(force_insert=True)
        except IntegrityError as own:
            return _explain_error(row, own)
    return SeedError(f"{batch[0].table.name}: {_table_message(error)}")


def _explain_error(row: SeedRow, error: IntegrityError) -> SeedError:
    """Return the error in the words of the API, if it has any."""
    resource = row.table.resource
    for name, texts in (resource.validate(row.instance) if resource else {}).items():
        return row.error_in_field(name, texts[0])
    return SeedError(f"{row}: {_table_message(error)}")


def _table_message(error: IntegrityError) -> str:
    """Return what a table does not accept, in a sentence without the row, which may contain
    secrets."""
    diagnostic = getattr(error.__cause__, "diag", None)
    detail = str(getattr(diagnostic, "message_detail", None) or error).strip()
    twin = _TWIN.fullmatch(detail)
    if twin:
        return f"another row has the same {_CAST.sub('', twin['names'])}: {twin['values']}"
    column = getattr(diagnostic, "column_name", None)
    if column:
        return f"field {column!r}: must not be null"
    constraint = getattr(diagnostic, "constraint_name", None)
    return f"violates the constraint {constraint}" if constraint else detail


def _link_rows(rows: list[SeedRow], *, replace: bool) -> None:
    """Fill the tables of to-many fields. For existing rows, the links must be the same."""
    links: dict[type[models.Model], list[models.Model]] = {}
    for row in rows:
        if row.state is State.NEW or _is_linked_otherwise(row, replace=replace):
            for link in row.make_links():
                links.setdefault(type(link), []).append(link)
    for through, instances in links.items():
        through._base_manager.bulk_create(instances, batch_size=2000)


def _store_signals(
    rows: list[SeedRow], folder: Path | None, progress: Progress, *, replace: bool
) -> None:
    """Store the signals of records. The files that they name are in a folder, if there is one."""
    having = [row for row in rows if row.not_stored.get("signals") is not None]
    if having:
        from apps.sandbox.seed_signals import SeedSignals  # and with it the simulator

        SeedSignals(folder, progress, replace=replace).store_all(having)


def _is_linked_otherwise(row: SeedRow, *, replace: bool) -> bool:
    """Return whether an existing row has other links, which are then removed.

    Raise SeedError if replacing is not allowed.
    """
    differing = [column for name, column in row.to_many() if _differs_in_links(row, name, column)]
    if differing and not replace:
        raise row.error_in_field(differing[0].name, "differs in the store; --replace changes it")
    if differing:
        row.state = State.CHANGED
        for _, column in row.to_many():
            getattr(row.instance, column.name).clear()
    return bool(differing)


def _differs_in_links(row: SeedRow, name: str, column: models.ManyToManyField[Any, Any]) -> bool:
    present = set(getattr(row.instance, column.name).values_list("pk", flat=True))
    wanted = set()
    for target in row.find_targets(name, column):
        wanted.add(target.primary_key if isinstance(target, SeedRow) else target)
    return present != wanted


def move_sequences(touched: Iterable[type[models.Model]]) -> None:
    """Make sure that new ids of these tables are higher than the highest given one."""
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
