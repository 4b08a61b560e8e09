"""`hexostore requests`."""

import json
from typing import Annotated, Any

from django.core.management.base import CommandError
from django.db import connection
from django_typer.management import command
from typer import Argument, Option

from apps.control.journal.rows import (
    KEPT,
    JournalEntry,
    JournalQuestion,
    clear_requests,
    find_requests,
)
from apps.control.names import MAIN
from apps.sandbox.management.base import Json, StoreCommand, require_store
from apps.sandbox.management.control import chosen_name, join_plane
from apps.sandbox.plane.requests import request_as_json
from hexostore.log_lines import AccessLine

Everywhere = Annotated[bool, Option("--all", help="The requests to all sandboxes.")]


class Command(StoreCommand):
    """List, show and forget the requests that clients have sent."""

    help = "Manage the journal of requests that clients have sent."

    @command(name="list")
    def list_requests(
        self,
        everywhere: Everywhere = False,
        limit: Annotated[int, Option(min=1, max=KEPT, help="The most requests.")] = 100,
        as_json: Json = False,
    ) -> None:
        """List the newest requests, the oldest of them first."""
        question = JournalQuestion(_chosen(everywhere=everywhere), limit=limit, newest_first=True)
        found = list(find_requests(question))[::-1]
        if as_json:
            self.stdout.write(json.dumps([request_as_json(each) for each in found]))
        else:
            self.stdout.write("\n".join(map(_as_line, found)) or "No requests.")

    @command()
    def show(
        self,
        number: Annotated[int, Argument(min=1, help="Id of the request.")],
        as_json: Json = False,
    ) -> None:
        """Show a request and the head of its answer."""
        question = JournalQuestion(_chosen(everywhere=True), (("id = %s", number),))
        found = next(find_requests(question), None)
        if found is None:
            raise CommandError(f"There is no request {number} in the journal.")
        facts = request_as_json(found)
        self.stdout.write(json.dumps(facts) if as_json else _as_text(found, facts))

    @command()
    def clear(self, everywhere: Everywhere = False, as_json: Json = False) -> None:
        """Forget the requests."""
        count = clear_requests(_chosen(everywhere=everywhere))
        self.stdout.write(json.dumps({"deleted": count}) if as_json else f"deleted: {count}")


def _chosen(*, everywhere: bool) -> str | None:
    """Return the sandbox whose journal is meant, None for all. Raise CommandError if there is
    none."""
    require_store()
    known = join_plane()
    connection.close()
    name = chosen_name()
    if everywhere:
        return None
    if name not in known.state().sandboxes:
        raise CommandError(f"There is no sandbox {name!r}.")
    return name


def _as_line(entry: JournalEntry) -> str:
    """Return a request like a line of the access log, after its id and its time."""
    line = AccessLine(
        method=entry.method,
        path=entry.details["url"],
        status=entry.status,
        ms=entry.details["ms"],
        user=entry.user,
        client=entry.client,
        scheme=entry.scheme,
        sandbox="" if entry.sandbox == MAIN else entry.sandbox,
        reason=entry.reason,
    )
    return f"{entry.id:>6} {entry.time:%H:%M:%S} {line}"


def _as_text(entry: JournalEntry, facts: dict[str, Any]) -> str:
    body = facts["body"] or {}
    lines = [
        _as_line(entry),
        "",
        f"{entry.method} {facts['url']}",
        *_header_lines(facts["headers"]),
        "",
        body.get("text", body.get("base64", "(not shown)" if body else "")),
        "",
        str(entry.status),
        *_header_lines(facts["answer"]["headers"]),
    ]
    if entry.reason:
        lines += ["", facts["sentence"], facts["remedy"]]
    return "\n".join(lines)


def _header_lines(headers: dict[str, str]) -> list[str]:
    return [f"{name}: {value}" for name, value in headers.items()]
