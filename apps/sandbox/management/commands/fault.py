"""`hexostore fault`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from django.core.management.base import CommandError
from django_typer.management import command
from typer import Argument, Option

from apps.control import fault_rules
from apps.control.faults import stored
from apps.control.plane import ControlPlane
from apps.control.sandboxes import SandboxError
from apps.sandbox.management.base import Json, StoreCommand, require_begun
from apps.sandbox.management.control import chosen_name, join_plane
from apps.sandbox.management.options import read_object
from apps.sandbox.plane.faults import marks_as_json

Rule = Annotated[str, Argument(help="The rule as JSON, or @FILE with it, or - to read it.")]


class Command(StoreCommand):
    """Add, list and remove the rules by which requests of a sandbox fail."""

    help = "Have requests fail, late, broken or wrong, for tests."

    @command(name="list")
    def show(self, as_json: Json = False) -> None:
        """List the rules with their counters, and the marks of users and keys."""
        with _plane() as (_, sandbox):
            rules = [fault_rules.rule_as_json(row) for row in stored.list_rows(sandbox)]
            found = [*rules, *marks_as_json()]
        self.stdout.write(json.dumps(found) if as_json else "\n".join(map(_line, found)))

    @command()
    def add(self, rule: Rule, as_json: Json = False) -> None:
        """Add a rule, such as '{"match": {"resource": "record"}, "action": {"status": 503}}'."""
        sent = read_object("The rule", rule)
        with _plane() as (plane, sandbox):
            added = fault_rules.rule_as_json(fault_rules.add_rule(plane, sandbox, sent))
        self.stdout.write(json.dumps(added) if as_json else _line(added))

    @command()
    def remove(
        self,
        number: Annotated[int | None, Argument(help="The number of the rule.")] = None,
        every: Annotated[bool, Option("--all", help="Remove all rules. Marks stay.")] = False,
    ) -> None:
        """Remove a rule, or all of them."""
        if (number is None) != every:
            raise CommandError("Name the number of a rule, or --all.")
        with _plane() as (plane, sandbox):
            if number is None:
                fault_rules.remove_all(plane, sandbox)
            else:
                fault_rules.remove_rule(plane, sandbox, number)
        self.stdout.write("all faults are removed" if every else f"fault {number} is removed")


@contextmanager
def _plane() -> Iterator[tuple[ControlPlane, str]]:
    """Provide the control plane and the name of the chosen sandbox, which is entered."""
    require_begun()
    plane = join_plane()
    try:
        yield plane, chosen_name()
    except SandboxError as error:
        raise CommandError(str(error)) from error


def _line(rule: dict[str, Any]) -> str:
    """Return a rule in one line: its number and counters, or that it is a mark."""
    shown = {name: rule[name] for name in _SHOWN if name in rule}
    number = f"{rule['id']} {rule['applied']}/{rule['matched']}" if rule["id"] else "mark"
    return f"{number:12} {json.dumps(shown)}"


_SHOWN = "name", "match", "after", "times", "probability", "seed", "action"
