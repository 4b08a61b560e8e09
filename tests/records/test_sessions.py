"""Trainings of several people: their status, and who sees them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings

from apps.access.models import Team
from apps.accounts.models import User
from apps.api import reading
from apps.api.context import Context
from apps.api.conventions import HEXOSKIN
from apps.api.versions import NEWEST
from apps.records.models import Range, Record, TrainingSession
from apps.records.sessions import TrainingSessionResource
from tests.people import Caller, Cast, grant

START, END = 256_000, 512_000
HOUR = 3600 * 256


@pytest.fixture
def session(owner: Caller) -> TrainingSession:
    """The owner's, in which he takes part himself."""
    activity = Range.objects.create(user=owner.user, start=START, end=END)
    made = TrainingSession.objects.create(user=owner.user, start=START, end=END, range=activity)
    made.users.add(owner.user)
    return made


def path(session: TrainingSession) -> str:
    return f"/api/trainingsession/{session.pk}/"


def record(caller: Caller, status: str, start: int = START, end: int | None = END) -> Record:
    return Record.objects.create(user=caller.user, start=start, end=end, status=status)


def status(caller: Caller, session: TrainingSession) -> str:
    return str(caller.get(path(session)).json()["status"])


def test_the_most_important_record_decides(cast: Cast, session: TrainingSession) -> None:
    assert status(cast.owner, session) == "empty"
    record(cast.owner, "complete")
    assert status(cast.owner, session) == "complete"
    session.users.add(cast.coach.user)
    record(cast.coach, "syncing", end=None)
    assert status(cast.owner, session) == "syncing"


def test_records_of_others_and_of_other_times_do_not_count(
    cast: Cast, session: TrainingSession
) -> None:
    record(cast.coach, "error")
    record(cast.owner, "error", start=END + 1, end=END + 2)
    assert status(cast.owner, session) == "empty"


def test_a_live_session_can_be_ended(owner: Caller, session: TrainingSession) -> None:
    record(owner, "realtime", end=None)
    answer = owner.patch(path(session), {"status": "realtime_complete"})
    assert (answer.status_code, answer.json()["status"]) == (202, "realtime_complete")
    answer = owner.patch(path(session), {"status": "realtime"})
    assert answer.status_code == 400
    Record.objects.update(status="complete")
    assert status(owner, session) == "complete"


@pytest.mark.parametrize("now", ["realtime", "complete", "error"])
@pytest.mark.parametrize("sent", ["complete", "realtime_complete", "error", "", 5, ["realtime"]])
def test_other_changes_are_refused(
    owner: Caller, session: TrainingSession, now: str, sent: object
) -> None:
    record(owner, now)
    allowed = sent == now or (now, sent) == ("realtime", "realtime_complete")
    for verb, done in (("PUT", 200), ("PATCH", 202)):
        answer = owner.request(verb, path(session), {"status": sent})
        assert answer.status_code == (done if allowed else 400), answer.content
        TrainingSession.objects.update(status="realtime")
        session.users.add(owner.user)  # the PUT did not name him


def test_the_status_of_a_new_session_follows_the_records(owner: Caller) -> None:
    activity = Range.objects.create(user=owner.user, start=START)
    body = {
        "start": START,
        "end": END,
        "range": activity.pk,
        "user": owner.user.pk,
        "status": "realtime_complete",
    }
    answer = owner.post("/api/trainingsession/", body)
    assert (answer.status_code, answer.json()["status"]) == (201, "empty")


@override_settings(HEXOSTORE_CONVENTIONS="tastypie")
def test_a_tastypie_store_shows_what_was_stored(owner: Caller, session: TrainingSession) -> None:
    assert status(owner, session) == "realtime"
    owner.patch(path(session), {"status": "realtime_complete"})
    assert status(owner, session) == "realtime_complete"


def test_labels_are_those_of_the_range(owner: Caller, session: TrainingSession) -> None:
    label = owner.post("/api/label/", {"name": "race", "user": owner.user.pk}).json()
    uri = f"/api/range/{session.range_id}/"
    assert owner.patch(uri, {"labels": [label["resource_uri"]]}).status_code == 202
    assert owner.get(path(session)).json()["labels"] == [label["resource_uri"]]


def test_those_who_take_part_see_it_and_do_not_change_it(
    cast: Cast, session: TrainingSession
) -> None:
    assert cast.outsider.get(path(session)).status_code == 404
    session.users.add(cast.outsider.user)
    assert cast.outsider.get("/api/trainingsession/").json()["meta"]["total_count"] == 1
    assert cast.outsider.patch(path(session), {"name": "mine"}).status_code == 403
    assert cast.outsider.delete(path(session)).status_code == 403
    session.users.remove(cast.outsider.user)
    assert cast.outsider.get(path(session)).status_code == 404


def test_teams_see_their_sessions(cast: Cast, session: TrainingSession) -> None:
    team = Team.objects.create(name="reds", owner=cast.friend.user)
    session.teams.add(team)
    assert cast.outsider.get(path(session)).status_code == 404
    team.members.add(cast.outsider.user)
    assert cast.outsider.get(path(session)).status_code == 200
    assert cast.outsider.get("/api/trainingsession/").json()["meta"]["total_count"] == 1


def test_nobody_takes_others_in_whose_records_he_does_not_see(
    cast: Cast, session: TrainingSession
) -> None:
    body = {"users": [f"/api/user/{cast.outsider.user.pk}/"]}
    record(cast.outsider, "error")
    answer = cast.owner.patch(path(session), body)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert status(cast.owner, session) == "empty"
    grant(cast.outsider.user, cast.owner.user, "read")
    assert cast.owner.patch(path(session), body).status_code == 202
    assert status(cast.owner, session) == "error"


def test_it_does_not_end_before_it_starts(owner: Caller, session: TrainingSession) -> None:
    answer = owner.patch(path(session), {"end": START - 1})
    text = "The end must not be before the start."
    assert (answer.status_code, answer.json()) == (400, {"trainingsession": {"end": [text]}})


def test_only_records_of_the_time_are_looked_at(owner: Caller, session: TrainingSession) -> None:
    """However many those who take part have: here 300, where most people have three."""
    names = [f"{number}@example.com" for number in range(300)]
    others = User.objects.bulk_create(User(username=name, email=name) for name in names)
    owned = [(owner.user, 300), *((person, 3) for person in others)]
    Record.objects.bulk_create(
        Record(user=person, start=END + hour * HOUR, end=END + hour * HOUR + 256)
        for person, count in owned
        for hour in range(1, count + 1)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE records_record, records_trainingsession_users")
    context = Context(owner.user, "/api", NEWEST, HEXOSKIN)
    rows = reading.read_rows(TrainingSessionResource, context).filter(pk=session.pk)
    (plan,) = json.loads(rows.explain(format="json", analyze=True))
    assert looked_at(plan["Plan"], "records_record") < 10


def looked_at(plan: dict[str, Any], table: str) -> float:
    """How many rows of a table the nodes of a plan came across."""
    own = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    found = plan["Actual Loops"] * own if plan.get("Relation Name") == table else 0
    return float(found + sum(looked_at(below, table) for below in plan.get("Plans", ())))
