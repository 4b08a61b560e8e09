"""`hexostore trust`."""

import json
from collections.abc import Iterator
from dataclasses import asdict

from django.conf import settings
from django.core.management.base import CommandError

from apps.sandbox.management.base import Json, StoreCommand
from apps.sandbox.trust import Authority, Way, authority, ways


class Command(StoreCommand):
    help = "Say how programs are made to trust the certificates of this store."
    requires_system_checks: list[str] = []

    def handle(self, as_json: Json = False) -> None:
        try:
            ca = authority(settings.HEXOSTORE_HOME)
        except (OSError, ValueError) as error:
            raise CommandError(f"There is no certificate to trust: {error}") from error
        self.stdout.write(_json(ca) if as_json else "\n".join(_lines(ca)))


def _json(ca: Authority) -> str:
    facts = {"ca": str(ca.file), "sha256": ca.sha256, "serial": ca.serial, "expires": ca.expires}
    return json.dumps({**facts, "ways": [asdict(way) for way in ways(ca)]})


def _lines(ca: Authority) -> Iterator[str]:
    yield f"CA       {ca.file}"
    yield f"SHA-256  {ca.sha256}"
    yield f"Expires  {ca.expires}"
    for way in ways(ca):
        yield from _of(way)


def _of(way: Way) -> Iterator[str]:
    yield ""
    yield way.program
    if way.note:
        yield f"  # {way.note}"
    yield from (f"  {command}" for command in way.commands)
    if way.undo:
        yield "  # to undo it:"
        yield from (f"  {command}" for command in way.undo)
