"""`hexostore load`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from django.core.management.base import CommandError
from typer import Argument, Option

from apps.accounts.models import User
from apps.archives import loading
from apps.archives.loading import Loaded, Report
from apps.archives.members import ArchiveError
from apps.sandbox import seeds
from apps.sandbox.management.base import Json, StoreCommand, require_begun
from apps.sandbox.seed_rows import SeedError
from apps.sandbox.serving import on_stderr
from hexostore import hexotime

ARCHIVES = (".zip", ".csv", ".edf", ".wav", ".hxd")
"""What is no seed, by the suffix; and folders."""


class Command(StoreCommand):
    help = "Load the rows of a seed file, or the records of a download."
    requires_migrations_checks = False

    def handle(
        self,
        file: Annotated[
            Path,
            Argument(
                help="A seed in JSON: resource name, then handle, then fields. Or what was "
                "downloaded: a .zip, its folder, or a single .csv or .edf."
            ),
        ],
        user: Annotated[
            str | None, Option(help="E-mail address of the records' owner, for a download.")
        ] = None,
        record_start: Annotated[
            str | None,
            Option(help="Start of a record whose files do not tell it: ticks, or ISO time."),
        ] = None,
        as_json: Json = False,
    ) -> None:
        require_begun()
        if file.is_dir() or file.suffix.lower() in ARCHIVES:
            report = _archive(file, user, record_start)
            self.stdout.write(json.dumps(asdict(report)) if as_json else _text(report))
            return
        try:
            counts = seeds.load(file, on_stderr if not as_json else lambda _: None)
        except SeedError as error:
            raise CommandError(str(error)) from error
        lines = [f"{name}: {count}" for name, count in counts.items()]
        self.stdout.write(json.dumps(counts) if as_json else "\n".join(lines))


def _archive(file: Path, user: str | None, record_start: str | None) -> Report:
    if user is None:
        raise CommandError("A download needs an owner; name one with --user E-MAIL")
    owner = User.objects.filter(email=user).first()
    if owner is None:
        raise CommandError(f"There is no user {user}; add one with: hexostore user add")
    try:
        return loading.load(file, owner, _ticks(record_start))
    except ArchiveError as error:
        raise CommandError(str(error)) from error


def _ticks(text: str | None) -> int | None:
    if text is None or text.isdecimal():
        return None if text is None else int(text[:20])
    try:
        return hexotime.from_datetime(hexotime.from_iso(text))
    except ValueError as error:
        raise CommandError(f"--record-start: {error}") from error


def _text(report: Report) -> str:
    lines = [line for loaded in report.records for line in _record(loaded)]
    lines += [f"unknown: {path}" for path in report.unknown]
    return "\n".join([*lines, *report.notes])


def _record(loaded: Loaded) -> list[str]:
    state = "new" if loaded.new else "changed" if loaded.changed else "as it was"
    rows = [f"  {name}: {count}" for name, count in sorted(loaded.channels.items())]
    return [f"record {loaded.record} from {loaded.start} to {loaded.end}, {state}", *rows]
