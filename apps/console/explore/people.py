"""`/explore/`: the people of a sandbox, and the records of each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.console.explore.channels import HEART_RATE, find_channels_of
from apps.console.explore.pictures import draw_sparklines
from apps.console.explore.records import UTC, moment_in, zone_of_person
from apps.console.pages import show_page
from apps.records.models import Record
from hexostore.hexotime import TICKS_PER_SECOND

PAGE = 50
"""The rows of a page."""

NEWEST = 8
"""The records on the first page of the explorer."""


class ListedRecord(NamedTuple):
    """A record in a list: its start in the zone of the reader, its length in seconds."""

    record: Record
    start: datetime | None
    seconds: int | None
    sparkline: str | None


@require_safe
def show_people(request: HttpRequest) -> HttpResponse:
    """Return the page of people whose address begins with `q`, fifty of them, and of the newest
    records."""
    begins = request.GET.get("q", "").strip().replace("\0", "")
    after = request.GET.get("after", "").replace("\0", "")
    rows = User.objects.filter(username__gt=after).order_by("username")
    if begins:
        rows = rows.filter(username__startswith=begins)
    people = list(rows.only("id", "username", "email", "first_name", "last_name")[: PAGE + 1])
    counts = _counted([person.pk for person in people[:PAGE]])
    newest = Record.objects.filter(start__isnull=False).order_by("-start", "-id")
    shown = {
        "here": "explore",
        "q": begins,
        "people": [(person, *counts.get(person.pk, (0, None))) for person in people[:PAGE]],
        "next": people[PAGE - 1].username if len(people) > PAGE else None,
        "newest": [] if after or begins else _listed(_rows(newest)[:NEWEST], UTC),
    }
    return show_page(request, "people", shown)


def _counted(people: list[int]) -> dict[int, tuple[int, datetime | None]]:
    """Return the number of records of each person and the start of the last one."""
    rows = Record.objects.filter(user__in=people).order_by().values("user")
    found = rows.annotate(number=Count("pk"), last=Max("start"))
    return {
        user: (number, moment_in(UTC, last))
        for user, number, last in found.values_list("user", "number", "last")
    }


@require_safe
def show_person(request: HttpRequest, user: int) -> HttpResponse:
    """Return the page of a person's records that have begun, the newest first, fifty of them; 404
    for nobody."""
    person = User.objects.filter(pk=user).first()
    if person is None:
        raise Http404
    zone = zone_of_person(user)
    rows = Record.objects.filter(user=user, start__isnull=False).order_by("-start", "-id")
    found = list(_rows(rows.filter(_before(request)))[: PAGE + 1])
    more = len(found) > PAGE
    shown = {
        "here": "explore",
        "person": person,
        "zone": zone.key,
        "records": _listed(found[:PAGE], zone),
        "next": f"{found[PAGE - 1].start}-{found[PAGE - 1].pk}" if more else None,
    }
    return show_page(request, "person", shown)


def _before(request: HttpRequest) -> Q:
    """Return the condition on the records of a further page, behind `before`: START-ID."""
    start, _, key = request.GET.get("before", "").partition("-")
    if not (start[:19].isdecimal() and key[:19].isdecimal()):
        return Q()
    tick, last = int(start[:18]), int(key[:18])
    return Q(start__lt=tick) | Q(start=tick, pk__lt=last)


def _rows(records: QuerySet[Record]) -> QuerySet[Record]:
    return records.select_related("user", "truth").defer("truth__document")


def _listed(records: Iterable[Record], zone: ZoneInfo) -> list[ListedRecord]:
    """Return records with their heart rates, which takes at most three statements."""
    rows = list(records)
    rates = _heart_rates([row.pk for row in rows])
    return [
        ListedRecord(row, moment_in(zone, row.start), _seconds(row), rates.get(row.pk))
        for row in rows
    ]


def _seconds(record: Record) -> int | None:
    if record.start is None or record.end is None:
        return None
    return (record.end - record.start) // TICKS_PER_SECOND


def _heart_rates(records: list[int]) -> dict[int, str]:
    datatypes = Datatype.objects.filter(name=HEART_RATE).values_list("pk", flat=True)
    return draw_sparklines(find_channels_of(records, datatypes))
