"""The calendar of a subject with 20 items over two years, and the compliance of 200 subjects.

The subject has done two thirds of what was planned in the last eight weeks. A list of 20 records
stands beside the calendar. The compliance of 20 items over four weeks is compared with reading what
the subjects did; two thirds of it are done. CPU is that of this process.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from bench.harness import basic, cpu_in_turn, demo_store, get, show

if TYPE_CHECKING:
    from apps.enrolment.models import Study, StudySubject

ITEMS, YEARS_IN_DAYS, WEEKS_IN_DAYS, SUBJECTS = 20, 730, 28, 200
TIMES: tuple[dict[str, str], ...] = (
    {"start_time": "06:00", "end_time": "10:00"},
    {"start_time": "18:00", "end_time": "22:00"},
    {"start_time": "22:00", "end_time": "06:00"},
    {},
)
LOGIN, STAFF = ("test_sub001", "sub001"), ("staff@example.com", "staff")
START = date(2026, 3, 2)


def planning(days: int) -> list[dict[str, Any]]:
    """Twenty things to do on every day."""
    return [
        {
            "name": f"Item {number}",
            "event_schedule": {
                "repeat_frequency": "P1D",
                "repeat_period": days,
                "resource_uri": f"/api/activitytype/{number + 1}/",
                **TIMES[number % len(TIMES)],
            },
        }
        for number in range(ITEMS)
    ]


def done(subject: StudySubject, first: date, days: int) -> Iterator[Any]:
    """Ranges of two thirds of what is planned on so many days."""
    from apps.records.models import Range
    from apps.studies.planning.reading import stored_planning
    from apps.studies.planning.windows import ZoneWindows

    windows = ZoneWindows("Europe/Berlin")
    for number, item in enumerate(stored_planning(subject.study.planning)):
        for day in range(days):
            if (number + day) % 3:
                on = windows.of(item.schedule, first + timedelta(days=day))
                yield Range(
                    user_id=subject.user_id, start=on.start + 256, activitytype_id=number + 1
                )


def fill() -> tuple[Study, list[StudySubject]]:
    """Make both studies; the second one with its subjects."""
    from apps.accounts.models import User
    from apps.catalog.models import ActivityType
    from apps.enrolment.models import Study, StudySubject
    from apps.records.models import Range

    for number in range(ITEMS):
        ActivityType.objects.get_or_create(pk=number + 1, defaults={"name": f"type {number}"})
    zone = {"timezone": "Europe/Berlin", "duration_in_days": None}
    study = Study.objects.get(uuid="test")
    Study.objects.filter(pk=study.pk).update(planning=planning(YEARS_IN_DAYS), **zone)
    StudySubject.objects.filter(study=study).update(start_date=START)
    one = StudySubject.objects.select_related("study").get(user__username=LOGIN[0])
    Range.objects.bulk_create(done(one, START, 8 * 7))

    large = Study.objects.create(
        owner=study.owner, name="Large", uuid="large", planning=planning(WEEKS_IN_DAYS), **zone
    )
    people = User.objects.bulk_create(
        User(username=f"large_{number:03}") for number in range(SUBJECTS)
    )
    subjects = StudySubject.objects.bulk_create(
        StudySubject(study=large, user=user, subject_id=user.username, start_date=START)
        for user in people
    )
    Range.objects.bulk_create(
        each for subject in subjects for each in done(subject, START, WEEKS_IN_DAYS)
    )
    return large, subjects


def compliance(subjects: list[StudySubject]) -> int:
    """Return how many events all subjects have missed."""
    from apps.studies.calendar.asking import AskedDays
    from apps.studies.calendar.items import read_calendar
    from apps.studies.planning.compliance import judge_days
    from hexostore import clock

    now = clock.ticks()
    return sum(
        judge_days(each.item.schedule, each.days, each.done, each.windows, now).missed
        for each in read_calendar(subjects, AskedDays())
    )


def facts(study: Study, subjects: list[StudySubject]) -> object:
    """Read what all subjects did."""
    from apps.studies.planning.reading import stored_planning
    from apps.studies.subject_facts import read_facts

    targets = {item.schedule.target for item in stored_planning(study.planning)} - {None}
    last = START + timedelta(days=WEEKS_IN_DAYS - 1)
    return read_facts(subjects, {target for target in targets if target}, START, last)


def main() -> None:
    """Print CPU per calendar, and per compliance of all subjects."""
    with demo_store():
        from django.core.wsgi import get_wsgi_application

        study, subjects = fill()
        app, path = get_wsgi_application(), "/api/calendar/"
        subject, staff = basic(*LOGIN), basic(*STAFF)
        feed = {**subject, "Accept": "text/calendar"}
        spent = cpu_in_turn(
            {
                "a list of 20 records": lambda: get("/api/record/", staff, app),
                "a calendar without rows": lambda: get(f"{path}?end=2000-01-01", subject, app),
                "a calendar of 20 items, two years": lambda: get(path, subject, app),
                "the same as iCalendar": lambda: get(path, feed, app),
            },
            rounds=5,
            times=5,
        )
        show("a calendar", spent, "a list of 20 records")
        spent = cpu_in_turn(
            {
                "reading what they did": lambda: facts(study, subjects),
                "compliance, with reading": lambda: compliance(subjects),
            },
            rounds=5,
            times=1,
        )
        show("200 subjects, 20 items, four weeks", spent, "reading what they did")


if __name__ == "__main__":
    main()
