"""`hexostore upgrade`."""

import json
from typing import Annotated, Any

from django.conf import settings
from django.core.management.base import CommandError
from typer import Option

from apps.sandbox import serving, store, tables, upgrading
from apps.sandbox.catalogue import Outcome
from apps.sandbox.management.base import Json, StoreCommand
from apps.sandbox.serve_options import ServeError
from apps.sandbox.serving import on_stderr


class Command(StoreCommand):
    help = "Upgrade a store of an earlier version, as the next start would."
    requires_system_checks: list[str] = []

    def handle(
        self,
        add_demo: Annotated[
            bool, Option("--demo", help="Add what the demo world has and this store lacks.")
        ] = False,
        as_json: Json = False,
    ) -> None:
        say = (lambda _: None) if as_json else on_stderr
        try:
            outcome = _upgrade_store(add_demo, say)
        except (ServeError, store.StoreError) as error:
            raise CommandError(str(error)) from error
        lines = upgrading.summary_lines(outcome) or ["Nothing to upgrade."]
        self.stdout.write(json.dumps(_outcome_facts(outcome)) if as_json else "\n".join(lines))


def _upgrade_store(add_demo: bool, say: upgrading.Say) -> Outcome:
    """Return what was done.

    Raise ServeError if the store is being served, and StoreError if there is none or it belongs to
    a newer version.
    """
    store.require_known()
    if not tables.hold_store():
        store.require_begun()
    with serving.only_server(settings.HEXOSTORE_HOME):
        upgrading.migrate_tables(say)
        begun = store.current() or store.require_begun()
        return upgrading.refresh_rows(begun, say, add_demo=add_demo)


def _outcome_facts(outcome: Outcome) -> dict[str, Any]:
    return {
        "added": [str(row) for row in outcome.added],
        "corrected": [str(row) for row in outcome.corrected],
        "left_out": [str(row) for row in outcome.left_out],
        "missing": [str(row) for row in outcome.missing],
    }
