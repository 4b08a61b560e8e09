"""What a request for data finds, by statements whose text is kept for all of their shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.records.models import Range, Record
from apps.signals.storage import store
from tests.signals.conftest import HR, START, VOLUME, Get, at, new_record
from tests.writings import writings

__all__ = ["writings"]

BEYOND = 2**40
"""More than the column of a datatype holds."""


@pytest.fixture
def theirs(outsider: User, datatypes: dict[int, Datatype]) -> Record:
    """A record of somebody else: heart rate 50 to 59."""
    made = new_record(outsider, id=41)
    store.write_channel(made, datatypes[HR], np.arange(50, 60))
    return made


def found(answer: Any) -> dict[str, list[float]]:
    """The values of each datatype of the one user of an answer, or of none."""
    return {
        name: [value for _, value in pairs] for row in answer for name, pairs in row["data"].items()
    }


def test_questions_of_one_shape_share_a_text(
    record: Record, theirs: Record, outsider: User, get: Get, writings: list[str]
) -> None:
    assert found(get(record=37, datatype=HR)) == {"19": list(range(70, 80))}
    assert len(writings) == 1
    assert found(get(by=outsider, record=41, datatype=HR)) == {"19": list(range(50, 60))}
    assert found(get(record="/api/record/37/", datatype=f"{HR},{VOLUME}")).keys() == {"19", "37"}
    assert get(record=41, datatype=HR) == get(by=outsider, record=37, datatype=HR) == []
    assert len(writings) == 1


def test_the_time_and_the_user_are_filled_in(
    record: Record, theirs: Record, outsider: User, staff: User, get: Get, writings: list[str]
) -> None:
    for first in (0, 7):
        window = {"start": at(first), "end": at(9), "datatype": HR}
        assert found(get(user=1511, **window)) == {"19": list(range(70 + first, 79))}
        assert get(user=77, **window) == []
    assert get(user=1511, datatype=HR, end=START) == []
    assert len(writings) == 1
    for user, low in ((1511, 70), ("/api/user/77/", 50)):
        assert found(get(by=staff, user=user, datatype=HR)) == {"19": list(range(low, low + 10))}
    assert len(writings) == 2


def test_a_user_may_be_called_by_a_name(
    record: Record, theirs: Record, outsider: User, staff: User, get: Get
) -> None:
    for user, low in (("athlete@example.com", 70), ("outsider@example.com", 50)):
        assert found(get(by=staff, user=user, datatype=HR)) == {"19": list(range(low, low + 10))}
    assert get(user="outsider@example.com") == get(user="nobody@example.com") == []


def test_other_shapes_have_other_texts(record: Record, get: Get, writings: list[str]) -> None:
    questions: list[tuple[dict[str, Any], set[str]]] = [
        ({"datatype": VOLUME}, {"37"}),
        ({"datatype__gt": HR, "datatype__lte": VOLUME}, {"37"}),
        ({"datatype__range": f"{HR},{VOLUME}"}, {"19", "37"}),
        ({"datatype__in": ""}, set()),
    ]
    for params, datatypes in questions:
        assert found(get(record=37, **params)).keys() == datatypes
        assert found(get(user=1511, **params)).keys() == datatypes
    assert len(writings) == len(set(writings)) == 6


@pytest.mark.parametrize(
    ("params", "is_there"),
    [
        ({"record": 37, "datatype": BEYOND}, False),
        ({"record": 37, "datatype": f"{HR},{BEYOND}"}, True),
        ({"record": 37, "datatype__lt": BEYOND}, True),
        ({"record": 37, "datatype__gte": -BEYOND, "datatype__lte": HR}, True),
        ({"record": 10**30, "datatype": HR}, False),
        ({"user": 10**30, "datatype": HR}, False),
        ({"record__range": f"{-(10**30)},{10**30}", "datatype": HR}, True),
    ],
)
def test_keys_that_no_column_holds(
    record: Record, get: Get, params: dict[str, Any], is_there: bool
) -> None:
    assert ("19" in found(get(**params))) is is_there


def test_ranges_confine_to_their_owners(
    record: Record, theirs: Record, outsider: User, staff: User, get: Get, writings: list[str]
) -> None:
    for key, (user, low) in enumerate(((record.user, 70), (outsider, 50)), start=1):
        Range.objects.create(id=key, user=user, start=at(2), end=at(6))
        expected = {"19": list(range(low + 2, low + 6))}
        assert found(get(by=staff, range=key, datatype=HR)) == expected
    assert get(range=2, datatype=HR) == []
    assert len(writings) == 2
