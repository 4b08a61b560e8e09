"""`hexostore simulate --population`: people of a study, their days and their records."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, timedelta
from io import StringIO
from random import Random
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from apps.accounts.models import Profile, User
from apps.enrolment.models import Study, StudyStatus, StudySubject
from apps.records.models import Range, Record
from apps.sandbox import populations, store, study_population
from apps.sandbox.management.commands import simulate
from apps.sandbox.simulations import SimulationError, find_profile
from apps.simulation import recording
from apps.simulation.models import Truth
from hexostore import clock, hexotime

DAILY = {"repeat_frequency": "P1D", "repeat_period": 0, "resource_uri": "/api/activitytype/4/"}


@pytest.fixture
def study(db: None) -> Study:
    """A study that plans a rest test every day."""
    store.begin_store("catalogue", None, lambda _: None)
    owner = User.objects.create(username="ann@example.com", email="ann@example.com")
    planning = [{"name": "Rest", "event_schedule": DAILY}]
    return Study.objects.create(owner=owner, name="Rest", uuid="rest", planning=planning)


def answer(*arguments: str) -> str:
    out = StringIO()
    call_command("simulate", *arguments, stdout=out)
    return out.getvalue()


def made(*arguments: str) -> Any:
    short = ("--duration", "10s", "--days", "3", "--study", "Rest", "--json")
    return json.loads(answer("--population", "2", *short, *arguments))


def test_people_are_added_to_the_study_with_records(study: Study) -> None:
    facts = made("--profile", "night", "--seed", "4")
    people = facts.pop("people")
    uri = f"/api/study/{study.pk}/"
    assert facts == {"study": "Rest", "resource_uri": uri, "profile": "night", "seed": 4}
    assert [each["subject"] for each in people] == ["sim0001", "sim0002"]
    assert StudySubject.objects.filter(study=study).count() == 2
    today = clock.now().astimezone(UTC).date()
    for each in people:
        records = list(Record.objects.filter(user__username=each["user"]).order_by("start"))
        assert [record.pk for record in records] == each["records"]
        days = {hexotime.to_datetime(record.start or 0).date() for record in records}
        assert len(days) == len(records)
        assert all(date.fromisoformat(each["start_date"]) <= day < today for day in days)
        assert {record.status for record in records} <= {"complete"}
        assert {(record.end or 0) - (record.start or 0) for record in records} <= {2560}
        assert not days & {date.fromisoformat(day) for day in each["forgotten"] + each["away"]}
    assert Record.objects.exists()
    assert Range.objects.exists()


def test_records_are_of_the_person_of_the_profile(study: Study) -> None:
    [one, _] = made("--adherence", "0.95")["people"]
    known = Profile.objects.get(user__username=one["user"])
    told = Truth.objects.filter(pk__in=one["records"]).values_list("document__person", flat=True)
    persons = list(told)
    assert persons
    assert all(each == persons[0] for each in persons)
    assert (persons[0]["sex"], persons[0]["weight"]) == (known.gender, known.weight)
    assert persons[0]["age"] == one["age"]
    assert len({Truth.objects.get(pk=pk).seed for pk in one["records"]}) == len(one["records"])


def what_lasts(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Facts without the ids of records, and the seeds of those."""
    seeds = [
        list(Truth.objects.filter(pk__in=each["records"]).values_list("seed")) for each in people
    ]
    kept = [
        {k: v for k, v in each.items() if k not in {"records", "subject", "user"}}
        for each in people
    ]
    return [{**each, "seeds": sorted(seed)} for each, seed in zip(kept, seeds, strict=True)]


def test_tall_people_are_heavier(study: Study) -> None:
    """Nobody weighs what no healthy adult of that height does, and men are taller."""
    start = date(2026, 2, 2)
    study_population.begin_population(study, 200, 0.5, start, start)
    people = list(Profile.objects.filter(user__username__startswith="rest_sim"))
    heights = np.array([each.height for each in people])
    indices = np.array([each.weight for each in people]) / heights**2
    assert 18.4 < indices.min() < 19
    assert 30 < indices.max() < 40
    assert 24 < indices.mean() < 25.5
    men = np.array([each.gender == "M" for each in people])
    assert 0.1 < heights[men].mean() - heights[~men].mean() < 0.16


def test_a_seed_gives_the_same_people(study: Study) -> None:
    first, again, other = (made("--seed", seed)["people"] for seed in ("7", "7", "8"))
    assert what_lasts(first) == what_lasts(again)
    assert what_lasts(first) != what_lasts(other)
    assert again[0]["subject"] == "sim0003"


def test_names_are_free(study: Study) -> None:
    """Those of people who are no longer in the study are not given again."""
    made()
    StudySubject.objects.get(subject_id="sim0001").delete()
    assert [each["subject"] for each in made()["people"]] == ["sim0003", "sim0004"]
    User.objects.get(username="rest_sim0002").delete()
    assert [each["subject"] for each in made()["people"]] == ["sim0005", "sim0006"]


@pytest.mark.django_db(transaction=True)
def test_two_at_once(study: Study) -> None:
    """The second one waits for the names of the first one."""
    days = date(2026, 1, 1), date(2026, 1, 3)

    def begin() -> list[str]:
        try:
            made = study_population.begin_population(study, 2, 0.5, *days, spread_days=1)
            return [each.subject_id for each in made]
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            study_population.begin_population(study, 2, 0.5, *days, spread_days=1)
            other = pool.submit(begin)
            deadline = time.monotonic() + 60
            while not somebody_waits():
                assert time.monotonic() < deadline
                time.sleep(0.01)
        assert other.result(timeout=60) == ["sim0003", "sim0004"]


def somebody_waits() -> bool:
    """Whether a transaction waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def test_what_people_are_told(study: Study) -> None:
    text = answer("--population", "3", "--study", "REST", "--days", "2", "--duration", "10s")
    assert text.startswith(f"3 people and {Record.objects.count()} records in Rest, seed 1")
    assert all(f"sim000{number}" in text for number in (1, 2, 3))


def test_nobody_is_unfit_by_minus_nothing() -> None:
    nearly = {"subject": "sim0001", "sex": "M", "age": 68, "fitness": -0.02}
    diary: dict[str, list[str]] = {"records": [], "forgotten": [], "away": []}
    text = simulate.population_text({"study": "Rest", "seed": 1, "people": [nearly | diary]})
    assert text.splitlines()[-1].split()[:4] == ["sim0001", "M", "68", "0.0"]


def test_it_says_who_comes(study: Study) -> None:
    said: list[str] = []
    profile = find_profile("rest_test")
    asked = populations.AskedPopulation(2, 1, 0.5, 10, profile, 1)
    populations.simulate_population(study, asked, said.append)
    assert said == ["person 1 of 2: sim0001", "person 2 of 2: sim0002"]


def test_all_or_nothing(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(recording, "complete_record", fail)
    with pytest.raises(CommandError, match="the disk is full"):
        made("--adherence", "0.95")
    assert not StudySubject.objects.exists()
    assert User.objects.count() == 1


TWO = ["--population", "2", "--study", "Rest"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--population", "2"], "--population: needs the --study"),
        (["--user", "ann@example.com", "--days", "3"], "--days: is for a --population"),
        (["--user", "ann@example.com", "--adherence", "0.5"], "--adherence: is for a"),
        (["--study", "Rest"], "--study: is for people: add --population"),
        (
            ["--population", "2", "--study", "Rset"],
            r"no study 'Rset'. Did you mean",
        ),
        (["--population", "0", "--study", "Rest"], "--population: is from 1 to 200, not 0"),
        ([*TWO, "--days", "91"], "--days: is from 1 to 90"),
        (["--population", "100", "--study", "Rest", "--days", "90"], "--days: at most 2000 days"),
        (
            [*TWO, "--adherence", "1"],
            "--adherence: is more than 0",
        ),
        (
            [*TWO, "--duration", "13h"],
            "--duration: is at most 12",
        ),
        ([*TWO, "--duration", "5s"], "--duration: .*10 to"),
        ([*TWO, "--profile", "wlak"], "Did you mean 'walk'"),
        ([*TWO, "--user", "x@y"], "--user: is not for a --popul"),
        ([*TWO, "--live"], "--live: is not for a --population"),
        (["--user", "ann@example.com", "--age", "30", "--sex", "x"], "--sex: is F or M"),
    ],
)
@pytest.mark.usefixtures("study")
def test_what_it_refuses(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message) as caught:
        answer(*arguments)
    assert caught.value.returncode == 2
    assert not StudySubject.objects.exists()
    assert not Record.objects.exists()


class TestStudies:
    def test_names_may_be_those_of_several(self, study: Study) -> None:
        Study.objects.create(owner=study.owner, name="Rest", uuid="other")
        with pytest.raises(SimulationError, match="several studies"):
            populations.find_study(["rest", "test"][0])
        assert populations.find_study("OTHER").uuid == "other"

    def test_deleted_ones_are_none(self, study: Study) -> None:
        Study.objects.update(status=StudyStatus.DELETED)
        with pytest.raises(SimulationError, match="This store has none"):
            populations.find_study("Rest")


class TestDiaries:
    FIRST = date(2026, 1, 1)

    def diary(self, days: int, share: float, seed: int = 1) -> populations.Diary:
        until = self.FIRST + timedelta(days=days)
        return populations.keep_diary(self.FIRST, until, share, Random(seed))  # noqa: S311

    @pytest.mark.parametrize("share", [0.3, 0.6, 0.8, 0.95])
    def test_the_shirt_is_worn_on_that_share_of_the_days(self, share: float) -> None:
        found = self.diary(20_000, share)
        assert len(found.worn) / 20_000 == pytest.approx(share, abs=0.03)
        missed = len(found.forgotten) + len(found.away)
        assert len(found.away) / missed == pytest.approx(0.3, abs=0.08)

    def test_every_day_is_in_it_once(self) -> None:
        found = self.diary(50, 0.5)
        days = sorted((*found.worn, *found.forgotten, *found.away))
        assert days == [self.FIRST + timedelta(days=number) for number in range(50)]

    def test_gaps_have_several_days(self) -> None:
        away, step = self.diary(400, 0.6).away, timedelta(days=1)
        whole = [day for day in away if day < self.FIRST + 399 * step]  # the last day may cut one
        assert whole
        assert all(day - step in away or day + step in away for day in whole)


def test_people_differ_in_how_reliable_they_are() -> None:
    shares = study_population.draw_shares(200, 0.8, 1)
    assert sum(shares) / 200 == pytest.approx(0.8, abs=0.03)
    assert min(shares) < 0.6
    assert max(shares) > 0.95
