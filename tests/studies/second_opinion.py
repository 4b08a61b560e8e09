"""Random schedules, and what dateutil's rrule says of them: written from the rules, without a look
at the code that is tested."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from dateutil import rrule
from dateutil.relativedelta import relativedelta

from apps.studies.planning.reading import read_planning
from tests.studies.dates import dates_of

FREQUENCY = {"D": rrule.DAILY, "W": rrule.WEEKLY, "M": rrule.MONTHLY, "Y": rrule.YEARLY}
WEEK_DAYS = (rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU)


@dataclass(frozen=True)
class Case:
    """A schedule in JSON for a subject, and the dates on which rrule has events without regard to
    the ends of study and schedule."""

    kind: str
    schedule: dict[str, object]
    subject_start: date
    study_end: date | None
    dates: list[date]

    def expected(self) -> list[date]:
        """The dates within all limits, each as often as it has events."""
        anchor = self.dates_from
        ends = [anchor + relativedelta(years=5) - timedelta(days=1)]
        ends += [self.study_end] if self.study_end else []
        if "end_date" in self.schedule:
            ends.append(date.fromisoformat(str(self.schedule["end_date"])))
        first = max(anchor, self.subject_start)
        count = self.schedule.get("repeat_count", 1)
        assert isinstance(count, int)
        return [day for day in self.dates if first <= day <= min(ends) for _ in range(count)]

    @property
    def dates_from(self) -> date:
        """The first day of the first period."""
        if "start_date" in self.schedule:
            return date.fromisoformat(str(self.schedule["start_date"]))
        offset = self.schedule.get("days_offset", 0)
        assert isinstance(offset, int)
        return self.subject_start + timedelta(days=offset)

    def found(self) -> list[date]:
        """What the code under test says."""
        read = read_planning([{"name": self.kind, "event_schedule": self.schedule}])
        return list(dates_of(read[0].schedule, self.subject_start, self.study_end))


def make_case(seed: int) -> Case:
    """A random schedule, always the same for a seed."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    kind = list(KINDS)[seed % len(KINDS)]
    subject_start = date(2019, 1, 1) + timedelta(days=chance.randrange(2500))
    schedule, anchor = _placed(chance, subject_start)
    if anchor.day > LATEST.get(kind, 31):
        subject_start = anchor.replace(day=LATEST[kind])
        schedule, anchor = _placed(chance, subject_start, only_offset=0)
    days = chance.choice([None, chance.randrange(1, 2000)])
    study_end = None if days is None else subject_start + timedelta(days=days)
    properties, dates = KINDS[kind](chance, anchor)
    if "repeat_period" in properties or "end_date" in schedule:
        schedule |= chance.choice([{}, {"repeat_count": chance.randrange(1, 4)}])
    return Case(kind, {**schedule, **properties}, subject_start, study_end, sorted(set(dates)))


def _placed(
    chance: random.Random, subject_start: date, only_offset: int | None = None
) -> tuple[dict[str, object], date]:
    """Where a schedule begins, with its first day: at the subject's start, days later, or on a
    date of its own."""
    offset = chance.randrange(60) if only_offset is None else only_offset
    anchor = subject_start + timedelta(days=offset)
    if only_offset is not None or chance.random() < 0.6:
        return ({"days_offset": offset}, anchor)
    anchor = subject_start + timedelta(days=chance.randrange(-200, 60))
    schedule: dict[str, object] = {"start_date": anchor.isoformat()}
    if chance.random() < 0.5:
        end = anchor + timedelta(days=chance.randrange(800))
        schedule["end_date"] = end.isoformat()
    return schedule, anchor


Made = tuple[dict[str, object], Iterable[date]]


def _rule(anchor: date, unit: str, periods: int, **options: object) -> list[date]:
    """The dates of a rule from a day on, as many as there are periods."""
    start = datetime.combine(anchor, time())
    rule = rrule.rrule(FREQUENCY[unit], start, count=periods, **options)  # type: ignore[arg-type]
    return [moment.date() for moment in rule]


def _until(anchor: date, end: date, unit: str, **options: object) -> list[date]:
    """The dates of a rule from a day to before another."""
    start, last = (datetime.combine(day, time()) for day in (anchor, end - timedelta(days=1)))
    rule = rrule.rrule(FREQUENCY[unit], start, until=last, **options)  # type: ignore[arg-type]
    return [moment.date() for moment in rule]


def _numbers(chance: random.Random, first: int, last: int) -> list[int]:
    return sorted(chance.sample(range(first, last + 1), min(chance.randrange(1, 4), last - first)))


def _plain_days(chance: random.Random, anchor: date) -> Made:
    unit, step = chance.choice("DW"), chance.randrange(1, 7)
    periods = chance.randrange(1, 40)
    properties = {"repeat_frequency": f"P{step}{unit}", "repeat_period": periods}
    return properties, _rule(anchor, unit, periods, interval=step)


def _endless_days(chance: random.Random, anchor: date) -> Made:
    step = chance.randrange(1, 30)
    end = anchor + relativedelta(years=5)
    schedule: dict[str, object] = {"repeat_frequency": f"P{step}D", "repeat_period": 0}
    return schedule, _until(anchor, end, "D", interval=step)


def _plain_months(chance: random.Random, anchor: date) -> Made:
    """The last day of a month that is too short: rrule alone would leave such months out."""
    step, periods = chance.randrange(1, 6), chance.randrange(1, 13)
    clamped = {"bymonthday": (anchor.day, -1), "bysetpos": 1}
    properties = {"repeat_frequency": f"P{step}M", "repeat_period": periods}
    return properties, _rule(anchor, "M", periods, interval=step, **clamped)


def _plain_years(chance: random.Random, anchor: date) -> Made:
    periods = chance.randrange(1, 6)
    clamped = {"bymonth": anchor.month, "bymonthday": (anchor.day, -1), "bysetpos": 1}
    properties = {"repeat_frequency": "P1Y", "repeat_period": periods}
    return properties, _rule(anchor, "Y", periods, **clamped)


def _mixed(chance: random.Random, anchor: date) -> Made:
    """rrule has no such rule: counted by relativedelta, each from the first day."""
    months, days, periods = (chance.randrange(1, most) for most in (5, 20, 10))
    properties = {"repeat_frequency": f"P{months}M{days}D", "repeat_period": periods}
    steps = (relativedelta(months=months * k, days=days * k) for k in range(periods))
    return properties, [anchor + step for step in steps]


def _weekdays_of_weeks(chance: random.Random, anchor: date) -> Made:
    step, periods = chance.randrange(1, 6), chance.randrange(1, 20)
    chosen = _numbers(chance, 0, 6)
    dates = _until(
        anchor,
        anchor + timedelta(days=7 * step * periods),
        "W",
        interval=step,
        wkst=WEEK_DAYS[anchor.weekday()],
        byweekday=[WEEK_DAYS[number] for number in chosen],
    )
    form = chance.choice([f"P{step}W", f"P{7 * step}D"])
    return {
        "repeat_frequency": form,
        "repeat_period": periods,
        "by_week_day": chosen,
    }, dates


def _weekdays_of_days(chance: random.Random, anchor: date) -> Made:
    step, periods, chosen = chance.randrange(1, 7), chance.randrange(1, 60), _numbers(chance, 0, 6)
    end = anchor + timedelta(days=step * periods)
    dates = _until(anchor, end, "D", byweekday=[WEEK_DAYS[number] for number in chosen])
    form = {"repeat_frequency": f"P{step}D", "repeat_period": periods}
    return {**form, "by_week_day": chosen}, dates


def _weekdays_of_months(chance: random.Random, anchor: date) -> Made:
    """The first seven days of a period."""
    step, periods, chosen = chance.randrange(1, 5), chance.randrange(1, 13), _numbers(chance, 0, 6)
    dates = _until(
        anchor,
        anchor + relativedelta(months=step * periods),
        "M",
        interval=step,
        bymonthday=range(anchor.day, anchor.day + 7),
        byweekday=[WEEK_DAYS[number] for number in chosen],
    )
    form = {"repeat_frequency": f"P{step}M", "repeat_period": periods}
    return {**form, "by_week_day": chosen}, dates


def _period_days(chance: random.Random, anchor: date) -> Made:
    length, periods = chance.randrange(2, 40), chance.randrange(1, 30)
    chosen = _numbers(chance, 1, length)
    starts = [anchor + timedelta(days=number - 1) for number in chosen]
    dates = [day for start in starts for day in _rule(start, "D", periods, interval=length)]
    form = {"repeat_frequency": f"P{length}D", "repeat_period": periods}
    return {**form, "by_period_day": chosen}, dates


def _period_days_of_months(chance: random.Random, anchor: date) -> Made:
    periods, chosen = chance.randrange(1, 13), _numbers(chance, 1, 31)
    clamped = {"bymonthday": (anchor.day, -1), "bysetpos": 1}
    starts = _rule(anchor, "M", periods + 1, **clamped)
    days = (
        [start + timedelta(days=number - 1) for number in chosen if number <= (end - start).days]
        for start, end in pairwise(starts)
    )
    form = {"repeat_frequency": "P1M", "repeat_period": periods}
    return {**form, "by_period_day": chosen}, [day for some in days for day in some]


def _days_of_every_month(chance: random.Random, anchor: date) -> Made:
    periods, chosen = chance.randrange(1, 25), _numbers(chance, 1, 31)
    dates = _until(anchor, anchor + relativedelta(months=periods), "M", bymonthday=chosen)
    form = {"repeat_frequency": "P1M", "repeat_period": periods}
    return {**form, "by_month_day": chosen}, dates


def _days_of_some_months(chance: random.Random, anchor: date) -> Made:
    """The first month of a period, which ends in the next month of the calendar."""
    step, periods, chosen = chance.randrange(2, 13), chance.randrange(1, 5), _numbers(chance, 1, 31)
    this_month = anchor.replace(day=1)
    dates: list[date] = []
    for number in chosen:
        first = this_month if number >= anchor.day else this_month + relativedelta(months=1)
        end = anchor + relativedelta(months=step * periods)
        dates += _until(first, end, "M", interval=step, bymonthday=number)
    form = {"repeat_frequency": f"P{step}M", "repeat_period": periods}
    return {**form, "by_month_day": chosen}, dates


def _month_days_of_days(chance: random.Random, anchor: date) -> Made:
    length, periods, chosen = chance.randrange(1, 50), chance.randrange(1, 30), [1, 15, 31]
    end = anchor + timedelta(days=length * periods)
    form = {"repeat_frequency": f"P{length}D", "repeat_period": periods}
    return {**form, "by_month_day": chosen}, _until(anchor, end, "D", bymonthday=chosen)


KINDS: dict[str, Callable[[random.Random, date], Made]] = {
    "days": _plain_days,
    "days without end": _endless_days,
    "months": _plain_months,
    "years": _plain_years,
    "months and days": _mixed,
    "weekdays of weeks": _weekdays_of_weeks,
    "weekdays of days": _weekdays_of_days,
    "weekdays of months": _weekdays_of_months,
    "days of periods": _period_days,
    "days of periods of months": _period_days_of_months,
    "days of every month": _days_of_every_month,
    "days of some months": _days_of_some_months,
    "days of the month in periods of days": _month_days_of_days,
}
LATEST = {"days of some months": 28, "weekdays of months": 22}
"""The latest day of a month on which rrule can begin schedules of a kind."""


def differences(seeds: Iterable[int]) -> list[str]:
    """What differs between the two, as sentences."""
    cases = ((seed, make_case(seed)) for seed in seeds)
    return [
        f"{seed}: {case} gives {case.found()}"
        for seed, case in cases
        if case.found() != case.expected()
    ]
