"""`/_sandbox/sandboxes/NAME/simulate`: simulated records, as `hexostore simulate` makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

from apps.accounts.models import User
from apps.api.own_writes import note_for_all
from apps.control.sandboxes import find_sandbox
from apps.sandbox import simulations
from apps.sandbox.people import find_person, suggest_person
from apps.sandbox.plane.moments import read_moment
from apps.sandbox.plane.replies import Members, PlaneError, json_reply, takes
from apps.sandbox.simulations import LONGEST_SENT, SimulationError
from apps.sandbox.store_worlds import require_plane

if TYPE_CHECKING:
    from apps.simulation.simulator import Simulation


@takes(
    user=str,
    profile=str | dict,
    sex=str,
    age=int,
    fitness=float,
    duration=object,
    seed=int,
    start=object,
)
def simulate_record(_request: HttpRequest, sent: Members, name: str) -> object:
    """POST /_sandbox/sandboxes/NAME/simulate: a new record of a user, with simulated signals.

    `profile` is the name of one, or its JSON object (`hexostore simulate --schema`). With `sex`,
    `age` or `fitness`, somebody else does what it says. Without `start` it ends now, by the clock
    of the sandbox. `duration` is a text such as 10m, or seconds; without it, the record is as long
    as its profile.
    """
    from apps.simulation import recording  # which a server goes without until then

    known = require_plane()
    find_sandbox(known, name)
    with known.inside(name):
        try:
            wearer, simulation = _find_wearer(sent), _read_simulation(sent)
            made = recording.store_record(wearer, simulation)
            note_for_all()
        except (SimulationError, LookupError) as error:
            raise PlaneError(str(error)) from error
        return json_reply(simulations.record_facts(made), 201)


def _find_wearer(sent: Members) -> User:
    if "user" not in sent:
        raise PlaneError("user is missing: the e-mail address of the record's owner.")
    found = find_person(sent["user"])
    if found is None:
        raise PlaneError(f"user: there is no {sent['user'][:60]!r}.{suggest_person(sent['user'])}")
    return found


def _read_simulation(sent: Members) -> Simulation:
    """Return the simulation that a body describes. Raise SimulationError or PlaneError."""
    profile = simulations.ask_profile(sent)
    seconds = simulations.length_of(profile, sent.get("duration"), LONGEST_SENT)
    start = read_moment("start", sent["start"]) if "start" in sent else None
    return simulations.make_simulation(profile, sent.get("seed", 1), start, seconds)
