"""All metrics of a day, computed for the first time, against decoding what they are made of; and
those of a year of such days, all at once, against those of one day.

What is printed is CPU of this process, and of the year wall time too, for there the database works.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from bench.data_edf import LOGIN
from bench.day import DAY, EACH_SECOND, START, events, samples
from bench.harness import cpu_in_turn, demo_store, show

RECORD = 900_000
DAYS = 365


def main() -> None:
    """Print CPU and ratios."""
    with demo_store():
        from apps.accounts.models import User
        from apps.metrics import subject
        from apps.metrics.definitions import DEFINITIONS
        from apps.metrics.evaluation import evaluate
        from apps.metrics.stretches import Span

        user = User.objects.get(username=LOGIN[0])
        _make(user.pk)
        every = list(DEFINITIONS)
        one = subject.of_records([RECORD])[RECORD]
        works: dict[str, Callable[[], object]] = {
            "all metrics of a day": lambda: evaluate(every, [one]),
            "its channels of 1 Hz and events, decoded": _decode,
        }
        baseline = "its channels of 1 Hz and events, decoded"
        show("metrics of 24 h", cpu_in_turn(works, rounds=5, times=3), baseline)

        usual = [1, 12, 17, 44, 45, 46, 47, 55, 71, 139, 149, 9001, 9006]
        day = Span(START, START + DAY * 256)
        year = Span(START, START + DAYS * DAY * 256)
        for name, span in (("a day", day), ("a year", year)):
            began = time.perf_counter()
            for _ in range(5):
                _report(user.pk, usual, span)
            print(f"  {len(usual)} metrics of {name}: {(time.perf_counter() - began) * 200:.1f} ms")
        spans: dict[str, Callable[[], object]] = {
            "a year": lambda: _report(user.pk, usual, year),
            "a day": lambda: _report(user.pk, usual, day),
        }
        show("13 metrics of a time", cpu_in_turn(spans, rounds=5, times=3), "a day")


def _report(user: int, metrics: list[int], span: tuple[int, int]) -> object:
    from apps.metrics import subject
    from apps.metrics.evaluation import evaluate
    from apps.metrics.stretches import Span
    from apps.records.models import Record

    found = subject.of_times([user], Span(*span), Record.objects.all())
    return evaluate(metrics, [found[user]])


def _make(user: int) -> None:
    """A year of days with the channels of 1 Hz that metrics are made of, and the events."""
    import numpy as np

    from apps.catalog.models import Datatype
    from apps.records.models import Record
    from apps.signals.storage import store

    random, datatypes = np.random.default_rng(1), Datatype.objects.in_bulk()
    channels = [each for each in EACH_SECOND if each in (19, 33, 36, 37, 42, 49, 53)]
    drawn = {each: samples(each, 256, DAY, random) for each in channels}
    beats = {each: events(every, DAY, random) for each, every in ((18, 0.8), (52, 1.5))}
    beats[1004] = beats[18][0], (random.random(len(beats[18][0])) < 0.05) * 128
    beats[18] = beats[18][0], np.clip(beats[18][1], 100, 400)
    Record.objects.filter(user=user).delete()
    for number in range(DAYS):
        start = START + number * DAY * 256
        record = Record.objects.create(
            id=RECORD + number, user_id=user, start=start, end=start + DAY * 256
        )
        packed = [
            store.pack(record, datatypes[each], store.samples_of(datatypes[each], counts))
            for each, counts in drawn.items()
        ]
        packed += [
            store.pack(record, datatypes[each], store.event_series(datatypes[each], *found))
            for each, found in beats.items()
            if number == 0 or each == 52
        ]
        store.write_packed(record, packed)


def _decode() -> int:
    from apps.signals.models import Channel
    from apps.signals.storage import reader

    rows = Channel.objects.filter(record=RECORD)
    sources = [
        reader.StoredChannel(
            RECORD, row.datatype_id, row.start, row.step or 0, row.count, row.dtype
        )
        for row in rows
    ]
    bounds = [(source, -(2**62), 2**62) for source in sources if not source.step]
    parts = [part for s in sources if s.step for part in reader.sample_parts(s, range(s.count))]
    return sum(1 for _ in reader.read([*parts, *reader.event_parts(bounds)]))


if __name__ == "__main__":
    main()
