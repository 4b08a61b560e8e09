"""The rows that a store begins with: added and corrected by an upgrade, but never people's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access.models import Bundle, ShareType, Team
from apps.accounts.models import User
from apps.catalog.models import ActivityAttribute, ActivityType, Metric, TrainingRoutine, Unit
from apps.fitness.models import AsyncValue, Population
from apps.records.models import Label, Range, Record
from apps.sandbox import seeds, store, upgrading
from apps.sandbox.catalogue import Outcome
from apps.sandbox.models import Store

pytestmark = pytest.mark.django_db


def unsaid(_: str) -> None:
    """Progress that nobody reads."""


@pytest.fixture
def begun() -> Store:
    """A store with the catalogues only."""
    return store.begin_store("catalogue", None, unsaid)


def refreshed(begun: Store, **options: Any) -> dict[str, list[str]]:
    """What an upgrade does, by the rows that it names."""
    return named(upgrading.refresh_rows(begun, unsaid, **options))


def named(outcome: Outcome) -> dict[str, list[str]]:
    lists = ("added", "corrected", "missing", "left_out")
    found = {name: [str(row) for row in getattr(outcome, name)] for name in lists}
    return {name: rows for name, rows in found.items() if rows}


def forget(begun: Store) -> Store:
    """The store as a version left it that kept no digest."""
    Store.objects.update(digest="", catalogue={})
    begun.refresh_from_db()
    return begun


def test_a_new_store_needs_nothing(begun: Store) -> None:
    assert refreshed(begun) == {}
    assert refreshed(forget(begun)) == {}


@pytest.mark.parametrize("version", [lambda begun: begun, forget], ids=["kept", "first"])
def test_what_is_missing_or_different_is_mended(
    begun: Store, version: Callable[[Store], Store]
) -> None:
    ShareType.objects.filter(name__in=["range", "record"]).delete()
    Population.objects.filter(kpi__name="vo2_max", gender="M", age_min=20).delete()
    Unit.objects.filter(pk=103).update(si_short="kilometres")
    cycling = ActivityType.objects.get(pk=1)
    cycling.attributes.remove(1)
    cycling.default_metrics.add(1)
    assert refreshed(version(begun)) == {
        "added": ["sharetype record", "sharetype range", "population vo2_max_M_20"],
        "corrected": ["unit kilometer", "activitytype cycling"],
    }
    assert ShareType.objects.get(name="range").pk == 2
    assert Unit.objects.get(pk=103).si_short == "km"
    assert set(cycling.attributes.values_list("pk", flat=True)) == {1, 2, 3}
    assert set(cycling.default_metrics.values_list("name", flat=True)) == {
        "heartrate_avg",
        "energyecg_vo2_kcal",
    }
    assert refreshed(begun) == {}


def test_the_next_number_follows_what_was_added(begun: Store) -> None:
    highest = TrainingRoutine.objects.latest("pk")
    highest.delete()
    gone = TrainingRoutine.objects.create(name="Mine").pk
    TrainingRoutine.objects.get(pk=gone).delete()
    refreshed(begun)
    assert TrainingRoutine.objects.create(name="Mine again").pk == gone + 1


def test_rows_of_people_stay_as_they_are(begun: Store) -> None:
    """A row under a number that the catalogue of a newer version wants is somebody's own."""
    owner = User.objects.create(username="ann", email="ann@example.com")
    Metric.objects.filter(pk=1).delete()
    ActivityAttribute.objects.filter(pk=3).delete()
    mine = ActivityAttribute.objects.create(pk=3, name="Mood", user=owner)
    assert refreshed(forget(begun)) == {
        "added": ["metric activity_avg"],
        "left_out": ["activityattribute energy"],
    }
    mine.refresh_from_db()
    assert (mine.name, mine.user) == ("Mood", owner)
    assert not mine.activitytype_set.exists()


def test_so_do_rows_that_staff_made_for_everybody(begun: Store) -> None:
    routines = TrainingRoutine.objects.filter(activitytype=1)
    assert routines
    begun.catalogue["activitytype"].remove(1)
    begun.save()
    ActivityType.objects.filter(pk=1).update(name="Unicycling")
    ActivityType.objects.get(pk=1).attributes.set([])
    left = refreshed(begun)["left_out"]
    assert left[0] == "activitytype cycling"
    assert set(left[1:]) == {f"trainingroutine {each.name}" for each in routines}
    assert ActivityType.objects.get(pk=1).name == "Unicycling"


def test_links_of_people_stay(begun: Store) -> None:
    owner = User.objects.create(username="ann", email="ann@example.com")
    mood = ActivityAttribute.objects.create(name="Mood", user=owner)
    cycling = ActivityType.objects.get(pk=1)
    cycling.attributes.add(mood)
    assert refreshed(begun) == {}
    assert mood in cycling.attributes.all()


def test_a_unique_name_that_is_taken_is_left_out(begun: Store) -> None:
    Bundle.objects.filter(name="friend").delete()
    Bundle.objects.create(pk=77, name="friend", rights=["read"])
    assert refreshed(begun) == {"left_out": ["bundle friend"]}


def test_an_empty_store_gets_no_catalogue() -> None:
    begun = store.begin_store("empty", None, unsaid)
    assert refreshed(forget(begun)) == {}
    assert not Unit.objects.exists()
    assert store.is_current(begun)


def test_an_ordinary_start_asks_nothing_of_the_tables(begun: Store) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        upgrading.catch_up(begun, unsaid)
    assert len(asked) == 0


def test_a_start_says_what_it_mended(begun: Store) -> None:
    ShareType.objects.all().delete()
    said: list[str] = []
    upgrading.catch_up(forget(begun), said.append)
    assert said == ["Added: 6 sharetype"]


@pytest.fixture
def demo_world() -> Store:
    """A store that was begun with the demo world, but without signals."""
    seeds.load(store.read_fixtures("demo"))
    return Store.objects.create(id=1, seed="demo", conventions="hexoskin")


def test_what_is_missing_in_a_demo_world_is_named(demo_world: Store) -> None:
    Team.objects.all().delete()
    AsyncValue.objects.filter(pk__in=[4001, 4002]).delete()
    said: list[str] = []
    upgrading.catch_up(demo_world, said.append)
    assert said == ["Not in this demo world: 2 async, 1 team. To add: hexostore upgrade --demo"]
    upgrading.catch_up(demo_world, said.append)  # and not again at every start
    assert len(said) == 1
    assert not Team.objects.exists()


def test_it_is_added_when_that_is_asked_for(demo_world: Store) -> None:
    Team.objects.all().delete()
    Record.objects.get(pk=42008).delete()
    Label.objects.get(pk=211).delete()
    Range.objects.filter(pk=52310).update(note="Mine")
    done = refreshed(demo_world, add_demo=True)
    assert done.keys() == {"added"}
    assert {"team club", "record r42008", "label outdoor"} < set(done["added"])
    assert set(Team.objects.get().members.values_list("pk", flat=True)) == {1511, 805, 835}
    assert Record.objects.get(pk=42008).channels.filter(datatype=19, count__gt=1000).exists()
    assert Range.objects.get(pk=52310).note == "Mine"
    assert refreshed(demo_world, add_demo=True) == {}


def test_a_number_that_is_somebody_elses_keeps_its_row(demo_world: Store) -> None:
    """And what would refer to it is left out as well."""
    Label.objects.get(pk=211).delete()
    Label.objects.create(pk=211, name="Mine", user_id=805)
    left = refreshed(demo_world, add_demo=True)["left_out"]
    assert left == ["label outdoor", *(f"labelledobject lo30{n}" for n in (1, 3, 4))]
    assert Label.objects.get(pk=211).name == "Mine"


def test_people_who_are_added_can_log_in(demo_world: Store) -> None:
    User.objects.get(pk=1622).delete()
    refreshed(demo_world, add_demo=True)
    assert User.objects.get(pk=1622).check_password("stranger")
