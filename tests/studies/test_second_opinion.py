"""Random schedules have the dates that dateutil's rrule says; `bin/fuzz --schedules N` has more."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.studies import second_opinion

SCHEDULES = 520


@pytest.mark.rule("studies 4.2")
def test_random_schedules_equal_those_of_rrule() -> None:
    assert second_opinion.differences(range(SCHEDULES)) == []


def test_random_schedules_are_of_every_kind_and_most_have_dates() -> None:
    cases = [second_opinion.make_case(seed) for seed in range(SCHEDULES)]
    kinds = Counter(case.kind for case in cases)
    assert kinds.keys() == second_opinion.KINDS.keys()
    assert min(kinds.values()) == 40
    for kind in kinds:
        dated = [len(case.expected()) for case in cases if case.kind == kind]
        assert sum(count > 1 for count in dated) > 15, kind
