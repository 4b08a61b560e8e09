"""The directions of attack by name."""

from __future__ import annotations

from collections.abc import Callable

from tests.chaos.store import Store
from tests.pressure.archives import attack_archives
from tests.pressure.changes import attack_changes
from tests.pressure.endurance import attack_endurance
from tests.pressure.odd import attack_with_odd_input
from tests.pressure.outcome import Outcome
from tests.pressure.proxied import attack_proxy
from tests.pressure.raw import attack_raw
from tests.pressure.reads import attack_reads
from tests.pressure.tickets import attack_tickets

Direction = Callable[[Store, float], Outcome]
DIRECTIONS: dict[str, Direction] = {
    "reads": attack_reads,
    "changes": attack_changes,
    "odd": attack_with_odd_input,
    "raw": attack_raw,
    "tickets": attack_tickets,
    "endurance": attack_endurance,
    "proxy": attack_proxy,
    "archives": attack_archives,
}
