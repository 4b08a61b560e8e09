"""A day of every channel simulated and stored, in a process of its own.

What is printed is wall time and CPU of this process (PostgreSQL's own is not in it), the largest
memory it ever had, and how long making the channels alone takes.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

from bench.harness import demo_store

DAY = 86_400
PROFILES = "working_day", "astronaut"
"""The usual shirt, and the one with the most channels."""


def alone(name: str) -> float:
    """Seconds of CPU that making all channels takes, without storing any."""
    from apps.simulation import profiles
    from apps.simulation.simulator import EVENTS, Simulation

    began = time.process_time()
    simulation = Simulation(profiles.read_profile(name), 1, 359_840_226_870, DAY)
    for dataid in simulation.all_datatypes():
        simulation.events(dataid) if dataid in EVENTS else simulation.samples(dataid)
    return time.process_time() - began


def main(name: str) -> None:
    """Prints the figures of one profile; to be run in a fresh process."""
    with demo_store():
        from apps.accounts.models import User
        from apps.simulation import profiles, recording
        from apps.simulation.simulator import Simulation

        user = User.objects.get(username="athlete@example.com")
        wall, cpu = time.perf_counter(), time.process_time()
        simulation = Simulation(profiles.read_profile(name), 1, 359_840_226_870, DAY)
        made = recording.store_record(user, simulation)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        count = made.channels.count()
        print(f"a day of {count} channels, {name}")
        print(f"  made and stored   {wall:6.2f} s wall   {cpu:6.2f} s CPU   {peak:4.0f} MB at most")
        print(f"  made alone                        {alone(name):6.2f} s CPU")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        for each in PROFILES:
            subprocess.run([sys.executable, "-m", "bench.simulation", each], check=True)
