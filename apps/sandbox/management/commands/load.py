"""`hexostore load`."""

import json
from pathlib import Path
from typing import Annotated

from django.core.management.base import CommandError
from typer import Argument

from apps.sandbox import seeds
from apps.sandbox.management.base import Json, StoreCommand, require_begun
from apps.sandbox.seed_rows import SeedError
from apps.sandbox.serving import on_stderr


class Command(StoreCommand):
    help = "Load the rows of a seed file: all of them or, when one is wrong, none."
    requires_migrations_checks = False

    def handle(
        self,
        file: Annotated[Path, Argument(help="JSON: resource name, then handle, then fields.")],
        as_json: Json = False,
    ) -> None:
        require_begun()
        try:
            counts = seeds.load(file, on_stderr if not as_json else lambda _: None)
        except SeedError as error:
            raise CommandError(str(error)) from error
        lines = [f"{name}: {count}" for name, count in counts.items()]
        self.stdout.write(json.dumps(counts) if as_json else "\n".join(lines))
