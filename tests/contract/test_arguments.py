"""Query arguments that are no filters of a column: search, using, show_all and their kin."""

from __future__ import annotations

import pytest

from apps.records.models import Range
from tests.contract.test_accounts import seen
from tests.contract.test_catalog import new_metric, new_routine
from tests.people import Caller

WORDS = [("true", True), ("1", True), ("false", False), ("0", False), ("", False)]


def total(caller: Caller, path: str, **params: str) -> int:
    """How many objects a list has."""
    answer = caller.get(path, params)
    assert answer.status_code == 200, answer.content
    found: int = answer.json()["meta"]["total_count"]
    return found


@pytest.mark.parametrize("text", ["thlete7", "ATHLETE7@", "number 7"])
def test_search_finds_any_part_of_name_or_address(owner: Caller, text: str) -> None:
    seen(owner.user, 6)
    seen(owner.user, 7)
    found = owner.get("/api/user/", {"search": text}).json()["objects"]
    assert [user["email"] for user in found] == ["athlete7@example.com"]


def test_search_does_not_widen_what_one_sees(owner: Caller, outsider: Caller) -> None:
    assert total(outsider, "/api/user/", search="owner") == 0


@pytest.mark.parametrize("name", ["activitytype", "trainingroutine"])
def test_using_means_the_ranges_of_the_caller(owner: Caller, friend: Caller, name: str) -> None:
    used, _ = new_routine(None, 1), new_routine(None, 2)
    links = {"trainingroutine": used, "activitytype": used.activitytype}
    Range.objects.create(user=owner.user, start=0, **links)
    path = f"/api/{name}/"
    counts = [total(owner, path, using=word) for word in ("true", "false")]
    assert (counts, total(owner, path)) == ([1, 1], 2)
    assert total(friend, path, using="true") == 0


@pytest.mark.parametrize(("word", "shown"), WORDS)
def test_hidden_metrics_are_shown_on_request(owner: Caller, word: str, shown: bool) -> None:
    metric = new_metric()
    metric.hidden = True
    metric.save()
    assert total(owner, "/api/metric/") == 0
    assert total(owner, "/api/metric/", show_all=word) == shown
    assert owner.get(f"/api/metric/{metric.pk}/").status_code == 200


@pytest.mark.parametrize("argument", ["include_autodetected", "include_autodetected__true"])
@pytest.mark.parametrize(("word", "shown"), WORDS)
def test_detected_ranges_are_shown_on_request(
    owner: Caller, argument: str, word: str, shown: bool
) -> None:
    Range.objects.create(user=owner.user, start=0, autodetected=True)
    assert total(owner, "/api/range/") == 0
    assert total(owner, "/api/range/", **{argument: word}) == shown


def test_a_name_is_no_number_to_compare_with(owner: Caller) -> None:
    """A relation compares by key; only exact and in take names (Tastypie rules T80, T81)."""
    answer = owner.get("/api/record/", {"user__gt": "somebody"})
    assert answer.status_code == 400
    assert answer.json() == {"error": "Invalid resource lookup data provided (mismatched type)."}
