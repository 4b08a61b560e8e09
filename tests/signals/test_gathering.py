"""Counts of values, numbers of events and series, against decoding everything."""

from __future__ import annotations

from collections import Counter
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals.models import Chunk
from apps.signals.storage import channel_growth, gathering, store
from apps.signals.storage.counts import ValueCounts, pack_counts
from apps.signals.storage.gathering import Need, Stretch, gather
from tests.signals.conftest import HR, RR, START, VOLUME, new_record

Datatypes = dict[int, Datatype]
RATES = np.random.default_rng(5).integers(0, 200, 95)
BEATS = np.sort(np.random.default_rng(6).integers(0, 95 * 256, 110))
EVERYTHING = Need(frozenset([HR]), frozenset([RR]), frozenset([VOLUME]))


@pytest.fixture
def long(athlete: User, datatypes: Datatypes) -> Record:
    """Channels of ten chunks, the last of which is not full."""
    made = new_record(athlete, id=41, seconds=95)
    with patch.object(store, "CHUNK", 10), patch.object(store, "EVENTS", 12):
        store.write_channel(made, datatypes[HR], RATES)
        store.write_channel(made, datatypes[VOLUME], RATES[::-1])
        store.write_events(made, datatypes[RR], BEATS, BEATS % 7)
    return made


def expected(lower: int, upper: int) -> tuple[Counter[int], int, list[int]]:
    """What a stretch of those offsets holds, by looking at each sample."""
    ticks = 256 * np.arange(1, 96)
    inside = (ticks > lower) & (ticks <= upper)
    beats = int(((lower < BEATS) & (upper >= BEATS)).sum())
    return Counter(RATES[inside].tolist()), beats, RATES[::-1][inside].tolist()


OFFSETS = [-300, -1, 0, 1, 255, 256, 257, 2559, 2560, 2561, 5000, 7680, 20000, 24320, 99999]


@pytest.mark.parametrize("counted", [True, False], ids=["counted", "older"])
def test_whole_chunks_and_ends_are_what_decoding_gives(long: Record, counted: bool) -> None:
    if not counted:
        Chunk.objects.update(counts=None)
    bounds = [(lower, upper) for lower in OFFSETS for upper in OFFSETS if lower < upper]
    groups = [[Stretch(long.pk, START + lower, START + upper)] for lower, upper in bounds]
    for found, (lower, upper) in zip(
        gather(groups, [EVERYTHING] * len(groups)), bounds, strict=True
    ):
        rates, beats, volumes = expected(lower, upper)
        counts = found.counts_of(HR)
        assert dict(zip(counts.values.tolist(), counts.counts.tolist(), strict=True)) == rates
        assert found.numbers.get(RR, 0) == beats
        assert found.series_of(VOLUME).values.tolist() == volumes


def test_a_group_is_the_sum_of_its_stretches(long: Record, record: Record) -> None:
    stretches = [
        Stretch(long.pk, START, START + 10_000),
        Stretch(long.pk, START + 10_000, START + 30_000),
        Stretch(record.pk, START, START + 30_000),
    ]
    together, *apart = gather([stretches, *([each] for each in stretches)], [EVERYTHING] * 4)
    summed = sum((each.counts_of(HR) for each in apart[1:]), apart[0].counts_of(HR))
    np.testing.assert_array_equal(together.counts_of(HR).values, summed.values)
    np.testing.assert_array_equal(together.counts_of(HR).counts, summed.counts)
    assert together.numbers[RR] == sum(each.numbers[RR] for each in apart)
    assert len(together.series_of(VOLUME).values) == 95 + 10


def test_the_order_of_stretches_does_not_matter(long: Record) -> None:
    stretches = [Stretch(long.pk, START + at, START + at + 3000) for at in (0, 3000, 9000)]
    first, second = gather([stretches, stretches[::-1]], [EVERYTHING] * 2)
    np.testing.assert_array_equal(first.series_of(VOLUME).ticks, second.series_of(VOLUME).ticks)
    np.testing.assert_array_equal(first.counts_of(HR).counts, second.counts_of(HR).counts)


def test_whole_chunks_are_not_decoded(long: Record) -> None:
    need = Need(frozenset([HR, VOLUME]))
    with patch.object(gathering, "_within", wraps=gathering._within) as decoded:
        gather([[Stretch(long.pk, START, START + 95 * 256)]], [need])
        assert decoded.call_count == 0
        gather([[Stretch(long.pk, START + 256, START + 94 * 256)]], [need])
        assert decoded.call_count == 4


def test_a_series_is_also_counted(long: Record) -> None:
    need = Need(frozenset([HR]), frozenset(), frozenset([HR]))
    (found,) = gather([[Stretch(long.pk, START, START + 95 * 256)]], [need])
    assert found.counts_of(HR).number == len(found.series_of(HR).values) == 95


def test_nothing_asked_is_nothing_read(long: Record) -> None:
    with patch.object(gathering, "_fetched") as fetched:
        found = [*gather([[]], [EVERYTHING]), *gather([[Stretch(long.pk, 0, START)]], [Need()])]
    assert not fetched.called
    assert [each.counts_of(HR).number for each in found] == [0, 0]


def test_one_statement_for_any_number_of_groups(long: Record) -> None:
    groups = [[Stretch(long.pk, START + at, START + 20_000)] for at in range(50)]
    with patch.object(gathering, "_fetched", wraps=gathering._fetched) as fetched:
        gather(groups, [EVERYTHING] * 50)
    assert fetched.call_count == 1


def test_a_channel_that_grows_keeps_its_counts(record: Record, datatypes: Datatypes) -> None:
    with patch.object(store, "CHUNK", 10):
        for first in range(0, 95, 7):
            channel_growth.extend_channel(record, datatypes[1000], RATES[first : first + 7])
    chunks = Chunk.objects.filter(record=record, datatype=1000).order_by("start")
    packed = b"".join(bytes(chunk.counts or b"") for chunk in chunks)
    assert len(chunks) == 10
    np.testing.assert_array_equal(ValueCounts.unpack(packed).counts, ValueCounts.of(RATES).counts)


def test_other_channels_are_not_counted() -> None:
    assert pack_counts(None, np.arange(3, dtype=np.int64)) is None
    assert pack_counts(1, np.arange(3, dtype=np.int16)) is None
    assert pack_counts(256, np.arange(3, dtype=np.int32)) is None


@given(
    st.lists(st.integers(-(2**15), 2**15 - 1), min_size=1),
    st.lists(st.integers(-(2**15), 2**15 - 1), min_size=1),
)
def test_packed_counts_add_up(first: list[int], second: list[int]) -> None:
    pieces = [pack_counts(256, np.array(each, np.int16)) for each in (first, second)]
    whole = ValueCounts.of(np.array(first + second))
    found = ValueCounts.unpack(b"".join(piece or b"" for piece in pieces))
    np.testing.assert_array_equal(found.values, whole.values)
    np.testing.assert_array_equal(found.counts, whole.counts)
    both = ValueCounts.of(np.array(first)) + ValueCounts.of(np.array(second))
    np.testing.assert_array_equal(both.counts, whole.counts)
    assert found.number == len(first) + len(second)


def test_a_state_holds_from_before_the_stretch(long: Record, record: Record) -> None:
    early, late = Stretch(record.pk, START, START + 1), Stretch(long.pk, START + 9000, START + 9500)
    (found,) = gather([[late, early]], [Need(states=frozenset([RR]))])
    assert [stretch for stretch, _ in found.states[RR]] == [early, late]
    numbers = [len(events.ticks) for _, events in found.states[RR]]
    assert numbers == [1, int((BEATS <= 9500).sum())]
