"""`hexostore chunks`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any, Literal

from django.conf import settings
from django.core.management.base import CommandError
from django_typer.management import command
from typer import Option

from apps.control import object_sweeping
from apps.control.object_sweeping import NotNow, Stored
from apps.sandbox.management.base import Json, StoreCommand, require_begun
from apps.sandbox.management.progress import on_terminal
from apps.signals.storage.objects import owner
from apps.signals.storage.objects.failures import DamagedObject
from apps.signals.storage.objects.loose import kept_for
from apps.signals.storage.objects.moving import Held, count_held, move
from apps.signals.storage.objects.verifying import Verified, verify

Target = Annotated[Literal["objects", "rows"], Option("--to", help="Where the chunks are to be.")]


class Command(StoreCommand):
    """Say where chunks of signals are stored, move them between rows and objects, and check them.

    Objects are those of HEXOSTORE_CHUNKS.
    """

    help = "Move chunks of signals between the database and an object store, and check them."

    @command()
    def status(self, as_json: Json = False) -> None:
        """Say how many chunks are in rows and in objects, and how many objects nobody needs."""
        require_begun()
        with _explained():
            held = count_held()
            stored = object_sweeping.count_stored() if settings.HEXOSTORE_CHUNKS else None
        self.stdout.write(_as_json(held, stored) if as_json else _as_text(held, stored))

    @command()
    def move(self, to: Target, as_json: Json = False) -> None:
        """Move all chunks into objects or into rows, while the store is used.

        It can be interrupted at any time, and goes on when it is called again.
        """
        require_begun()
        _require_objects()
        with _explained():
            moved = _move_all(to)
            held = count_held()
        left = held.in_rows if to == "objects" else held.in_objects
        text = f"moved: {moved}, left: {left}"
        self.stdout.write(json.dumps({"moved": moved, "left": left}) if as_json else text)

    @command()
    def verify(self, as_json: Json = False) -> None:
        """Get every object that a chunk names, and list those that are missing or damaged."""
        require_begun()
        _require_objects()
        with _explained():
            number, wrong = _verify_all()
        if as_json:
            found = {"verified": number, "wrong": [asdict(each) for each in wrong]}
            self.stdout.write(json.dumps(found))
        else:
            for each in wrong:
                self.stdout.write(str(each))
            self.stdout.write(f"verified: {number}, wrong: {len(wrong)}")
        if wrong:
            raise CommandError("Restore these objects from a backup or an earlier version.")

    @command()
    def sweep(self, as_json: Json = False) -> None:
        """Note the objects that no chunk names, and remove those that are noted for long enough.

        A server does the same once an hour.
        """
        require_begun()
        _require_objects()
        with _explained():
            removed = _sweep_all()
        self.stdout.write(json.dumps({"removed": removed}) if as_json else f"removed: {removed}")

    @command()
    def adopt(self) -> None:
        """Have the objects belong to this store, which takes the place of another one."""
        require_begun()
        _require_objects()
        with _explained():
            owner.adopt()
        self.stdout.write(f"{settings.HEXOSTORE_CHUNKS} belongs to this store.")


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except NotNow as error:
        raise CommandError(f"Not now: {error}. Try again.") from error
    except (owner.OtherOwner, DamagedObject) as error:
        raise CommandError(str(error)) from error


def _require_objects() -> None:
    if not settings.HEXOSTORE_CHUNKS:
        raise CommandError("HEXOSTORE_CHUNKS is not set; it names the object store.")


def _move_all(to: Literal["objects", "rows"]) -> int:
    held, done = count_held(), 0
    wanted = held.in_rows if to == "objects" else held.in_objects
    with on_terminal() as tell:
        for moved in move(to):
            done += moved
            tell(f"{done} of {wanted} chunks moved")
    return done


def _verify_all() -> tuple[int, list[Verified]]:
    number, wrong, wanted = 0, [], count_held().in_objects
    with on_terminal() as tell:
        for number, each in enumerate(verify(), 1):
            if each.trouble:
                wrong.append(each)
            if number % 100 == 0:
                tell(f"{number} of {wanted} objects verified")
    return number, wrong


def _sweep_all() -> int:
    removed, place = 0, ""
    while True:
        some, following = object_sweeping.sweep_page(place, waits=True)
        removed += some
        if following is None:
            return removed
        place = following


def _as_json(held: Held, stored: Stored | None) -> str:
    facts: dict[str, Any] = asdict(held)
    if stored is not None:
        facts["stored"] = {"url": settings.HEXOSTORE_CHUNKS, **asdict(stored)}
    return json.dumps(facts)


def _as_text(held: Held, stored: Stored | None) -> str:
    kept, url = kept_for().total_seconds() / 3600, settings.HEXOSTORE_CHUNKS
    lines = [
        _line("in rows", held.in_rows, "chunks", held.bytes_in_rows, ""),
        _line("in objects", held.in_objects, "chunks", None, ""),
    ]
    if stored is not None:
        lines += [
            _line("stored", stored.objects, "objects", stored.size, url),
            _line("loose", stored.loose, "objects", stored.loose_size, f"kept for {kept:.0f} h"),
        ]
    return "\n".join(lines)


def _line(what: str, number: int, unit: str, size: int | None, remark: str) -> str:
    told = "" if size is None else f"{size / 1e6:,.1f} MB"
    return f"{what:10}  {number:9,} {unit:7}  {told:>12}  {remark}".rstrip()
