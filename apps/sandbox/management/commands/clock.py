"""`hexostore clock`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from django.core.management.base import CommandError
from django_typer.management import command
from typer import Argument, Option

from apps.control import clocks
from apps.control.plane import ControlPlane
from apps.control.sandboxes import SandboxError, find_sandbox
from apps.sandbox.management.base import Json, StoreCommand, require_store
from apps.sandbox.management.control import chosen_name, join_plane
from apps.sandbox.management.options import moment, wrong
from apps.sandbox.plane.clock import advance_as_json, advance_by, clock_as_json
from apps.sandbox.plane.replies import PlaneError

Moment = Annotated[str, Argument(help="An ISO time, in UTC unless it has an offset.")]


class Command(StoreCommand):
    """Show, stop and move the clock of a sandbox."""

    help = "Move the time that a sandbox is told; --sandbox NAME, or else main."

    @command()
    def show(self, as_json: Json = False) -> None:
        """Show the clock."""
        with _clock() as (plane, name):
            found = find_sandbox(plane, name)
        self._print(clock_as_json(found), as_json)

    @command()
    def freeze(
        self,
        at: Annotated[str | None, Option(help="An ISO time; what it shows, by default.")] = None,
        as_json: Json = False,
    ) -> None:
        """Stop the clock."""
        with _clock() as (plane, name):
            chosen = None if at is None else moment("--at", at)
            found = clocks.change_clock(plane, name, chosen, 0.0)
        self._print(clock_as_json(found), as_json)

    @command(name="set")
    def set_to(self, to: Moment, as_json: Json = False) -> None:
        """Set the clock to a moment. It stands or runs as before."""
        with _clock() as (plane, name):
            found = clocks.change_clock(plane, name, moment("TO", to))
        self._print(clock_as_json(found), as_json)

    @command()
    def speed(
        self,
        times: Annotated[float, Argument(help="How many times as fast as real time.")],
        as_json: Json = False,
    ) -> None:
        """Let the clock run at a speed, from what it shows."""
        if not times > 0:
            raise wrong("TIMES", f"must be more than 0, not {times}. To stop the clock: freeze")
        with _clock() as (plane, name):
            found = clocks.change_clock(plane, name, speed=times)
        self._print(clock_as_json(found), as_json)

    @command()
    def reset(self, as_json: Json = False) -> None:
        """Show the time of the system again."""
        with _clock() as (plane, name):
            found = clocks.reset_clock(plane, name)
        self._print(clock_as_json(found), as_json)

    @command()
    def advance(
        self,
        seconds: Annotated[float | None, Argument(help="By how many seconds.")] = None,
        to: Annotated[str | None, Option(help="An ISO time to advance to.")] = None,
        as_json: Json = False,
    ) -> None:
        """Advance the clock, and run what falls due until then."""
        if (seconds is None) == (to is None):
            raise wrong("--to", "give either this or the seconds.")
        with _clock() as (plane, name):
            done = advance_as_json(*advance_by(plane, name, seconds, to))
        if as_json:
            self.stdout.write(json.dumps(done))
        else:
            self.stdout.write("\n".join([_clock_text(done["clock"]), *_advance_lines(done)]))

    def _print(self, shown: dict[str, Any], as_json: bool) -> None:
        self.stdout.write(json.dumps(shown) if as_json else _clock_text(shown))


@contextmanager
def _clock() -> Iterator[tuple[ControlPlane, str]]:
    """Provide the control plane and the sandbox. What is wrong becomes CommandError."""
    require_store()
    plane = join_plane()
    try:
        yield plane, chosen_name()
    except (PlaneError, SandboxError) as error:
        raise CommandError(str(error)) from error


def _clock_text(shown: dict[str, Any]) -> str:
    state = shown["state"]
    running = f"{state} at speed {shown['speed']:g}" if state == "running" else state
    return f"{shown['now']}  {shown['sandbox']}, {running}"


def _advance_lines(done: dict[str, Any]) -> list[str]:
    lines = [f"{each['at']}  {each['kind']}: {each['result']}" for each in done["ran"]]
    if not done["finished"]:
        lines.append(f"There is more to do. Go on with: advance --to {done['to']}")
    return lines
