"""A team that uses a store for a month: what bench/month.py has happen, day by day.

Everybody records five hours a week with all 53 channels, some of which grow while they are
recorded, uploads some records again, deletes a few, walks, and writes through the API. The
numbers per person and day are in `RATES`. Rows are written by the product's own functions, or by
requests; packed channels and points are those of a few templates, moved in time. All happens at
the times of the month, by the clock of the store, and jobs and retention run as they would.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import numpy as np

from bench import day
from bench.harness import basic, get
from bench.writes import send
from hexostore import clock, hexotime

HOUR = 3600
BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
LIVE_SECONDS = 600
PASSWORD = "bench"
BASE = 9_000_000

RATES = {
    "record": 5 / 7,
    "live": 1 / 80,
    "again": 1 / 30,
    "deleted": 1 / 50,
    "track": 1 / 4,
    "range": 2,
    "annotation": 1,
    "changed": 2,
    "read": 20,
    "points": 1 / 4,
    "refused": 5,
    "token": 8,
    "session": 1,
    "letter": 1 / 5,
}
"""How often something happens per person and day."""

LISTS = ("record", "range", "annotation", "activitylog", "track", "account")


@dataclass
class Team:
    """The people, and what is drawn for them. `happened` counts, by the names of RATES."""

    people: int
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(7))
    happened: dict[str, int] = field(default_factory=dict)

    def gather(self) -> None:
        """Make the people, the templates, and the application that answers them."""
        from django.core.handlers.wsgi import WSGIHandler

        from apps.accounts.models import Profile, User
        from apps.credentials.models import Client

        self.app = WSGIHandler()
        self.users = []
        for number in range(self.people):
            name = f"person{number}@example.com"
            user = User(pk=BASE + number, username=name, email=name)
            user.set_password(PASSWORD)
            user.save()
            Profile.objects.create(pk=BASE + number, user=user)
            self.users.append(user)
        self.client = Client.objects.create(user=self.users[0], status="oauth2")
        self.template = Template(self.users[0])
        self.works: dict[str, Callable[[Any], object]] = {
            name: getattr(self, name) for name in RATES
        }

    def spend_day(self, number: int) -> None:
        """Have everything of one day happen, in any order, then what is done every hour."""
        from apps.jobs import queue

        happening = [
            (name, user)
            for name, rate in RATES.items()
            for user in self.users
            for _ in range(int(self.random.poisson(rate)))
        ]
        self.random.shuffle(happening)
        begin = BEGIN + timedelta(days=number)
        every = timedelta(hours=24) / (len(happening) + 1)
        looked = 0
        for place, (name, user) in enumerate(happening):
            moment = begin + every * place
            with clock.by_clock(clock.Clock(moment, moment)):
                self.works[name](user)
                self.happened[name] = self.happened.get(name, 0) + 1
                hour = 24 * place // len(happening)
                if hour > looked:
                    looked = hour
                    queue.do_due()

    # What people do

    def record(self, user: Any) -> None:
        """A whole hour is uploaded and processed."""
        self.template.upload(user, hexotime.from_datetime(clock.now()))

    def live(self, user: Any) -> None:
        """Ten minutes of two people arrive in blocks of five seconds, then the hour at once."""
        from apps.records.models import Record
        from apps.signals.storage import channel_growth, record_state

        start = hexotime.from_datetime(clock.now())
        both = [
            Record.objects.create(user=each, start=start, status="realtime")
            for each in (user, self.users[0])
        ]
        for second in range(0, LIVE_SECONDS, 5):
            for record in both:
                for datatype, counts in self.template.each_second:
                    channel_growth.extend_channel(record, datatype, counts[second : second + 5])
                record_state.settle(record)
        for record in both:
            record_state.advance(record, "syncing")
            self.template.write(record)
            record_state.advance(record, "processing")
            record_state.advance(record, "complete")

    def again(self, user: Any) -> None:
        """All channels of a record are uploaded once more."""
        from apps.signals.storage import record_state

        if record := self._one_of("records", user):
            self.template.write(record)
            record_state.settle(record)

    def deleted(self, user: Any) -> None:
        """A record goes, with all that hangs on it."""
        if record := self._one_of("records", user):
            record.delete()

    def track(self, user: Any) -> None:
        """An hour of points is imported."""
        from apps.tracks.appending import PointArrays, append_points
        from apps.tracks.models import Track

        start = hexotime.from_datetime(clock.now())
        times = start + 256 * np.arange(HOUR)
        places = 45 + np.cumsum(self.random.normal(0, 1e-5, HOUR))
        heights, speeds = self.random.normal(50, 3, HOUR), self.random.normal(3, 1, HOUR)
        row = Track.objects.create(user=user, name="run")
        append_points(row, [PointArrays(times, places, places, heights, speeds=speeds)])

    def points(self, user: Any) -> None:
        """A minute of points is sent to a track that is there."""
        row = self._one_of("tracks", user)
        if row is None:
            return
        for second in range(0, 60, 5):
            time = (clock.now() + timedelta(seconds=second)).isoformat()
            given = {"track": f"/api/track/{row.pk}/", "time": time, "position": [8.0, 47.0]}
            self._send(user, "POST", "/api/trackpoint/", given)

    def range(self, user: Any) -> None:
        """An activity is noted."""
        start = hexotime.from_datetime(clock.now())
        given = {"name": "Run", "start": start, "end": start + 256 * 1800}
        self._send(user, "POST", "/api/range/", given | {"user": f"/api/user/{user.pk}/"})

    def annotation(self, user: Any) -> None:
        """A moment is remarked on."""
        start = hexotime.from_datetime(clock.now())
        given = {
            "start": start,
            "annotation": "Hey",
            "datatype": "/api/datatype/19/",
            "user": f"/api/user/{user.pk}/",
        }
        self._send(user, "POST", "/api/annotation/", given)

    def changed(self, user: Any) -> None:
        """An activity gets another name or rank."""
        if row := self._one_of("ranges", user):
            given = {"note": str(uuid4()), "rank": int(self.random.integers(5))}
            self._send(user, "PATCH", f"/api/range/{row.pk}/", given)

    def read(self, user: Any) -> None:
        """A list is looked at."""
        name = LISTS[int(self.random.integers(len(LISTS)))]
        get(f"/api/{name}/?limit=20", basic(user.username, PASSWORD), self.app)

    def refused(self, user: Any) -> None:
        """A token is sent that is none."""
        get("/api/record/", {"Authorization": "Bearer no"}, self.app, status="401")

    def token(self, user: Any) -> None:
        """A program renews its tokens: the former ones are revoked, as when they are rotated."""
        from oauth2_provider.models import AccessToken, RefreshToken

        now = clock.now()
        before = RefreshToken.objects.filter(user=user, revoked=None).first()
        if before is not None:
            before.revoked, gone, before.access_token = now, before.access_token, None
            before.save()
            if gone is not None:
                gone.delete()
        text = uuid4().hex
        access = AccessToken.objects.create(
            user=user, application=self.client, token=text, expires=now + timedelta(hours=1)
        )
        RefreshToken.objects.create(
            user=user,
            application=self.client,
            token=text,
            access_token=access,
            token_family=before.token_family if before else uuid4(),
        )

    def session(self, user: Any) -> None:
        """Somebody logs in on a page."""
        from django.contrib.sessions.models import Session

        expires = clock.now() + timedelta(hours=8)
        Session.objects.create(session_key=uuid4().hex, session_data="x" * 200, expire_date=expires)

    def letter(self, user: Any) -> None:
        """A letter with a one-time token goes out."""
        from apps.credentials.models import OneTimeToken
        from apps.jobs import queue
        from apps.letters.delivery import KIND

        OneTimeToken.objects.create(
            kind="password", digest=uuid4().hex, user=user, expires=clock.now() + timedelta(days=1)
        )
        queue.add_job(KIND, {"to": user.email, "subject": "Your password", "text": "x" * 500})

    def _one_of(self, rows: str, user: Any) -> Any:
        """One of somebody's rows, None if there are none."""
        keys = list(getattr(user, rows).order_by("id").values_list("pk", flat=True))
        if not keys:
            return None
        return getattr(user, rows).get(pk=keys[int(self.random.integers(len(keys)))])

    def _send(self, user: Any, method: str, path: str, body: object) -> None:
        content = json.loads(json.dumps(body))
        send(method, path, content, basic(user.username, PASSWORD), self.app)


class Template:
    """An hour of all channels, packed once, and written as any number of records."""

    def __init__(self, user: Any) -> None:
        from apps.catalog.models import Datatype
        from apps.records.models import Record
        from apps.signals.storage import store

        random, known = np.random.default_rng(5), Datatype.objects.in_bulk()
        record = Record(id=1, user=user, start=day.START, end=day.START + 256 * HOUR)
        self.packed = []
        self.each_second = []
        for dataid in (*day.RAW, *day.EACH_SECOND, *day.SLOW):
            counts = day.samples(dataid, known[dataid].hexo_freq or 1, HOUR, random)
            series = store.samples_of(known[dataid], counts)
            self.packed.append(store.pack(record, known[dataid], series))
            if dataid in day.EACH_SECOND:
                self.each_second.append((known[dataid], counts))
        for dataid, every in day.EVENTS.items():
            series = store.event_series(known[dataid], *day.events(every, HOUR, random))
            if series.count:
                self.packed.append(store.pack(record, known[dataid], series))

    def upload(self, user: Any, start: int) -> Any:
        """Return a new record with all channels, which is complete."""
        from apps.records.models import Record
        from apps.signals.storage import record_state

        record = Record.objects.create(user=user, start=start, status="syncing")
        self.write(record)
        record_state.advance(record, "processing")
        record_state.advance(record, "complete")
        return record

    def write(self, record: Any) -> None:
        """Store all channels in place of those that the record has."""
        from apps.signals.models import Channel
        from apps.signals.storage import store

        moved = record.start - day.START
        written = []
        for each in self.packed:
            values = {
                name: getattr(each.summary, name)
                for name in ("datatype_id", "step", "count", "dtype", "overview")
            }
            start = each.summary.start + moved
            summary = Channel(record=record, start=start, version=uuid4().bytes, **values)
            rows = [
                replace(row, key=(record.pk, row.key[1], row.key[2] + moved)) for row in each.chunks
            ]
            written.append(replace(each, summary=summary, chunks=rows))
        store.write_packed(record, written)
