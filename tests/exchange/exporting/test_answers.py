"""How records, ranges and routines are asked for as files, and what answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import TrainingRoutine
from apps.exchange import excerpts
from apps.exchange.export import FIT, GPX, TCX
from apps.records.models import ActivityAttributeValue, Range, Record
from apps.signals.models import Channel
from apps.signals.storage.reader import Gone
from apps.tracks.models import Track, TrackPoint
from tests.exchange.exporting.conftest import (
    BR,
    HR,
    RUNNING,
    SECOND,
    START,
    Run,
    new_range,
    new_record,
    new_track,
    write,
)
from tests.people import ANYBODY, Caller

NAMES = {FIT: "fit", TCX: "tcx", GPX: "gpx"}
ROUTINE = {"name": "Test", "activitytype_id": RUNNING, "steps": [{"name": "go"}]}


def accepting(caller: Caller, accept: str) -> Caller:
    return caller.sending("Accept", accept)


def routine(caller: Caller) -> TrainingRoutine:
    return TrainingRoutine.objects.create(user=caller.user, **ROUTINE)


class TestFormats:
    @pytest.mark.parametrize("media_type", NAMES)
    def test_accept(self, run: Run, media_type: str) -> None:
        for path in (run.path, f"/api/record/{run.record.pk}/"):
            answer = accepting(run.owner, media_type).get(path)
            assert (answer.status_code, answer["Content-Type"]) == (200, media_type)
            kind, key = path.split("/")[2:4]
            name = f'attachment; filename="{kind}_{key}.{NAMES[media_type]}"'
            assert answer["Content-Disposition"] == name
            assert answer["Vary"] == "Accept"
            assert answer.getvalue()

    @pytest.mark.parametrize("media_type", NAMES)
    @pytest.mark.parametrize("prefix", ["/api", "/api/v1"])
    def test_format_comes_before_accept(self, run: Run, media_type: str, prefix: str) -> None:
        for name in (NAMES[media_type], quote(media_type), media_type):
            path = f"{prefix}/range/{run.range.pk}/?format={name}"
            answer = accepting(run.owner, "application/json").get(path)
            assert (answer.status_code, answer["Content-Type"]) == (200, media_type)

    @pytest.mark.parametrize(
        ("accept", "chosen"),
        [
            (f"{FIT}, application/json;q=0.5", FIT),
            (f"application/json;q=0.5, {TCX}", TCX),
            (f"{FIT};q=0.1, {TCX};q=0.9, {GPX};q=0.5", TCX),
            (f"application/json, {FIT};q=0.9", "application/json"),
            (f"text/html, {GPX};q=0.2", GPX),
            ("*/*", "application/json"),
            ("application/*", "application/json"),
            ("application/vnd.garmin.fit", "application/json"),
            ("", "application/json"),
        ],
    )
    def test_quality_decides(self, run: Run, accept: str, chosen: str) -> None:
        answer = accepting(run.owner, accept).get(run.path)
        assert (answer.status_code, answer["Content-Type"]) == (200, chosen)

    def test_unknown_names_give_json(self, run: Run) -> None:
        for name in ("xls", "FIT", "csv", ""):
            answer = run.owner.get(f"{run.path}?format={name}")
            assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
            remark = "unknown format, the formats are json fit tcx gpx"
            assert answer.get("X-HexoStore-Remark") == (remark if name else None)

    def test_a_routine_is_a_plan(self, owner: Caller, catalogue: None) -> None:
        path = f"/api/trainingroutine/{routine(owner).pk}/"
        for media_type in (FIT, TCX):
            answer = accepting(owner, media_type).get(path)
            assert (answer.status_code, answer["Content-Type"]) == (200, media_type)
            assert answer["Content-Length"] == str(len(answer.content))
            assert path.split("/")[3] in answer["Content-Disposition"]
        answer = owner.get(f"{path}?format=gpx")
        assert answer["Content-Type"] == "application/json"
        assert answer["X-HexoStore-Remark"] == "unknown format, the formats are json fit tcx"

    def test_lists_and_sets_are_json(self, run: Run) -> None:
        for path in ("/api/range/", f"/api/range/set/{run.range.pk}/", "/api/range/schema/"):
            answer = accepting(run.owner, TCX).get(f"{path}?format=fit")
            assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")

    def test_what_is_written_is_shown_in_json(self, run: Run) -> None:
        asking = accepting(run.owner, FIT)
        for answer in (
            asking.patch(run.path, {"name": "Evening run"}),
            asking.put(run.path, asking.sending("Accept", "*/*").get(run.path).json()),
        ):
            assert answer.status_code in (200, 202)
            assert answer["Content-Type"] == "application/json"
        assert asking.delete(run.path).status_code == 204


class TestHead:
    @pytest.mark.parametrize("media_type", NAMES)
    def test_it_has_the_headers(self, run: Run, media_type: str) -> None:
        asking = accepting(run.owner, media_type)
        told, found = asking.request("HEAD", run.path), asking.get(run.path)
        assert (told.status_code, told.getvalue()) == (200, b"")
        assert told.headers == found.headers

    def test_it_reads_no_sample(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        def never(excerpt: object) -> None:
            raise AssertionError("read in vain")

        monkeypatch.setattr("apps.exchange.export.activity_of", never)
        assert accepting(run.owner, FIT).request("HEAD", run.path).status_code == 200

    def test_json_has_none(self, run: Run) -> None:
        assert run.owner.request("HEAD", run.path).status_code == 405
        assert accepting(run.owner, "nonsense").request("HEAD", run.path).status_code == 405


class TestRights:
    @pytest.mark.parametrize("media_type", NAMES)
    def test_nobody_but_those_who_may(self, run: Run, cast: Any, media_type: str) -> None:
        expected = {"owner": 200, "friend": 200, "coach": 200, "staff": 200, "outsider": 404}
        for path in (run.path, f"/api/record/{run.record.pk}/"):
            for name, status in expected.items():
                for method in ("GET", "HEAD"):
                    answer = accepting(cast[name], media_type).request(method, path)
                    assert (name, answer.status_code) == (name, status)
            assert accepting(ANYBODY, media_type).get(path).status_code == 401

    def test_a_routine_is_its_owners_or_everybodys(self, cast: Any, catalogue: None) -> None:
        own = routine(cast.owner)
        shared = TrainingRoutine.objects.create(**ROUTINE)
        for caller, row, status in (
            (cast.owner, own, 200),
            (cast.friend, own, 200),
            (cast.outsider, own, 404),
            (cast.outsider, shared, 200),
        ):
            answer = accepting(caller, FIT).get(f"/api/trainingroutine/{row.pk}/")
            assert answer.status_code == status

    @pytest.mark.parametrize("key", ["0", "x", "9" * 30, "-1"])
    def test_keys_of_nothing_are_answered_like_json(self, run: Run, key: str) -> None:
        path = f"/api/range/{key}/"
        json, file = run.owner.get(path), accepting(run.owner, TCX).get(path)
        assert file.status_code == json.status_code == 404
        assert (file.content, file["Content-Type"]) == (json.content, json["Content-Type"])

    def test_a_malformed_accept_is_refused(self, run: Run) -> None:
        assert accepting(run.owner, "nonsense").get(run.path).status_code == 400


class TestTimes:
    def test_a_record_that_has_not_begun(self, owner: Caller, catalogue: None) -> None:
        record = Record.objects.create(user=owner.user)
        answer = owner.get(f"/api/record/{record.pk}/?format=tcx")
        assert answer.status_code == 400
        assert "no start" in answer.json()["error"]

    @pytest.mark.parametrize(
        ("start", "end", "statuses"),
        [
            (0, 256, {"fit": 400, "tcx": 200, "gpx": 200}),
            (-(2**61), 2**61, {"fit": 400, "tcx": 400, "gpx": 400}),
            (2**61, None, {"fit": 400, "tcx": 400, "gpx": 400}),
            (START, 2**44, {"fit": 400, "tcx": 200, "gpx": 200}),
            (START, START, {"fit": 200, "tcx": 200, "gpx": 200}),
            (START, START + 100 * 86_400 * 256, {"fit": 200, "tcx": 200, "gpx": 200}),
        ],
    )
    def test_times_that_a_format_cannot_have(
        self, owner: Caller, catalogue: None, start: int, end: int, statuses: dict[str, int]
    ) -> None:
        made = Range.objects.create(user=owner.user, start=start, end=end)
        for name, status in statuses.items():
            answer = owner.get(f"/api/range/{made.pk}/?format={name}")
            assert (name, answer.status_code) == (name, status)
            assert answer.getvalue()


def _rename(run: Run) -> None:
    assert run.owner.patch(run.path, {"name": "Other"}).status_code == 202


def _annotate(run: Run) -> None:
    assert run.owner.patch(run.path, {"note": "Other"}).status_code == 202


def _shorten(run: Run) -> None:
    assert run.owner.patch(run.path, {"end": START + 100 * SECOND}).status_code == 202


def _follow_routine(run: Run) -> None:
    Range.objects.filter(pk=run.range.pk).update(trainingroutine=routine(run.owner))


def _change_type(run: Run) -> None:
    Range.objects.filter(pk=run.range.pk).update(activitytype=None)


def _add_lap(run: Run) -> None:
    new_range(run.owner.user, 112, 4, rank=1)


def _rename_lap(run: Run) -> None:
    path = f"/api/range/{run.laps[0].pk}/"
    assert run.owner.patch(path, {"name": "Other"}).status_code == 202


def _delete_lap(run: Run) -> None:
    assert run.owner.delete(f"/api/range/{run.laps[1].pk}/").status_code == 204


def _replace_channel(run: Run) -> None:
    write(run.record, HR, [77] * 120)


def _delete_channel(run: Run) -> None:
    Channel.objects.filter(record=run.record, datatype=BR).delete()


def _add_record(run: Run) -> None:
    write(new_record(run.owner.user, 110, 20), BR, [15] * 20)


def _delete_record(run: Run) -> None:
    assert run.owner.delete(f"/api/record/{run.record.pk}/").status_code == 204


def _raise_point(run: Run) -> None:
    """Changes neither the length nor the ends of the track."""
    point = TrackPoint.objects.filter(track=run.track)[60]
    changed = run.owner.patch(f"/api/trackpoint/{point.pk}/", {"altitude": 8848})
    assert changed.status_code == 202


def _add_point(run: Run) -> None:
    sent = {"track": f"/api/track/{run.track.pk}/", "position": [-73.5, 45.5]}
    assert run.owner.post("/api/trackpoint/", sent).status_code == 201


def _delete_point(run: Run) -> None:
    point = TrackPoint.objects.filter(track=run.track)[60]
    assert run.owner.delete(f"/api/trackpoint/{point.pk}/").status_code == 204


def _delete_track(run: Run) -> None:
    assert run.owner.delete(f"/api/track/{run.track.pk}/").status_code == 204


def _add_track(run: Run) -> None:
    new_track(run.owner.user, range(10), range=run.range)


def _give_distance(run: Run) -> None:
    ActivityAttributeValue.objects.create(range=run.range, activityattribute_id=1, value=5)


CAUSES = [
    _rename, _annotate, _shorten, _follow_routine, _change_type, _add_lap, _rename_lap, _delete_lap,
    _replace_channel, _delete_channel, _add_record, _delete_record, _raise_point, _add_point,
    _delete_point, _delete_track, _add_track, _give_distance,
]  # fmt: skip
ELSEWHERE = {_rename, _annotate, _shorten, _follow_routine, _change_type, _add_record}
"""What does not concern the record."""


class TestVersions:
    @pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__.strip("_"))
    def test_the_etag_changes_with(self, run: Run, cause: Callable[[Run], None]) -> None:
        asking = accepting(run.owner, TCX)
        etag = asking.request("HEAD", run.path)["ETag"]
        known = asking.sending("If-None-Match", etag)
        assert known.get(run.path).status_code == 304
        cause(run)
        answer = known.get(run.path)
        assert answer.status_code == 200
        assert answer["ETag"] != etag

    @pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__.strip("_"))
    def test_the_etag_of_a_record_too(self, run: Run, cause: Callable[[Run], None]) -> None:
        Track.objects.filter(pk=run.track.pk).update(record=run.record)
        before = excerpts.of_record(run.record).version
        cause(run)
        if not Record.objects.filter(pk=run.record.pk).exists():
            return
        same = excerpts.of_record(Record.objects.get(pk=run.record.pk)).version == before
        assert same is (cause in ELSEWHERE or cause in {_add_track, _give_distance})

    def test_other_things_do_not_change_it(self, run: Run, cast: Any) -> None:
        etag = accepting(run.owner, TCX).request("HEAD", run.path)["ETag"]
        new_range(run.owner.user, 700, 20, rank=1)
        new_track(run.owner.user, range(700, 710))
        write(new_record(run.owner.user, 700, 10), HR, [70] * 10)
        write(new_record(cast.friend.user), HR, [70] * 120)
        assert accepting(cast.friend, TCX).request("HEAD", run.path)["ETag"] == etag

    def test_each_format_has_its_own(self, run: Run) -> None:
        etags = {accepting(run.owner, kind).request("HEAD", run.path)["ETag"] for kind in NAMES}
        assert len(etags) == len(NAMES)

    @pytest.mark.parametrize(
        "change",
        [{"name": "Other"}, {"description": "x"}, {"steps": []}, {"activitytype": None}],
        ids=lambda change: next(iter(change)),
    )
    def test_that_of_a_routine(
        self, owner: Caller, catalogue: None, change: dict[str, Any]
    ) -> None:
        path = f"/api/trainingroutine/{routine(owner).pk}/"
        asking = accepting(owner, FIT)
        etag = asking.get(path)["ETag"]
        known = asking.sending("If-None-Match", etag)
        assert known.get(path).status_code == 304
        assert owner.patch(path, change).status_code == 202
        assert known.get(path).status_code == 200

    def test_nothing_is_read_to_find_it(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        def never(excerpt: object) -> None:
            raise AssertionError("read in vain")

        asking = accepting(run.owner, FIT)
        etag = asking.request("HEAD", run.path)["ETag"]
        monkeypatch.setattr("apps.exchange.export.activity_of", never)
        assert asking.sending("If-None-Match", f'"x", {etag}').get(run.path).status_code == 304


class TestChangesMeanwhile:
    def test_a_mixture_is_broken_off(self, run: Run) -> None:
        answer: Any = accepting(run.owner, TCX).get(run.path)
        pieces = iter(answer.streaming_content)
        next(pieces)
        write(run.record, HR, [77] * 120)
        with pytest.raises(Gone):
            list(pieces)

    def test_so_is_what_was_deleted(self, run: Run) -> None:
        answer: Any = accepting(run.owner, TCX).get(run.path)
        pieces = iter(answer.streaming_content)
        next(pieces)
        run.range.delete()
        with pytest.raises(Gone):
            list(pieces)

    def test_growing_records_are_not(self, run: Run) -> None:
        Record.objects.filter(pk=run.record.pk).update(status="realtime")
        answer: Any = accepting(run.owner, TCX).get(run.path)
        pieces = iter(answer.streaming_content)
        next(pieces)
        write(run.record, HR, [77] * 121)
        list(pieces)


class TestCost:
    def test_statements_do_not_grow_with_laps(self, run: Run) -> None:
        asking = accepting(run.owner, TCX)

        def statements() -> int:
            with CaptureQueriesContext(connection) as seen:
                asking.get(run.path).getvalue()
            return len(seen)

        asking.get(run.path).getvalue()
        few = statements()
        for second in range(50):
            new_range(run.owner.user, 2 * second, 1, rank=1)
            new_range(run.owner.user, 2 * second, 1, rank=2)
        assert statements() == few <= 20
