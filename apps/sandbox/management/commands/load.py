"""`hexostore load`."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from django.core.management.base import CommandError
from typer import Argument, Option

from apps.archives import loading
from apps.archives.report import Loaded, Report
from apps.sandbox import inputs, seeds
from apps.sandbox.management.base import Json, StoreCommand, printable, require_begun
from apps.sandbox.management.options import moment
from apps.sandbox.management.people import require_user
from apps.sandbox.management.progress import Progress, on_terminal
from apps.sandbox.seed_rows import SeedError, State
from apps.sandbox.seeds import Seeded
from apps.signals.formats.reading.members import ArchiveError
from hexostore import hexotime
from hexostore.cli import USAGE


class Command(StoreCommand):
    help = "Load the rows of a seed file, or the records of a download."
    requires_migrations_checks = False

    def handle(
        self,
        file: Annotated[
            Path,
            Argument(
                help="A seed in JSON: resource name, then handle, then fields. Or "
                "a download: a .zip, its folder, or a single .csv, .txt, .edf or .wav."
            ),
        ],
        user: Annotated[
            str | None,
            Option(help="E-mail address of the records' owner; required for a download."),
        ] = None,
        record_start: Annotated[
            str | None,
            Option(help="Start of the record, if its files do not contain it: ticks or ISO time."),
        ] = None,
        replace: Annotated[
            bool,
            Option("--replace", help="Change existing rows and channels that differ."),
        ] = False,
        as_json: Json = False,
    ) -> None:
        require_begun()
        try:
            with on_terminal(quiet=as_json) as say:
                found = (
                    _load_download(file, user, record_start, replace, say)
                    if inputs.is_download(file)
                    else seeds.load(file, say, replace=replace)
                )
        except ArchiveError as error:
            raise CommandError(str(error)) from error
        except SeedError as error:
            raise CommandError(_with_file(file, str(error))) from error
        self.stdout.write(_report_as_json(found) if as_json else printable(_report_as_text(found)))


def _with_file(file: Path, text: str) -> str:
    """Return an error of a seed with the name of its file in front."""
    return text if text.startswith(f"{file}: ") else f"{file}: {text}"


def _load_download(
    file: Path, user: str | None, record_start: str | None, replace: bool, say: Progress
) -> Report:
    if user is None:
        raise CommandError(
            "A download needs an owner; give one with --user E-MAIL", returncode=USAGE
        )
    owner = require_user(user)
    return loading.load_place(
        file, owner, _parse_start(record_start), replace=replace, progress=say
    )


def _report_as_json(found: Report | Seeded) -> str:
    return json.dumps(found.count_rows if isinstance(found, Seeded) else asdict(found))


def _report_as_text(found: Report | Seeded) -> str:
    return _seeded_text(found) if isinstance(found, Seeded) else _report_text(found)


def _parse_start(text: str | None) -> int | None:
    if text is None or text.isdecimal():
        return None if text is None else int(text[:20])
    return hexotime.from_datetime(moment("--record-start", text))


def _seeded_text(seeded: Seeded) -> str:
    return "\n".join(f"{name}: {_count_states(counts)}" for name, counts in seeded.states.items())


def _count_states(counts: Counter[State]) -> str:
    """Return how many rows there are and, unless all are new, what became of them."""
    if set(counts) == {State.NEW}:
        return str(counts.total())
    told = [f"{counts[state]} {state.value}" for state in State if counts[state]]
    return (
        f"{counts.total()}, {', '.join(told)}" if len(told) > 1 else told[0].replace(" ", ", ", 1)
    )


def _report_text(report: Report) -> str:
    lines = [line for loaded in report.records for line in _record_lines(loaded)]
    lines += [f"skipped: {path}" for path in report.aside]
    lines += [f"unknown: {path}" for path in report.unknown]
    return "\n".join([*lines, *report.notes])


def _record_lines(loaded: Loaded) -> Iterator[str]:
    state = "new" if loaded.new else "changed" if loaded.changed else "as it was"
    yield f"record {loaded.record} from {loaded.start} to {loaded.end}, {state}"
    yield from (f"  {name}: {count}" for name, count in sorted(loaded.channels.items()))
