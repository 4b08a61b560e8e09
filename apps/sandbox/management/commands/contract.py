"""`hexostore contract`."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from django.core.management.base import CommandError
from typer import Option

from apps.documents import pages, parity
from apps.documents.parity import Parity
from apps.sandbox.management.base import Json, StoreCommand
from hexostore.suggestions import did_you_mean

TITLES = {
    "equal": "Equal to the published schema of 3.3.x",
    "different": "Different from the published schema of 3.3.x",
    "newer": "Not in the published schema: in newer documents, or found elsewhere",
    "older": "Only in older versions",
    "missing": "Missing",
}


class Command(StoreCommand):
    help = "Compare the resources with the published schema, and write their pages."
    requires_system_checks: list[str] = []

    def handle(
        self,
        resource: Annotated[str, Option(help="Only this resource.")] = "",
        write_docs: Annotated[
            Path | None, Option(help="Write the page of every resource into this folder.")
        ] = None,
        as_json: Json = False,
    ) -> None:
        if write_docs is not None:
            written = pages.write_pages(write_docs)
            self.stderr.write(f"{written} pages written to {write_docs}")
            return
        found = _requested_parity(resource)
        text = (
            json.dumps([asdict(each) for each in found])
            if as_json
            else "\n".join(_report_lines(found))
        )
        self.stdout.write(text)
        if any(each.state == "different" for each in found):
            sys.exit(1)


def _requested_parity(name: str) -> list[Parity]:
    try:
        return [parity.parity_of(name)] if name else parity.report_parity()
    except KeyError:
        hint = did_you_mean(name, (each.name for each in parity.report_parity()))
        raise CommandError(f"There is no resource {name!r}.{hint}") from None


def _report_lines(found: list[Parity]) -> Iterator[str]:
    for state, title in TITLES.items():
        those = [each for each in found if each.state == state]
        if those:
            yield f"{title}: {len(those)}"
            for each in those:
                yield from _lines_about(each)
            yield ""
    published = [each for each in found if each.name in parity.published_schemas()]
    equal = sum(each.state == "equal" for each in published)
    yield f"{equal} of {len(published)} published resources are equal."


def _lines_about(each: Parity) -> Iterator[str]:
    notes = [each.reason] if each.reason else []
    notes += [f"newest adds {label} {', '.join(names)}" for label, names in each.added.items()]
    if each.state in {"newer", "older"}:
        notes = []
    yield f"  {each.name:28} {'; '.join(notes)}".rstrip()
    yield from (f"    {text}" for text in each.differences)
