"""Updating a store that an earlier version made.

Tables are updated by migrations. What the service defines for everybody comes from the files in
`fixtures`. The store keeps their digest, so a start that changes nothing reads no rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from django.core.management import call_command
from django.db import transaction

from apps.records.models import Record
from apps.sandbox import prepared, store, tables
from apps.sandbox.catalogue import Outcome, Refresh
from apps.sandbox.models import Store
from apps.sandbox.seed_rows import SeedRow

Say = Callable[[str], None]


def migrate_tables(say: Say) -> None:
    """Update the tables. Raise StoreError if a newer version has used the store."""
    with tables.locked_store():
        standing = tables.find_standing()
        store.refuse_newer(standing.ahead)
        if standing.behind:
            say("Upgrading the tables ..." if tables.any_applied() else "Creating the tables ...")
            if not prepared.make_tables(standing.known):
                call_command("migrate", verbosity=0, interactive=False)


def catch_up(begun: Store, say: Say) -> None:
    """Update the rows of the catalogue, if this version has other rows than the last one."""
    if not store.is_current(begun):
        for line in summary_lines(refresh_rows(begun, say)):
            say(line)


def refresh_rows(begun: Store, say: Say, *, add_demo: bool = False) -> Outcome:
    """Add and correct the rows of the catalogue; with `add_demo` also add missing rows of the demo
    world.

    Everything or nothing is done, and `begun` is updated. Rows that users made are never changed.
    """
    from apps.sandbox import demo  # and with it the simulator, which most starts go without

    with transaction.atomic():
        row = Store.objects.select_for_update().get(pk=begun.pk)
        catalogue = store.read_catalogue(row.seed)
        outcome = Refresh(set(catalogue), row.catalogue, add=add_demo).run(
            store.read_fixtures(row.seed)
        )
        demo.make_signals(say, [each.primary_key for each in _rows_of(Record, outcome.added)])
        begun.digest, begun.catalogue = store.digest_fixtures(row.seed), outcome.keys
        begun.save(update_fields=["digest", "catalogue"])
    return outcome


def _rows_of(model: type[Record], rows: Iterable[SeedRow]) -> list[SeedRow]:
    return [row for row in rows if row.table.model is model]


def summary_lines(outcome: Outcome) -> list[str]:
    """Return what was done, in lines; none if nothing was done."""
    done = (
        ("Added", outcome.added, ""),
        ("Corrected", outcome.corrected, ""),
        ("Left out because their numbers or names are taken", outcome.left_out, ""),
        ("Not in this demo world", outcome.missing, ". To add: hexostore upgrade --demo"),
    )
    return [f"{what}: {count_by_resource(rows)}{then}" for what, rows, then in done if rows]


def count_by_resource(rows: Iterable[SeedRow]) -> str:
    """Return rows as text: the number for each resource."""
    counts = Counter(row.table.name for row in rows)
    return ", ".join(f"{count} {name}" for name, count in counts.items())
