"""`hexostore trust`."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

from django.conf import settings
from typer import Option

from apps.sandbox import served
from apps.sandbox.management.base import Json, StoreCommand
from apps.sandbox.serving import on_stderr
from apps.sandbox.trust import Authority, Way, load_or_make_authority, ways_to_trust
from hexostore import program, tls


class Command(StoreCommand):
    help = "Explain how to make programs trust the certificates of this store."
    requires_system_checks: list[str] = []

    def handle(
        self,
        renew: Annotated[
            bool,
            Option("--renew", help="Create a new authority; the old one then becomes useless."),
        ] = False,
        as_json: Json = False,
    ) -> None:
        if renew:
            tls.renew_authority(settings.HEXOSTORE_HOME, settings.HEXOSTORE_HOSTS)
            on_stderr("There is a new authority. Trust it, and remove the trust in the old one.")
        ca = load_or_make_authority(settings.HEXOSTORE_HOME, settings.HEXOSTORE_HOSTS)
        self.stdout.write(_facts_as_json(ca) if as_json else "\n".join(_way_lines(ca)))


def _facts_as_json(ca: Authority) -> str:
    facts = {**asdict(ca), "ca": str(ca.file)}
    del facts["file"]
    facts["ways"] = [asdict(way) for way in ways_to_trust(ca, _https_port())]
    return json.dumps(facts)


def _https_port() -> str:
    """Return the port on which the store is served now, or the default."""
    return served.find_addresses(settings.HEXOSTORE_HOME).https.rpartition(":")[2]


def _way_lines(ca: Authority) -> Iterator[str]:
    yield f"CA       {ca.file}"
    yield f"SHA-256  {ca.sha256}"
    yield f"Expires  {ca.expires}"
    if not ca.limited:
        renewing = f"{program.program_name()} trust --renew"
        yield f"         It can sign any name. Limit that with: {renewing}"
    for way in ways_to_trust(ca, _https_port()):
        yield from _lines_of_way(way)


def _lines_of_way(way: Way) -> Iterator[str]:
    yield ""
    yield way.program
    if way.note:
        yield f"  # {way.note}"
    yield from (f"  {command}" for command in way.commands)
    if way.undo:
        yield "  # to undo it:"
        yield from (f"  {command}" for command in way.undo)
