"""X-HexoCache: catalogue answers are kept until the catalogue is written (API reference,
Cached Content)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import transaction

from apps.api import caching
from apps.catalog.models import Datatype, Metric, Unit
from tests.api.asking import ask
from tests.people import Caller

NOON = datetime(2016, 5, 4, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def forgotten() -> None:
    caching._answers.clear()


def when(who: Caller, path: str = "/api/datatype/", **headers: str) -> str | None:
    """The time that the answer says it was made at."""
    answer = ask(who, "GET", path, headers=headers)
    assert answer.status_code == 200
    found: str | None = answer.headers.get("X-HexoCache")
    return found


def test_a_kept_answer_tells_since_when(me: Caller) -> None:
    with time_machine.travel(NOON, tick=False):
        assert when(me) is None
    assert when(me) == str(int(NOON.timestamp()))


def test_a_kept_answer_is_the_answer(me: Caller) -> None:
    fresh, again = (ask(me, "GET", "/api/datatype/?limit=1") for _ in range(2))
    assert again.headers["X-HexoCache"]
    assert again.content == fresh.content


def test_details_are_kept_too(me: Caller) -> None:
    assert when(me, "/api/datatype/19/") is None
    assert when(me, "/api/datatype/19/") is not None


@pytest.mark.parametrize(
    "change",
    [
        lambda: Datatype.objects.filter(pk=19).update(info="changed"),
        lambda: Datatype.objects.bulk_create([Datatype(dataid=999, name="new")]),
        lambda: Datatype.objects.create(dataid=998, name="gone").delete(),
    ],
)
def test_a_write_ends_it(me: Caller, change: Any) -> None:
    when(me)
    assert when(me) is not None
    change()
    assert when(me) is None


def test_a_write_of_a_related_table_ends_it(me: Caller) -> None:
    unit = Unit.objects.create(si_short="x", si_long="ex")
    Metric.objects.create(name="m", unit=unit)
    when(me, "/api/metric/")
    assert when(me, "/api/metric/") is not None
    Unit.objects.filter(pk=unit.pk).update(si_long="why")
    assert when(me, "/api/metric/") is None


def test_a_write_that_was_undone_does_not_bring_its_answers_back(me: Caller) -> None:
    for name in ("first", "second"):
        with transaction.atomic():
            Datatype.objects.filter(pk=19).update(name=name)
            assert ask(me, "GET", "/api/datatype/19/").json()["name"] == name
            transaction.set_rollback(True)


@pytest.mark.parametrize("other", ["/api/v1/datatype/", "/api/datatype/?limit=1"])
def test_another_question_has_another_answer(me: Caller, other: str) -> None:
    when(me)
    assert when(me, other) is None


def test_another_version_has_another_answer(me: Caller) -> None:
    when(me)
    assert when(me, **{"X-HexoAPIVersion": "3.3.x"}) is None


def test_what_people_own_is_never_kept(me: Caller) -> None:
    for _ in range(2):
        assert when(me, "/api/range/") is None
