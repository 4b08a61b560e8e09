"""From rows to points, laps and totals."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest

from apps.exchange import excerpts, points
from apps.exchange.activities import activity_of
from apps.exchange.activity import Column, Points
from apps.exchange.excerpts import LapSpan, cut_laps
from apps.exchange.points import PooledPoints
from apps.metrics import subject
from apps.records.models import ActivityAttributeValue, Record
from apps.tracks.models import Track
from apps.tracks.totals import refresh_tracks
from tests.exchange.exporting.conftest import (
    BR,
    CADENCE,
    HR,
    SECOND,
    START,
    Run,
    new_range,
    new_record,
    new_track,
    rates,
    write,
)
from tests.people import Caller


def all_points(run: Run) -> list[Points]:
    return list(PooledPoints(excerpts.of_range(run.range)))


def joined(pieces: list[Points]) -> dict[str, list[float]]:
    """Times in seconds after START, and the columns."""
    found = {"seconds": [float(t - START) / SECOND for each in pieces for t in each.times]}
    for column in Column:
        found[column] = [float(v) for each in pieces for v in each.column(column)]
    return found


class TestPoints:
    def test_each_second_has_what_the_channels_say(self, run: Run) -> None:
        found = joined(all_points(run))
        assert found["seconds"] == list(range(121))  # the first one is a position alone
        hr = [float("nan") if value == 0 else value for value in rates()]
        np.testing.assert_array_equal(found[Column.HEART_RATE][1:], hr)
        np.testing.assert_array_equal(found[Column.BREATHING_RATE][1:], 20 + np.arange(120) % 5)
        assert found[Column.TIDAL_VOLUME][1] == pytest.approx(60 * 13.28)
        assert found[Column.MINUTE_VENTILATION][120] == pytest.approx(1619 * 13.28)
        assert found[Column.ENERGY][1:4] == [500, 501, 502]
        assert found[Column.STEP_RATE][1:3] == [160, 161]
        assert np.isnan([found[column][0] for column in excerpts.CHANNELS.values()]).all()

    def test_each_second_has_its_position(self, run: Run) -> None:
        found = joined(all_points(run))
        np.testing.assert_array_equal(found[Column.LATITUDE], 45.5 + 1e-5 * np.arange(121))
        assert found[Column.ALTITUDE][100] == 39
        assert found[Column.SPEED][4] == 3.4
        assert found[Column.COURSE][65] == 65
        distances = np.array(found[Column.DISTANCE])
        assert distances[0] == 0
        assert distances[-1] == pytest.approx(run.track.distance, abs=1e-6)
        assert (np.diff(distances) > 1.1).all()

    def test_pieces_can_be_read_again_and_have_no_seam(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = joined(all_points(run))
        monkeypatch.setattr(points, "PIECE", 12)
        pooled = PooledPoints(excerpts.of_range(run.range))
        for _ in range(2):
            pieces = list(pooled)
            assert 10 <= len(pieces) <= 11
            again = joined(pieces)
            for name, values in whole.items():
                np.testing.assert_allclose(again[name], values, rtol=1e-12, err_msg=name)

    def test_nothing_but_the_time_of_the_range_is_read(self, run: Run) -> None:
        part = new_range(run.owner.user, 50, 50)
        found = joined(list(PooledPoints(excerpts.of_range(part))))
        assert found["seconds"] == list(range(50, 101))
        assert found[Column.DISTANCE][0] == 0
        assert np.isnan(found[Column.HEART_RATE][0])  # a sample sums up the second before it
        assert found[Column.BREATHING_RATE][1] == 20

    def test_the_track_alone_gives_its_own_times(self, owner: Caller, catalogue: None) -> None:
        made = new_range(owner.user)
        new_track(owner.user, range(10, 20), shift=100, range=made)
        found = joined(list(PooledPoints(excerpts.of_range(made))))
        assert found["seconds"] == [second + 100 / 256 for second in range(10, 20)]

    def test_of_several_positions_in_a_second_the_last_counts(
        self, run: Run, owner: Caller
    ) -> None:
        other = new_range(owner.user, 0, 5)
        track = new_track(owner.user, [1, 2, 3], range=other)
        for point in track.points.all():
            assert point.time is not None
            point.pk, point.latitude, point.time = None, 45, point.time + timedelta(seconds=0.2)
            point.save()
        refresh_tracks([track.pk])
        found = joined(list(PooledPoints(excerpts.of_range(other))))
        assert found["seconds"] == [1, 2, 3, 4, 5]
        np.testing.assert_array_equal(found[Column.LATITUDE], [45, 45, 45, np.nan, np.nan])

    def test_times_without_anything_have_no_point(self, owner: Caller, catalogue: None) -> None:
        record = new_record(owner.user, 0, 10)
        write(record, HR, [70, 0, 0, 71, 72, 0, 0, 0, 73, 0])
        made = new_range(owner.user, 0, 100_000)
        found = joined(list(PooledPoints(excerpts.of_range(made))))
        assert found["seconds"] == [1, 4, 5, 9]

    def test_an_empty_range_has_no_points(self, owner: Caller, catalogue: None) -> None:
        assert list(PooledPoints(excerpts.of_range(new_range(owner.user)))) == []


class TestPooling:
    def test_a_range_over_several_records_has_them_all(
        self, owner: Caller, catalogue: None
    ) -> None:
        first = new_record(owner.user, 0, 100)
        second = new_record(owner.user, 50, 70)
        write(first, HR, [70] * 100)
        write(second, HR, [80] * 70)
        write(second, BR, [15] * 70)
        found = joined(list(PooledPoints(excerpts.of_range(new_range(owner.user)))))
        assert found["seconds"] == list(range(1, 121))
        assert found[Column.HEART_RATE] == [70] * 100 + [80] * 20
        assert np.isnan(found[Column.BREATHING_RATE][:100]).all()

    def test_records_without_samples_hide_nothing(self, owner: Caller, catalogue: None) -> None:
        new_record(owner.user, -10, 200)
        write(new_record(owner.user, 0, 100), HR, [70] * 100)
        found = joined(list(PooledPoints(excerpts.of_range(new_range(owner.user)))))
        assert found[Column.HEART_RATE] == [70] * 100

    def test_other_people_stay_out(self, run: Run, cast: object, friend: Caller) -> None:
        other = new_record(friend.user)
        write(other, HR, [200] * 120)
        new_track(friend.user, range(120))
        new_range(friend.user, 10, 20, rank=1)
        found = joined(all_points(run))
        assert np.nanmax(found[Column.HEART_RATE]) < 200
        assert len(excerpts.of_range(run.range).laps) == 3

    def test_own_tracks_come_before_those_of_the_time(self, run: Run) -> None:
        new_track(run.owner.user, range(-5, 130), north=0, shift=20)
        ways = excerpts.of_range(run.range).ways
        assert [way.track for way in ways] == [run.track.pk]

    def test_tracks_of_the_time_take_turns(self, run: Run) -> None:
        lap = run.laps[0]
        other = new_track(run.owner.user, range(40, 140), north=0)
        assert {way.track for way in excerpts.of_range(lap).ways} == {run.track.pk}
        late = excerpts.of_range(new_range(run.owner.user, 100, 60))
        assert [(way.track, way.end) for way in late.ways] == [
            (run.track.pk, START + 120 * SECOND),
            (other.pk, START + 139 * SECOND),
        ]

    def test_files_and_metrics_have_the_same_tracks(self, run: Run) -> None:
        """One rule says which tracks count: those of the range, else of its records, else all."""
        user, tracks = run.owner.user, {"own": run.track}
        tracks["other"] = new_track(user, range(60, 100), north=0, shift=7)
        for expected in ("own", "recorded", "other"):
            if expected == "recorded":
                Track.objects.filter(pk=run.track.pk).update(range=None)
                tracks["recorded"] = new_track(user, range(20, 80), record=run.record)
            elif expected == "other":  # what belongs to the range does not count outside of it
                for track in (run.track, tracks["recorded"]):
                    track.delete()
                new_track(user, range(500, 600), range=run.range)
            wanted = [tracks[expected].pk]
            assert [way.track for way in excerpts.of_range(run.range).ways] == wanted
            assert [way.track for way in subject.of_ranges([run.range.pk])[run.range.pk].ways] == (
                wanted
            )

    def test_tracks_of_records_of_another_time_do_not_come_first(self, run: Run) -> None:
        user = run.owner.user
        new_track(user, range(20, 80), record=new_record(user, 500), shift=3)
        Track.objects.filter(pk=run.track.pk).update(range=None)
        found = {way.track for way in excerpts.of_range(run.range).ways}
        ways = subject.of_ranges([run.range.pk])[run.range.pk].ways
        assert {way.track for way in ways} == found == {run.track.pk}

    @pytest.mark.parametrize("ended", [True, False])
    def test_files_and_metrics_have_the_same_tracks_of_records(self, run: Run, ended: bool) -> None:
        if not ended:
            Record.objects.filter(pk=run.record.pk).update(end=None)
            run.record.refresh_from_db()
        for record in (None, run.record):
            made = new_track(run.owner.user, range(40, 100), shift=5, record=record)
            ways = subject.of_records([run.record.pk])[run.record.pk].ways
            found = [way.track for way in excerpts.of_record(run.record).ways]
            assert [way.track for way in ways] == found
        assert found == [made.pk]

    def test_a_record_is_alone(self, run: Run) -> None:
        write(new_record(run.owner.user, 0, 130), HR, [99] * 130)
        excerpt = excerpts.of_record(run.record)
        assert {stretch.record for stretch in excerpt.stretches} == {run.record.pk}
        assert len(excerpt.laps) == 3
        assert [way.track for way in excerpt.ways] == [run.track.pk]

    def test_what_goes_on_ends_with_what_is_known(self, run: Run) -> None:
        run.range.end = None
        assert excerpts.of_range(run.range).end == START + 120 * SECOND
        run.record.end = None
        run.record.save()
        new_track(run.owner.user, range(500, 510), north=0)
        found = excerpts.of_record(run.record)
        assert found.end == START + 120 * SECOND
        assert [way.track for way in found.ways] == [run.track.pk]

    def test_a_record_without_samples_has_nothing_of_what_came_later(self, run: Run) -> None:
        empty = new_record(run.owner.user, -50, 10)
        empty.end = None
        empty.save()
        found = excerpts.of_record(empty)
        assert found.end == empty.start
        assert not list(found.ways)


class TestLaps:
    def test_laps_are_the_ranges_within(self, run: Run) -> None:
        (session,) = activity_of(excerpts.of_range(run.range)).sessions
        assert [lap.is_gap for lap in session.laps] == [False, False, True]
        assert [(lap.start, lap.end, lap.name) for lap in session.laps] == [
            (START, START + 48 * SECOND, "One"),
            (START + 48 * SECOND, START + 108 * SECOND, "Two"),
            (START + 108 * SECOND, START + 120 * SECOND, ""),
        ]
        assert (session.name, session.note) == ("Morning run", "With <rain> & wind")
        assert (session.activitytype, session.start) == (10, START)

    def test_others_are_none(self, run: Run) -> None:
        user = run.owner.user
        new_range(user, 110, 60, rank=1)  # which ends later
        new_range(user, 109, 5, rank=0)
        new_range(user, 109, 5, rank=1, autodetected=True)
        new_range(user, 109, 0, rank=1)
        assert len(excerpts.of_range(run.range).laps) == 3
        assert excerpts.of_range(run.laps[0]).laps == ()
        new_range(user, 20, 20, rank=2)
        assert len(excerpts.of_range(run.laps[0]).laps) == 3

    def test_laps_without_gaps(self) -> None:
        def cut(*spans: tuple[int, int]) -> list[tuple[int, int]]:
            laps = cut_laps(0, 2560, [LapSpan(*span) for span in spans])
            return [(lap.start, lap.end) for lap in laps]

        assert cut() == []
        assert cut((0, 2560)) == [(0, 2560)]
        assert cut((256, 512)) == [(0, 256), (256, 512), (512, 2560)]
        assert cut((200, 512), (600, 2400)) == [(0, 600), (600, 2560)]  # shorter than a second
        assert cut((0, 1000), (0, 500), (900, 2560)) == [(0, 1000), (1000, 2560)]


class TestTotals:
    def test_totals_are_those_of_the_samples(self, run: Run) -> None:
        (session,) = activity_of(excerpts.of_range(run.range)).sessions
        hr = rates()
        kept = hr[hr > 0]
        assert session.totals.average_heart_rate == pytest.approx(kept.mean())
        assert session.totals.maximum_heart_rate == kept.max()
        assert session.totals.average_breathing_rate == pytest.approx(22)
        assert session.totals.energy == (500 + np.arange(120) % 3).sum()
        assert session.totals.distance == pytest.approx(run.track.distance, abs=1e-6)
        assert session.totals.maximum_speed == 3.4

    def test_laps_come_to_the_session(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(points, "PIECE", 12)
        (session,) = activity_of(excerpts.of_range(run.range)).sessions
        for name in ("distance", "energy"):
            whole = getattr(session.totals, name)
            assert sum(getattr(lap.totals, name) for lap in session.laps) == pytest.approx(whole)
        hr = rates()[:48]
        first = session.laps[0].totals
        assert first.average_heart_rate == pytest.approx(hr[hr > 0].mean())
        assert first.distance == pytest.approx(run.track.distance * 0.4, rel=1e-6)
        assert all(a.end == b.start for a, b in pairwise(session.laps))

    def test_what_was_not_recorded_is_what_somebody_gave(
        self, owner: Caller, catalogue: None
    ) -> None:
        made = new_range(owner.user)
        ActivityAttributeValue.objects.create(range=made, activityattribute_id=1, value=5.2)
        ActivityAttributeValue.objects.create(range=made, activityattribute_id=3, value=90_000)
        (session,) = activity_of(excerpts.of_range(made)).sessions
        assert (session.totals.distance, session.totals.energy) == (5200, 90_000)
        assert session.totals.average_heart_rate is None

    def test_a_record_without_a_track_has_no_distance(self, owner: Caller, catalogue: None) -> None:
        record = new_record(owner.user)
        write(record, CADENCE, [0] * 60 + [160] * 60)
        (session,) = activity_of(excerpts.of_record(record)).sessions
        assert session.totals.distance is None
        pieces = list(session.points)
        assert {column for piece in pieces for column in piece.columns} == {Column.STEP_RATE}
        assert sum(map(len, pieces)) == 60
