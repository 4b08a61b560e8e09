"""What lies behind a link that the caller cannot follow: filters and orders must not tell it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from apps.accounts.models import Profile
from apps.api import lookups, registry
from apps.api.context import Context
from apps.api.conventions import store_conventions
from apps.api.relations import ToOne
from apps.api.versions import NEWEST
from apps.api.walks import WalkedRow, is_open
from apps.catalog.models import TrainingRoutine
from apps.records.models import Range, TrainingSession
from tests.api import sweep
from tests.api.asking import ask, ids, refused
from tests.people import Caller, Cast

PROVEN = {
    "activityattribute.user",
    "activityattributevalue.range",
    "activityattributevalue.user",
    "activitylog.user",
    "annotation.user",
    "label.user",
    "labelledobject.user",
    "question.survey",
    "range.user",
    "record.device",
    "record.user",
    "templatereport.user",
    "track.user",
    "trackpoint.user",
}
CONTENT = ("start", "end", "name", "note", "rank", "status", "activitytype", "trainingroutine")


@pytest.fixture
def taking_part(me: Caller, cast: Cast) -> Caller:
    """Somebody who takes part in two sessions (ids 1 and 2) and sees the range of neither."""
    for key, activity in ((1, 201), (2, 202)):
        made = TrainingSession.objects.create(
            id=key, user=me.user, start=5, end=6, range_id=activity
        )
        made.users.set([cast.outsider.user])
    return cast.outsider


def answers(who: Caller, name: str, queries: Iterable[str]) -> dict[str, Any]:
    """Status and keys of the rows for each query."""
    found = {}
    for query in queries:
        answer = ask(who, "GET", f"/api/{name}/?limit=0&{query}")
        assert answer.status_code in (200, 400), (query, answer.content)
        rows = answer.json()["objects"] if answer.status_code == 200 else answer.json()
        found[query] = [row["id"] for row in rows] if isinstance(rows, list) else rows
    return found


def walks(name: str, through: str) -> list[str]:
    """The orders by everything behind a link, and the filters that may walk it."""
    resource = registry.model_resource(name)
    found = []
    for path, _ in sweep.paths(resource, 2):
        if path.startswith(f"{through}__"):
            found.append(f"order_by=-{path}")
    few = sweep.few_queries(resource)
    own = tuple(f"{through}__{lookup}=" for lookup in lookups.OF_RELATIONS)
    behind = (query for query in few if query.startswith(f"{through}__"))
    return [*found, *(query for query in behind if not query.startswith(own))]


def swap(one: int, other: int) -> None:
    """Gives each of two ranges what the other has."""
    first, second = (Range.objects.get(pk=key) for key in (one, other))
    for name in CONTENT:
        mine, theirs = getattr(first, name), getattr(second, name)
        setattr(first, name, theirs)
        setattr(second, name, mine)
    first.save()
    second.save()


def test_nothing_of_a_hidden_range_shows_in_the_list_of_sessions(taking_part: Caller) -> None:
    asked = [
        *walks("trainingsession", "range"),
        *(f"range__start__{by}=300000" for by in ("gt", "lt")),
        *("range__rank=2", "range__rank__in=2,3", "range__duration__gt=2", "range__user__gt=0"),
        *("range__activitytype=501", "range__trainingroutine__activitytype=501"),
        *("range__end=none", "range__activitytype__isnull=true", "range__id__gt=201"),
    ]
    before = answers(taking_part, "trainingsession", asked)
    swap(201, 202)
    assert answers(taking_part, "trainingsession", asked) == before


def test_a_hidden_range_counts_like_none(taking_part: Caller) -> None:
    path = "/api/trainingsession/?"
    assert ids(taking_part, f"{path}range__start__gt=0") == []
    assert ids(taking_part, f"{path}range__activitytype__isnull=true") == [1, 2]
    assert ids(taking_part, f"{path}range__activitytype__isnull=false") == []
    assert ids(taking_part, f"{path}order_by=-range__start") == [2, 1]
    assert ids(taking_part, f"{path}order_by=range__start") == [1, 2]


def test_the_owner_looks_through(me: Caller, taking_part: Caller) -> None:
    path = "/api/trainingsession/?"
    assert ids(me, f"{path}range__start__gt=300000") == [2]
    assert ids(me, f"{path}range__duration__lt=6") == [2]
    assert ids(me, f"{path}range__rank=2&order_by=range__status") == [2]
    assert ids(me, f"{path}order_by=-range__duration") == [1, 2]
    assert ids(me, f"{path}order_by=range__duration") == [2, 1]
    assert ids(me, f"{path}order_by=-range__trainingroutine__last_used") == [2, 1]


def test_the_link_that_is_shown_may_be_asked_for(taking_part: Caller) -> None:
    path = "/api/trainingsession/?"
    assert ids(taking_part, f"{path}range=202") == [2]
    assert ids(taking_part, f"{path}range__in=/api/range/201/,202") == [1, 2]
    assert ids(taking_part, f"{path}order_by=-range") == [2, 1]


def test_a_hidden_profile_counts_like_none(cast: Cast) -> None:
    """A friend reads what is the owner's, but not the profile."""
    profile = Profile.objects.create(user=cast.owner.user, weight=80)
    key = cast.owner.user.pk
    asked = [
        *(
            f"profile={profile.pk}",
            f"profile__in={profile.pk}",
            f"profile=/api/profile/{profile.pk}/",
        ),
        *("profile__gt=0", "profile__isnull=true", "profile__isnull=false", "profile=none"),
        *(f"profile__id={profile.pk}", f"profile__user={key}", "profile__ne=0"),
        *("order_by=profile", "order_by=-profile", *walks("user", "profile")),
    ]
    assert ids(cast.coach, f"/api/user/?profile={profile.pk}") == [key]
    seen = answers(cast.friend, "user", asked)
    profile.delete()
    assert answers(cast.friend, "user", asked) == seen
    assert seen["profile__isnull=false"] == []


def test_a_hidden_routine_counts_like_none(me: Caller, cast: Cast) -> None:
    """The friend sees the owner's ranges, but not a routine of somebody else."""
    theirs = TrainingRoutine.objects.create(
        name="secret", user=cast.outsider.user, activitytype_id=501
    )
    Range.objects.filter(pk=203).update(trainingroutine=theirs)
    asked = walks("range", "trainingroutine")
    seen = answers(cast.friend, "range", asked)
    assert len(asked) > 20
    Range.objects.filter(pk=203).update(trainingroutine=None)
    assert answers(cast.friend, "range", asked) == seen


def test_an_address_finds_only_people_who_are_seen(me: Caller, cast: Cast) -> None:
    """A routine's owner is shown by id; who that is must not be found out by trying addresses."""
    hidden = cast.outsider.user
    made = TrainingSession.objects.create(id=7, user=me.user, start=5, end=6, range_id=201)
    made.users.set([hidden, me.user])
    assert ids(me, f"/api/trainingsession/?users={hidden.pk}") == [7]
    assert ids(me, f"/api/trainingsession/?users={hidden.email}") == []
    assert ids(me, f"/api/trainingsession/?users__in={hidden.email},{me.user.email}") == [7]


def test_people_whose_addresses_are_shown_are_found_by_them(cast: Cast) -> None:
    """Grants show both sides as objects, whether or not their people are in the list of users."""
    grants = cast.owner.get(
        "/api/bundle_permission/", {"user_allowed": cast.coach.user.email}
    ).json()["objects"]
    assert [row["user_allowed"]["email"] for row in grants] == [cast.coach.user.email]


def test_a_walk_has_an_end(me: Caller) -> None:
    deep = "order_by=trainingroutine__" + "activitytype__" * 2000 + "id"
    assert len(refused(me, f"/api/range/?{deep}")) < 200
    chain = "range__" + "parent__" * 9 + "id"
    assert "No matching" in refused(me, f"/api/trainingsession/?order_by={chain}")
    assert ask(me, "GET", f"/api/range/?{'trainingroutine__' * 2000}id=1").status_code == 400


def test_a_record_leads_to_its_device_and_owner(me: Caller) -> None:
    assert ids(me, "/api/record/?order_by=-device__serial,user__username")[:2] == [102, 101]


def test_where_the_rules_prove_that_the_end_of_a_link_is_seen(me: Caller) -> None:
    """All other links need a condition, but for those to what everybody sees."""
    context = Context(me.user, "/api", NEWEST, store_conventions())
    proven = {
        f"{found.name}.{name}"
        for found in sweep.resources()
        for name, field in found.fields_in(NEWEST).items()
        if isinstance(field, ToOne)
        and field.target.visible.condition(context.caller)
        and is_open(WalkedRow(found), field, context)
    }
    file = Path(__file__).relative_to(settings.BASE_DIR)
    new = [f"before line {line_of(link)}: {link!r}" for link in sorted(proven - PROVEN)]
    assert new == [], f"If the rules prove that the caller sees these, add to PROVEN in {file}."
    assert PROVEN - proven == set(), f"Nothing proves these any more: take them from {file}."


def line_of(link: str) -> int:
    """The line of this file before which a link belongs in PROVEN."""
    lines = Path(__file__).read_text().splitlines()
    start = lines.index("PROVEN = {") + 1
    entries = lines[start : lines.index("}", start)]
    behind = [entry for entry in entries if entry.strip() > f'"{link}",']
    return start + len(entries) - len(behind) + 1


def test_a_new_link_is_told_where_it_belongs() -> None:
    lines = Path(__file__).read_text().splitlines()
    assert lines[line_of("badge.user") - 1].strip() == '"label.user",'
    assert lines[line_of("zone.user") - 1] == "}"
