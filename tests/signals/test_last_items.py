"""Where the data of records end."""

from __future__ import annotations

import numpy as np

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals.storage import store
from apps.signals.storage.last_items import last_events, last_ticks
from tests.signals.conftest import HR, RR, START, new_record


def test_the_last_sample_or_event_of_records(
    record: Record, athlete: User, datatypes: dict[int, Datatype]
) -> None:
    samples, events, both, empty = (new_record(athlete) for _ in range(4))
    for each in (samples, both):
        store.write_channel(each, datatypes[HR], np.arange(5))
    for each, last in ((events, 900), (both, 2000)):
        store.write_events(each, datatypes[RR], np.array([7, last]), np.array([1, 2]))
    asked = [samples.pk, events.pk, both.pk, empty.pk]
    assert last_ticks(asked) == {
        samples.pk: START + 5 * 256,
        events.pk: START + 900,
        both.pk: START + 2000,
    }
    assert last_events(asked) == {events.pk: START + 900, both.pk: START + 2000}
    assert last_ticks([]) == {}
