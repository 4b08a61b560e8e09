"""`hexostore import`."""  # noqa: N999 - the name of the module is that of the command

import hashlib
import json
from pathlib import Path
from typing import Annotated

from django.conf import settings
from django.core.management.base import CommandError
from typer import Argument, Option

from apps.accounts.models import User
from apps.catalog.models import ImportFile
from apps.exchange import importing
from apps.exchange.contents import Report
from apps.exchange.parts import earlier_import, names_of, parts_of
from apps.sandbox.management.base import Json, StoreCommand, printable, require_begun
from apps.sandbox.management.people import require_user
from apps.sandbox.management.progress import on_terminal


class Command(StoreCommand):
    help = "Import an activity file: FIT, TCX or GPX."
    requires_migrations_checks = False

    def handle(
        self,
        file: Annotated[
            Path, Argument(help="A FIT, TCX or GPX file, which may be packed with gzip or zip.")
        ],
        user: Annotated[str, Option(help="E-mail address of whose activity it is.")],
        as_json: Json = False,
    ) -> None:
        require_begun()
        owner = require_user(user)
        with on_terminal(quiet=as_json) as say:
            row = _import(file, owner, lambda share: say(f"{file.name}: {share:.0%}"))
        if isinstance(row.results, dict):
            raise CommandError(f"{file}: {row.results['error']}")
        names = names_of(parts_of(row.results))
        earlier = earlier_import(row)
        if as_json:
            made = [
                {"resource": part.resource, "id": part.key, "name": name}
                for part, name in names.items()
            ]
            before = None if earlier is None else earlier.pk
            told = json.dumps({"import": row.pk, "earlier_import": before, "results": made})
            self.stdout.write(told)
        else:
            self.stdout.write(printable(f"{file.name}: import {row.pk}{_repetition(row, earlier)}"))
            for part, name in names.items():
                told = f"{part.resource} {part.key}" + (f": {name}" if name else "")
                self.stdout.write(printable(told))


def _repetition(row: ImportFile, earlier: ImportFile | None) -> str:
    """Return what an import repeats of an earlier one of the same content."""
    if earlier is None:
        return ""
    if row.results == earlier.results:
        return f", the same file as import {earlier.pk}, so nothing new was made"
    return f", the same file as import {earlier.pk}; what was missing of it was made again"


def _import(path: Path, owner: User, report: Report) -> ImportFile:
    """Return the import of a file, which is done. Raise CommandError if it cannot be opened."""
    try:
        with path.open("rb", buffering=0) as file:
            if path.stat().st_size > settings.HEXOSTORE_IMPORT_BYTES:
                limit = settings.HEXOSTORE_IMPORT_BYTES
                raise CommandError(f"{path}: is larger than the limit of {limit} bytes")
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            row = ImportFile(user=owner, sha256=digest)
            importing.import_file(row, file, report)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    return row
