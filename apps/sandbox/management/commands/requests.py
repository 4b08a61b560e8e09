"""`hexostore requests`."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from django.core.management.base import CommandError
from django.db import connection
from django_typer.management import command
from typer import Argument, Option

from apps.control.journal.asking import ARGUMENTS, LIMIT, question_of, question_of_one
from apps.control.journal.exports import as_curl, as_har
from apps.control.journal.matching import MatchError
from apps.control.journal.rows import (
    MOST_KEPT,
    JournalEntry,
    JournalQuestion,
    clear_requests,
    find_requests,
)
from apps.control.journal.verification import Verdict, verify
from apps.control.names import MAIN
from apps.sandbox.management.base import Json, StoreCommand, printable, require_store
from apps.sandbox.management.control import chosen_name, join_plane
from apps.sandbox.management.options import read_object
from apps.sandbox.plane.requests import request_as_json, whole_request_as_json
from hexostore.cli import USAGE
from hexostore.log_lines import AccessLine

Everywhere = Annotated[bool, Option("--all", help="The requests to all sandboxes.")]
Filters = Annotated[
    list[str] | None,
    Argument(help=f"Which requests: NAME=VALUE of {', '.join(sorted(ARGUMENTS))}."),
]
Expected = Annotated[
    str, Argument(help="match and count, or in_order, as JSON, or @FILE with it, or - to read it.")
]


class Command(StoreCommand):
    """List, show, export, verify and forget the requests that clients have sent."""

    help = "Manage the journal of requests that clients have sent."

    @command(name="list")
    def list_requests(
        self,
        filters: Filters = None,
        everywhere: Everywhere = False,
        limit: Annotated[int, Option(min=1, max=MOST_KEPT, help="The most requests.")] = LIMIT,
        as_json: Json = False,
    ) -> None:
        """List the newest requests, the oldest of them first."""
        found = _find([f"limit={limit}", *(filters or [])], everywhere=everywhere)[::-1]
        if as_json:
            self.stdout.write(json.dumps([request_as_json(each) for each in found]))
        else:
            self.stdout.write(printable("\n".join(map(_as_line, found))) or "No requests.")

    @command()
    def show(
        self,
        number: Annotated[int, Argument(min=1, help="Id of the request.")],
        as_json: Json = False,
    ) -> None:
        """Show a request and the head of its answer."""
        found = next(find_requests(question_of_one(number, _chosen(everywhere=True))), None)
        if found is None:
            raise CommandError(f"There is no request {number} in the journal.")
        facts = whole_request_as_json(found)
        self.stdout.write(json.dumps(facts) if as_json else printable(_as_text(found, facts)))

    @command()
    def har(self, filters: Filters = None, everywhere: Everywhere = False) -> None:
        """Print requests as an HTTP Archive (HAR 1.2)."""
        self.stdout.write(json.dumps(as_har(_find(filters, everywhere=everywhere))))

    @command()
    def curl(self, filters: Filters = None, everywhere: Everywhere = False) -> None:
        """Print commands that send requests again, one a line."""
        self.stdout.write(as_curl(_find(filters, everywhere=everywhere)), ending="")

    @command()
    def verify(self, expected: Expected, as_json: Json = False) -> None:
        """Say whether the requests are as expected. If not, the exit status is 1."""
        sent = read_object("What is expected", expected)
        entries = find_requests(JournalQuestion(_chosen(everywhere=False)))
        with _explained():
            verdict = verify(entries, sent)
        self.stdout.write(json.dumps(verdict.as_json()) if as_json else _verdict_text(verdict))
        if not verdict.holds:
            sys.exit(1)

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


def _find(filters: list[str] | None, *, everywhere: bool) -> list[JournalEntry]:
    """Return the requests that filters such as `status=4xx` choose. Raise CommandError."""
    given = dict[str, str]()
    for each in filters or []:
        name, equals, value = each.partition("=")
        if not equals:
            raise CommandError(f"{each!r} is no filter such as status=4xx.", returncode=USAGE)
        given[name] = value
    with _explained():
        question = question_of(given, _chosen(everywhere=everywhere))
    return list(find_requests(question))


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except MatchError as error:
        raise CommandError(str(error), returncode=USAGE) from error


def _verdict_text(verdict: Verdict) -> str:
    if verdict.holds:
        return f"As expected: {verdict.count}"
    lines = [verdict.message]
    for miss in verdict.misses:
        lines.append(f"{miss['id']:>6} {miss['method']} {miss['url']} {miss['status']}")
        lines += [f"       {_difference(each)}" for each in miss["differences"]]
    return "\n".join(lines)


def _difference(each: dict[str, Any]) -> str:
    wanted, found = json.dumps(each["wanted"]), json.dumps(each["found"])
    return f"{each['what']}: wanted {wanted}, found {found}"


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
