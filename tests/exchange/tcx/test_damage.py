"""Damaged TCX: it is read, or there is one clear error."""

from __future__ import annotations

import io
from contextlib import suppress

from hypothesis import given

from apps.exchange.activity import Activity, FileError, Lap, Step, Workout
from apps.exchange.formats.tcx import reader, workouts, writer
from apps.exchange.formats.tcx.steps import REPEAT
from tests.exchange.damage import damaged, damaged_examples
from tests.exchange.damaged_xml import damaged_elements
from tests.exchange.sessions import session, ticks
from tests.exchange.tcx.files import COURSE, NAMESPACES, OWN, activity, file, lap, point, position

_LAPS = (Lap(ticks(0), ticks(2)), Lap(ticks(3), ticks(5)))
_STEPS = (Step(duration_type="time", duration_value=60), Step(target_type="speed", target_value=1))
_AGAIN = Step(duration_type=REPEAT, duration_value=0, target_value=4)

OURS = b"".join(writer.write(Activity((session(6, _LAPS), session(3)))))
PLAN = workouts.write(Workout("A plan", 10, (*_STEPS, _AGAIN)))
STRANGERS = file(
    "<MultiSportSession><FirstSport>"
    + activity(lap([point(0, position(45, -73)), point(1)]), after="<Notes>a\nb</Notes>")
    + f"</FirstSport><NextSport>{lap([point(70)]).replace('Lap', 'Transition')}"
    + activity(lap([point(80)]))
    + "</NextSport></MultiSportSession>",
    namespaces=f"{NAMESPACES} {OWN}",
    after=COURSE,
).encode()


def read(body: bytes) -> None:
    with suppress(FileError):
        found = reader.read(io.BytesIO(body))
        assert found.sessions or found.workouts
        for one in found.sessions:
            assert one.start <= one.end
            for points in one.points:
                assert all(one.start <= tick <= one.end for tick in points.times)


@damaged_examples(40)
@given(damaged([OURS]))
def test_bytes_of_our_files(body: bytes) -> None:
    read(body)


@damaged_examples(40)
@given(damaged_elements(OURS))
def test_elements_of_our_files(body: bytes) -> None:
    read(body)


@damaged_examples(40)
@given(damaged_elements(STRANGERS))
def test_elements_of_other_files(body: bytes) -> None:
    read(body)


@damaged_examples(40)
@given(damaged_elements(PLAN))
def test_elements_of_workouts(body: bytes) -> None:
    read(body)


@damaged_examples(40)
@given(damaged([STRANGERS]))
def test_bytes_of_other_files(body: bytes) -> None:
    read(body)
