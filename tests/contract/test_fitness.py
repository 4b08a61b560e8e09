"""Single values; tests/fitness has what answers below a profile."""

from __future__ import annotations

from apps.accounts.models import User
from apps.fitness.models import AsyncValue
from tests.contract.base import ResourceContract
from tests.contract.test_records import START, new_datatype


class TestAsync(ResourceContract):
    name = "async"
    seen_by = ("owner", "coach", "staff")

    def make(self, owner: User, number: int = 1) -> AsyncValue:
        return AsyncValue.objects.create(
            user=owner, datatype=new_datatype(number), start=START + number, data=70.0 + number
        )
