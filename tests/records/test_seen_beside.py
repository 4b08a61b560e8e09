"""What a person sees of devices and of sessions, however many there are."""

from __future__ import annotations

import pytest

from apps.api import kept_pages
from apps.records.models import Device, Record, TrainingSession
from apps.records.worn import MOST_WORN
from tests.contract.growth import blocks_read, bound, commits
from tests.many import multiply
from tests.people import Caller, Cast

RECORDS, FEW, MANY = 200, 1_000, 50_000


def wear(who: Caller, count: int, first: int = 0) -> list[int]:
    """Make records of so many devices; return their ids."""
    numbers = range(first, first + count)
    made = Device.objects.bulk_create(Device(deviceid=f"HXSKIN12{number:08}") for number in numbers)
    Record.objects.bulk_create(Record(user=who.user, device=device) for device in made)
    return [device.pk for device in made]


def listed(who: Caller, path: str) -> tuple[list[int], int]:
    """The ids that a list shows, and the number of all."""
    found = who.get(path).json()
    return [each["id"] for each in found["objects"]], found["meta"]["total_count"]


@pytest.mark.parametrize("count", [0, 1, MOST_WORN - 1, MOST_WORN, MOST_WORN + 1, 3 * MOST_WORN])
def test_all_devices_are_seen_and_each_once(cast: Cast, count: int) -> None:
    worn = wear(cast.owner, count)
    wear(cast.outsider, 3, first=count)
    Record.objects.bulk_create(
        Record(user=cast.owner.user, device_id=key) for key in [*worn, *worn, None]
    )
    for who in (cast.owner, cast.friend):
        assert listed(who, "/api/device/?limit=1000") == (worn, count)


@pytest.mark.parametrize("order", ["id", "-id", "start", "-start", "end", "-end", "user", "-range"])
def test_sessions_are_in_order_whoever_they_belong_to(cast: Cast, order: str) -> None:
    """Sessions of the caller, of somebody who lets them read, joined ones, and one that is both."""
    owners = [cast.friend, cast.owner, cast.outsider, cast.outsider, cast.owner, cast.friend]
    joined = [0, 2, 3, 4]
    for number, owner in enumerate(owners):
        start = number * 37 % 5 * 1000
        row = TrainingSession.objects.create(user=owner.user, start=start, end=start + number)
        if number in joined:
            row.users.add(cast.friend.user)
    strangers = TrainingSession.objects.create(user=cast.outsider.user, start=5, end=6)
    everything, total = listed(cast.staff, f"/api/trainingsession/?order_by={order}")
    seen = [key for key in everything if key != strangers.pk]
    assert (len(seen), total) == (6, 7)
    for offset in range(0, 6, 2):
        path = f"/api/trainingsession/?order_by={order}&limit=2&offset={offset}"
        assert listed(cast.friend, path) == (seen[offset : offset + 2], 6)


def first_page(who: Caller, path: str) -> int:
    """How many blocks a list reads whose keys are not known."""
    who.get(path)
    kept_pages.forget_pages()
    return blocks_read(lambda: who.get(path))


@commits
def test_many_records_of_a_device_cost_no_more(owner: Caller) -> None:
    wear(owner, 3)
    row = Record.objects.filter(user=owner.user).latest("pk")
    read = [(multiply(row, size), first_page(owner, "/api/device/"))[1] for size in (FEW, MANY)]
    assert read[1] <= bound(read[0])
