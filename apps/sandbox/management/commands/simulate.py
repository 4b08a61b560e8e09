"""`hexostore simulate`."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Annotated, Any, TypeVar

import orjson
import psycopg
from django.conf import settings
from django.core.management.base import CommandError
from django.db import OperationalError
from typer import Option

from apps.accounts.models import User
from apps.records.models import Record
from apps.sandbox import populations, served, simulations
from apps.sandbox.management.base import Json, StoreCommand, require_begun
from apps.sandbox.management.control import chosen_path, follow_clock
from apps.sandbox.management.options import finite, moment, wrong
from apps.sandbox.management.people import require_user
from apps.sandbox.management.progress import on_terminal
from apps.sandbox.populations import AskedPopulation
from apps.sandbox.simulations import SimulationError, read_duration
from apps.simulation import live, profiles, recording
from apps.simulation.models import Truth
from apps.simulation.people import FITTEST, LEAST_FIT, OLDEST, YOUNGEST
from apps.simulation.simulator import Simulation
from hexostore import clock, hexotime, program
from hexostore.cli import USAGE

_LOOKED = 0.25
"""Real seconds after which a live record looks again at the clock of its sandbox."""

Shown = TypeVar("Shown")


class Command(StoreCommand):
    help = "Create a record with realistic signals, at once or growing live."

    def handle(
        self,
        user: Annotated[
            str | None,
            Option(help="E-mail address of the record's owner; required to create a record."),
        ] = None,
        start: Annotated[
            str | None,
            Option(
                help="ISO time, in UTC unless it has an offset; by default the record ends now."
            ),
        ] = None,
        duration: Annotated[
            str | None, Option(help="90s, 10m, 24h, 1h30m; by default the length of the profile.")
        ] = None,
        profile: Annotated[
            str, Option(help="The activity; see --list. Or the path of a file of your own.")
        ] = simulations.USUAL,
        seed: Annotated[
            int,
            Option(min=0, max=simulations.SEEDS - 1, help="The same seed gives the same record."),
        ] = 1,
        age: Annotated[
            int | None,
            Option(min=YOUNGEST, max=OLDEST, help="Another person than that of the profile."),
        ] = None,
        sex: Annotated[str | None, Option(help="F or M, of another person.")] = None,
        fitness: Annotated[
            float | None,
            Option(
                min=LEAST_FIT,
                max=FITTEST,
                callback=finite,
                help="Of another person: -1 is unfit, 2 trained.",
            ),
        ] = None,
        population: Annotated[
            int | None, Option(help="Add so many people with records to a study.")
        ] = None,
        study: Annotated[
            str | None, Option(help="The name or uuid of the study, with --population.")
        ] = None,
        days: Annotated[
            int | None, Option(help="With --population: the days before today, usually 7.")
        ] = None,
        adherence: Annotated[
            float | None,
            Option(help="With --population: the share of the days that a shirt is worn, else 0.8."),
        ] = None,
        truth: Annotated[
            Path | None, Option(help="Also write the ground truth to this file, as JSON.")
        ] = None,
        as_live: Annotated[
            bool, Option("--live", help="Start now and grow every 5 s; Ctrl-C ends the record.")
        ] = False,
        finish: Annotated[
            int | None, Option(help="Complete the interrupted live record with this id.")
        ] = None,
        listing: Annotated[bool, Option("--list", help="List the profiles.")] = False,
        schema: Annotated[
            bool, Option("--schema", help="Print the JSON Schema of files of profiles.")
        ] = False,
        as_json: Json = False,
    ) -> None:
        if schema:
            self.stdout.write(json.dumps(profiles.profile_schema(), indent=1))
            return
        if listing:
            with _one_line_errors():
                self._print_answer(_describe_profiles(), _profile_text, as_json)
            return
        require_begun()
        if population is not None or study is not None:
            _refuse("is not for a --population.", {
                "--user": user, "--start": start, "--live": as_live or None, "--truth": truth,
                "--finish": finish, "--age": age, "--sex": sex, "--fitness": fitness,
            })  # fmt: skip
            with _one_line_errors(), on_terminal(quiet=as_json) as say:
                asked = _asked_population(population, days, adherence, duration, profile, seed)
                facts = _add_population(study, asked, say)
            self._print_answer(facts, population_text, as_json)
            return
        _refuse("is for a --population.", {"--days": days, "--adherence": adherence})
        if truth is not None:
            _require_writable(truth)
        with _one_line_errors(), on_terminal(quiet=as_json) as say:
            if finish is not None:
                record = _finish_record(finish, say)
            else:
                wearer = _find_wearer(user)
                who = (sex, age, fitness)
                simulation = _make_simulation(profile, who, seed, start, duration, as_live)
                record = self._make_record(wearer, simulation, as_live, say, as_json)
        if truth is not None:
            _write_truth(truth, record)
        self._print_answer(simulations.record_facts(record), _facts_as_text, as_json)

    def _make_record(
        self,
        wearer: User,
        simulation: Simulation,
        as_live: bool,
        say: recording.Progress,
        as_json: bool,
    ) -> Record:
        if not as_live:
            return recording.store_record(wearer, simulation, say)
        record = recording.begin_record(wearer, simulation, status="realtime")
        with live.lock_alone(record):
            self._print_answer(simulations.record_facts(record), _live_text, as_json)
            self.stdout.flush()
            growing = live.Live(record, simulation)
            with _stopped_by_signals() as stop:
                seconds = live.grow_record(growing, _present_tick, _waiting_on(stop), say)
            live.finish_record(record, simulation, seconds, say)
        return record

    def _print_answer(self, answer: Shown, text: Callable[[Shown], str], as_json: bool) -> None:
        self.stdout.write(json.dumps(answer) if as_json else text(answer))


def _present_tick() -> int:
    """Return the present tick by the clock of the sandbox, which may be moved meanwhile."""
    follow_clock()
    return clock.ticks()


def _waiting_on(stop: Event) -> Callable[[float], bool]:
    """Return the function that waits for seconds, or until it should stop. It waits less if the
    sandbox has a clock of its own, so that it notices soon when that is moved."""

    def wait(seconds: float) -> bool:
        return stop.wait(min(seconds, _LOOKED) if clock.chosen_clock() else seconds)

    return wait


def _refuse(problem: str, options: dict[str, object]) -> None:
    """Raise CommandError if an option is given for which there is that problem."""
    for option, value in options.items():
        if value is not None:
            raise wrong(option, problem)


def _asked_population(
    size: int | None,
    days: int | None,
    adherence: float | None,
    duration: str | None,
    name: str,
    seed: int,
) -> AskedPopulation:
    if size is None:
        raise wrong("--study", "is for people: add --population.")
    days = populations.USUAL_DAYS if days is None else days
    adherence = populations.USUAL_ADHERENCE if adherence is None else adherence
    try:
        seconds = populations.USUAL_SECONDS if duration is None else read_duration(duration)
        profile = simulations.choose_profile(name)
        asked = AskedPopulation(size, days, adherence, seconds, profile, seed)
        populations.check_population(asked)
    except SimulationError as error:
        raise wrong(f"--{error.member}", error.problem) from error
    return asked


def _add_population(
    study: str | None, asked: AskedPopulation, say: recording.Progress
) -> dict[str, Any]:
    """Add people to a study. Return its facts and theirs. Raise CommandError."""
    if study is None:
        raise wrong("--population", "needs the --study whose people they are.")
    try:
        found = populations.find_study(study)
        people = populations.simulate_population(found, asked, say)
    except SimulationError as error:
        raise wrong(f"--{error.member}", error.problem) from error
    return {
        "study": found.name,
        "resource_uri": f"/api/study/{found.pk}/",
        "profile": asked.profile.name,
        "seed": asked.seed,
        "people": people,
    }


Who = tuple[str | None, int | None, float | None]
"""Sex, age and fitness of another person; None is as in the profile."""


def _make_simulation(
    name: str, who: Who, seed: int, start: str | None, duration: str | None, as_live: bool
) -> Simulation:
    """Return the simulation that the options describe. Raise CommandError if they are wrong."""
    if as_live and start:
        raise wrong("--live", "starts now; omit --start.")
    begin = moment("--start", start) if start else clock.now() if as_live else None
    try:
        profile = simulations.with_person(simulations.choose_profile(name), *who)
        seconds = simulations.length_of(profile, duration)
        return simulations.make_simulation(profile, seed, begin, seconds)
    except SimulationError as error:
        raise wrong(f"--{error.member}", error.problem) from error


def _find_wearer(email: str | None) -> User:
    if email is None:
        raise CommandError(
            "Give the record's owner with --user E-MAIL. See --help.", returncode=USAGE
        )
    return require_user(email)


def _require_writable(file: Path) -> None:
    """Raise CommandError if the truth could not be written to that file, before it exists."""
    place = file if file.exists() else file.parent
    why = (
        "is a folder" if file.is_dir()
        else f"there is no folder {file.parent}" if not file.parent.is_dir()
        else "cannot be written" if not os.access(place, os.W_OK)
        else None
    )  # fmt: skip
    if why:
        raise wrong("--truth", f"{file}: {why}")


def _write_truth(file: Path, record: Record) -> None:
    try:
        file.write_bytes(orjson.dumps(Truth.objects.get(pk=record.pk).document))
    except OSError as error:
        raise CommandError(
            f"--truth: {error}. Record {record.pk} was created, and its truth is stored at "
            f"/_sandbox/truth/{record.pk}/"
        ) from error


def _finish_record(key: int, say: recording.Progress) -> Record:
    record = Record.objects.filter(pk=key).first()
    if record is None:
        raise LookupError(f"There is no record {key}.")
    with live.lock_alone(record):
        live.finish_record(record, *live.resume_simulation(record), say)
    return record


@contextmanager
def _one_line_errors() -> Iterator[None]:
    try:
        yield
    except (profiles.ProfileError, LookupError, OSError, ValueError, live.Busy) as error:
        raise CommandError(str(error)) from error
    except (OperationalError, psycopg.OperationalError) as error:
        reason = str(error).partition("\n")[0]
        raise CommandError(f"The connection to the database was lost: {reason}") from error


@contextmanager
def _stopped_by_signals() -> Iterator[Event]:
    """Set an event at the first Ctrl-C or SIGTERM. A second one has its usual effect."""
    stop = Event()
    usual = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    for each in usual:
        signal.signal(each, lambda *_: stop.set())
    try:
        yield stop
    finally:
        for each, handler in usual.items():
            signal.signal(each, handler)


def _describe_profiles() -> list[dict[str, Any]]:
    read = [profiles.read_profile(name) for name in profiles.profile_names()]
    return [
        {
            "name": each.name,
            "title": each.title,
            "info": each.info,
            "device": each.device,
            "minutes": each.minutes,
        }
        for each in read
    ]


def _profile_text(listed: list[dict[str, Any]]) -> str:
    return "\n".join(f"{each['name']:20} {each['info']}" for each in listed)


def population_text(facts: dict[str, Any]) -> str:
    """Return what people are told of a population: a table with a line for each."""
    people = facts["people"]
    records = sum(len(each["records"]) for each in people)
    heads = f"{'subject':10} sex age fitness worn forgotten away"
    rows = [
        f"{each['subject']:10} {each['sex']:>3} {each['age']:3} {each['fitness']:z7.1f}"
        f" {len(each['records']):4} {len(each['forgotten']):9} {len(each['away']):4}"
        for each in people
    ]
    begun = f"{len(people)} people and {records} records in {facts['study']}, seed {facts['seed']}"
    return "\n".join([begun, "", heads, *rows])


def _facts_as_text(facts: dict[str, Any]) -> str:
    seconds = (facts["end"] - facts["start"]) // hexotime.TICKS_PER_SECOND
    ended = hexotime.to_iso(hexotime.to_datetime(facts["end"]))
    ask = _curl_command(facts)
    return "\n".join(
        [
            f"record    {facts['id']}, {facts['status']}: {facts['profile']}, seed {facts['seed']}",
            f"URI       {facts['resource_uri']}",
            f"from      {facts['start_date']}",
            f"to        {ended}, {timedelta(seconds=seconds)}",
            f"channels  {len(facts['datatypes'])}: {', '.join(map(str, facts['datatypes']))}",
            "",
            "Try, while the store is served:",
            f"  {ask}/api/data/?record={facts['id']}&datatype=19&max_values=10'",
            f"  {ask}{facts['truth']}'",
            *_explorer_lines(facts),
        ]
    )


def _curl_command(facts: dict[str, Any]) -> str:
    """Return the beginning of a request to the sandbox, as it is served now."""
    return f"curl -u {facts['user']} '{_root()}"


def _explorer_lines(facts: dict[str, Any]) -> list[str]:
    """Return where the record can be looked at in a browser, if there are such pages."""
    if settings.HEXOSTORE_PROFILE == "public":
        return []
    return [f"Look at it in a browser: {_root()}/explore/record/{facts['id']}/"]


def _root() -> str:
    """Return the address of the sandbox, as it is served now."""
    return f"http://{served.find_addresses(settings.HEXOSTORE_HOME).http}{chosen_path()}"


def _live_text(facts: dict[str, Any]) -> str:
    ask = _curl_command(facts)
    return "\n".join(
        [
            f"record {facts['id']} is being recorded; Ctrl-C ends it.",
            f"If it is interrupted: {program.program_name()} simulate --finish {facts['id']}",
            "Try, while the store is served:",
            f"  {ask}/api/data/?record={facts['id']}&datatype__in=19,33'",
            *_explorer_lines(facts),
            "",
        ]
    )
