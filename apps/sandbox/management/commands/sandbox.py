"""`hexostore sandbox`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from django.core.management.base import CommandError
from django_typer.management import command
from typer import Argument, Option

from apps.control.keeper import call_keeper
from apps.control.names import made_up_name
from apps.control.plane import ControlPlane
from apps.control.sandboxes import SandboxError, Sandboxes
from apps.control.worlds import WorldError
from apps.sandbox.management.base import Json, StoreCommand, require_store
from apps.sandbox.management.control import join_plane
from apps.sandbox.management.options import finite
from apps.sandbox.plane.sandboxes import LONGEST, SECONDS, sandbox_as_json
from apps.sandbox.seed_rows import SeedError
from apps.sandbox.seeded_sandboxes import create_sandbox
from apps.sandbox.store_worlds import store_sandboxes

Name = Annotated[str, Argument(help="The name of the sandbox.")]
SnapshotName = Annotated[str, Argument(help="The name of the snapshot.")]
NewName = Annotated[str | None, Argument(help="A name; one is made up if it is left out.")]
Ttl = Annotated[
    float,
    Option(
        min=0,
        max=LONGEST,
        callback=finite,
        help="Seconds that it lives without requests; 0 means no end.",
    ),
]


class Command(StoreCommand):
    """Create, reset, copy and delete sandboxes."""

    help = "Manage sandboxes: separate worlds for tests, beside the store itself."

    @command(name="list")
    def show(self, as_json: Json = False) -> None:
        """List the sandboxes. The first one, main, is the store itself."""
        with _sandboxes() as (plane, _):
            found = [sandbox_as_json(each) for each in plane.state().sandboxes.values()]
        self._print(found, [f"{each['name']:20} {each['path']}" for each in found], as_json)

    @command()
    def create(
        self,
        name: NewName = None,
        ttl: Ttl = SECONDS,
        seed: Annotated[Path | None, Option(help="A seed file to load into it.")] = None,
        as_json: Json = False,
    ) -> None:
        """Create a sandbox with the rows that a store begins with."""
        with _sandboxes():
            made = create_sandbox(name or made_up_name(), _lifetime(ttl), seed)
        self._print_one(made, as_json)

    @command()
    def reset(self, name: Name = "main", as_json: Json = False) -> None:
        """Give a sandbox the rows again that it began with."""
        with _sandboxes() as (_, sandboxes):
            found = sandboxes.reset(name)
        self._print_one(found, as_json)

    @command()
    def fork(
        self, source: Name, name: NewName = None, ttl: Ttl = SECONDS, as_json: Json = False
    ) -> None:
        """Create a sandbox with the rows that another one has now."""
        with _sandboxes() as (_, sandboxes):
            made = sandboxes.fork(source, name or made_up_name(), _lifetime(ttl))
        self._print_one(made, as_json)

    @command()
    def delete(self, name: Name) -> None:
        """Delete a sandbox with its snapshots."""
        with _sandboxes() as (_, sandboxes):
            sandboxes.delete(name)
        self.stdout.write(f"{name} is deleted")

    @command()
    def snapshot(
        self,
        name: Name,
        snapshot: Annotated[
            str | None, Argument(help="A name for the copy; without one, the copies are listed.")
        ] = None,
    ) -> None:
        """Keep a copy of what a sandbox holds now, or list its copies."""
        with _sandboxes() as (_, sandboxes):
            if snapshot is not None:
                sandboxes.take_snapshot(name, snapshot)
            found = [each.name for each in sandboxes.snapshots(name)]
        self.stdout.write("\n".join(found))

    @command()
    def restore(self, name: Name, snapshot: SnapshotName) -> None:
        """Give a sandbox the rows that it had at a snapshot."""
        with _sandboxes() as (_, sandboxes):
            sandboxes.restore(name, snapshot)
        self.stdout.write(f"{name} is as it was at {snapshot}")

    def _print_one(self, sandbox: Any, as_json: bool) -> None:
        found = sandbox_as_json(sandbox)
        self._print(found, [f"{found['name']:20} {found['path']}"], as_json)

    def _print(self, found: object, lines: list[str], as_json: bool) -> None:
        self.stdout.write(json.dumps(found) if as_json else "\n".join(lines))


@contextmanager
def _sandboxes() -> Iterator[tuple[ControlPlane, Sandboxes]]:
    """Provide the sandboxes of the store. What is wrong with a request becomes CommandError."""
    require_store()
    plane = join_plane()
    try:
        yield plane, store_sandboxes()
        call_keeper()
    except (SandboxError, WorldError, SeedError) as error:
        raise CommandError(str(error)) from error


def _lifetime(seconds: float) -> timedelta | None:
    return timedelta(seconds=seconds) if seconds else None
