"""What is purged, what is kept, and that the table in the docs says so."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models, transaction
from django.test.utils import CaptureQueriesContext
from oauth2_provider.models import AccessToken, Grant, RefreshToken
from pytest_django.fixtures import Settings

from apps.access.models import READ, Bundle, BundlePermissionRequest
from apps.accounts.models import User
from apps.bookkeeping.models import ActivityLog
from apps.catalog.models import ImportFile
from apps.credentials.models import (
    Client,
    OAuth1Nonce,
    OAuth1RequestToken,
    OAuth1Token,
    OneTimeToken,
    RateCounter,
    Refusal,
    RevokedToken,
    SpentCode,
)
from apps.enrolment.models import Study
from apps.jobs import queue, retention
from apps.jobs.kinds import KINDS
from apps.jobs.models import Job
from apps.records.models import Record
from apps.sandbox.models import Mail
from apps.studies.models import StudyGeneratedReport, StudyReport
from hexostore import clock
from hexostore.settings import days_kept
from tests.docs.markdown import ROOT
from tests.people import new_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def user(db: None) -> User:
    found = new_user("ada")
    found.save()
    return found


@pytest.fixture
def program(user: User) -> Client:
    return Client.objects.create(user=user, status="oauth2")


@pytest.fixture
def now() -> datetime:
    return clock.now()


def purge() -> None:
    """Do it until there is nothing more to do."""
    queue.do_due()
    assert not retention.purge_batch({})


def left(model: type[models.Model]) -> list[object]:
    """The keys of a table's rows."""
    return list(model._default_manager.order_by("pk").values_list("pk", flat=True))


def one_time_token(
    digest: str, expires: datetime, redeemed: datetime | None = None
) -> OneTimeToken:
    return OneTimeToken.objects.create(kind="x", digest=digest, expires=expires, redeemed=redeemed)


def test_one_time_tokens(now: datetime) -> None:
    one_time_token("expired", now - 8 * DAY)
    one_time_token("spent", now + DAY, now - 8 * DAY)
    kept = [one_time_token("good", now + DAY), one_time_token("of late", now - DAY, now - DAY)]
    purge()
    assert left(OneTimeToken) == [each.pk for each in kept]


def test_a_request_goes_with_its_one_time_token(now: datetime, user: User) -> None:
    bundle = Bundle.objects.create(name="reader", rights=[READ])
    people = {"user_allowed": user, "user_target": user, "asked_by": user, "bundle": bundle}
    BundlePermissionRequest.objects.create(
        one_time_token=one_time_token("expired", now - 8 * DAY), **people
    )
    kept = BundlePermissionRequest.objects.create(
        one_time_token=one_time_token("good", now + DAY), **people
    )
    purge()
    assert left(BundlePermissionRequest) == [kept.pk]


def access_token(program: Client, token: str, expires: datetime) -> AccessToken:
    return AccessToken.objects.create(
        user=program.user, application=program, token=token, expires=expires
    )


def refresh_token(
    program: Client, token: str, access: AccessToken | None, revoked: datetime | None = None
) -> RefreshToken:
    return RefreshToken.objects.create(
        user=program.user,
        application=program,
        token=token,
        access_token=access,
        revoked=revoked,
        token_family=uuid4(),
    )


def test_tokens_of_oauth2(now: datetime, program: Client) -> None:
    """A refresh token that is good needs its access token, long after that has ended."""
    access_token(program, "ended", now - 31 * DAY)
    refresh_token(program, "idle", access_token(program, "idle", now - 32 * DAY))
    refresh_token(program, "used", None, now - 31 * DAY)
    good = access_token(program, "good", now + DAY)
    of_late = access_token(program, "of late", now - 29 * DAY)
    needed = access_token(program, "needed", now - 30 * DAY + timedelta(hours=1))
    kept = [refresh_token(program, "good", needed), refresh_token(program, "2", None, now - DAY)]
    purge()
    assert left(AccessToken) == [good.pk, of_late.pk, needed.pk]
    assert left(RefreshToken) == [each.pk for each in kept]


def test_codes(now: datetime, program: Client) -> None:
    asked = {"user": program.user, "application": program, "redirect_uri": "", "scope": ""}
    Grant.objects.create(code="old", expires=now - 2 * DAY, **asked)
    kept = Grant.objects.create(code="new", expires=now + DAY, **asked)
    SpentCode.objects.create(checksum="old", client=program, family=uuid4(), spent=now - 31 * DAY)
    spent = SpentCode.objects.create(
        checksum="new", client=program, family=uuid4(), spent=now - 29 * DAY
    )
    purge()
    assert (left(Grant), left(SpentCode)) == ([kept.pk], [spent.pk])


def test_revocations(now: datetime) -> None:
    RevokedToken.objects.create(checksum="old", revoked=now - 31 * DAY)
    kept = RevokedToken.objects.create(checksum="new", revoked=now - 29 * DAY)
    purge()
    assert left(RevokedToken) == [kept.pk]


def test_tokens_of_oauth1(now: datetime, program: Client) -> None:
    def make(token: str, **more: datetime) -> OAuth1Token:
        return OAuth1Token.objects.create(token=token, client=program, user=program.user, **more)

    def ask(token: str, expires: datetime) -> OAuth1RequestToken:
        return OAuth1RequestToken.objects.create(token=token, client=program, expires=expires)

    make("revoked", revoked=now - 31 * DAY)
    make("ended", expires=now - 31 * DAY)
    kept = [make("for good"), make("good", expires=now + DAY), make("late", revoked=now - DAY)]
    ask("old", now - 2 * DAY)
    asked = ask("new", now + DAY)
    purge()
    assert left(OAuth1Token) == [each.pk for each in kept]
    assert left(OAuth1RequestToken) == [asked.pk]


def test_nonces(now: datetime) -> None:
    seconds = int(now.timestamp())
    OAuth1Nonce.objects.create(client_id="a", timestamp=seconds - 400, nonce="old")
    kept = OAuth1Nonce.objects.create(client_id="a", timestamp=seconds - 200, nonce="new")
    purge()
    assert left(OAuth1Nonce) == [kept.pk]


def test_counts_and_sessions(now: datetime) -> None:
    RateCounter.objects.create(name="old", ends=now.timestamp() - 1, count=1)
    RateCounter.objects.create(name="new", ends=now.timestamp() + 3600, count=1)
    Session.objects.create(session_key="old", session_data="", expire_date=now - DAY)
    Session.objects.create(session_key="new", session_data="", expire_date=now + DAY)
    purge()
    assert (left(RateCounter), left(Session)) == (["new"], ["new"])


def test_the_newest_of_outbox_and_refusal_log() -> None:
    Mail.objects.bulk_create(Mail(to=str(n), sender="", subject="", body="") for n in range(1005))
    Refusal.objects.bulk_create(
        Refusal(method="GET", path=str(n), status=401, reason="x") for n in range(1003)
    )
    purge()
    assert (Mail.objects.count(), Refusal.objects.count()) == (1000, 1000)
    assert set(Mail.objects.values_list("to", flat=True)) == {str(n) for n in range(5, 1005)}
    assert not Refusal.objects.filter(path__in=["0", "1", "2"]).exists()


def test_jobs(now: datetime) -> None:
    def make(state: Job.State, days: int | None) -> Job:
        ended = None if days is None else now - days * DAY
        return Job.objects.create(kind="unknown", state=state, due=now, ended=ended)

    make(Job.State.DONE, 8)
    make(Job.State.DEAD, 31)
    kept = [make(Job.State.DONE, 6), make(Job.State.DEAD, 29), make(Job.State.WAITING, None)]
    purge()
    rows = Job.objects.filter(regular=False).order_by("pk")
    assert [each.pk for each in rows] == [each.pk for each in kept]


# What settings say


def log_entry(user: User, days: float) -> ActivityLog:
    """An entry of the activity log that was written so many days ago."""
    date = clock.now() - days * DAY
    return ActivityLog.objects.create(
        date=date, method="POST", path="/api/range/", resource_name="range", user=user
    )


def import_file(user: User, days: float, results: object) -> ImportFile:
    """An import that began so many days ago."""
    created = clock.now() - days * DAY
    return ImportFile.objects.create(user=user, created=created, sha256="0", results=results)


def generated(user: User, days: float, status: str = "complete") -> StudyGeneratedReport:
    """A report of a study that was asked for so many days ago."""
    study = Study.objects.create(owner=user, name="sleep", uuid=uuid4().hex)
    report = StudyReport.objects.create(study=study, name="weekly", kind="compliance")
    created = clock.now() - days * DAY
    return StudyGeneratedReport.objects.create(report=report, created=created, status=status)


def test_logs_imports_and_reports_are_kept_for_ever(user: User) -> None:
    long = 10_000
    log_entry(user, long), import_file(user, long, []), generated(user, long)
    with CaptureQueriesContext(connection) as asked:
        purge()
    assert ActivityLog.objects.count() == 1
    assert ImportFile.objects.count() == 1
    assert StudyGeneratedReport.objects.count() == 1
    tables = ("bookkeeping_activitylog", "catalog_importfile", "studygeneratedreport")
    assert not [each for each in asked if any(table in each["sql"] for table in tables)]


def test_the_activity_log_is_kept_as_long_as_is_said(settings: Settings, user: User) -> None:
    settings.HEXOSTORE_KEEP_ACTIVITYLOG = 90
    log_entry(user, 91)
    kept = log_entry(user, 89)
    purge()
    assert left(ActivityLog) == [kept.pk]


def test_imports_are_kept_as_long_as_is_said(settings: Settings, user: User) -> None:
    settings.HEXOSTORE_KEEP_IMPORTS = 90
    gone = import_file(user, 91, [])
    failed = import_file(user, 91, {"error": "is no file"})
    kept = [import_file(user, 91, None), import_file(user, 89, [])]
    made = Record.objects.create(user=user, importfile=gone)
    purge()
    assert failed.pk not in left(ImportFile)
    assert left(ImportFile) == [each.pk for each in kept]
    made.refresh_from_db()
    assert made.importfile_id is None


def test_reports_are_kept_as_long_as_is_said(settings: Settings, user: User) -> None:
    settings.HEXOSTORE_KEEP_REPORTS = 90
    generated(user, 91), generated(user, 91, "error")
    kept = [generated(user, 91, "queued"), generated(user, 89)]
    purge()
    assert left(StudyGeneratedReport) == [each.pk for each in kept]


@pytest.mark.parametrize(("days", "number"), [(0, 2), (400, 1), (300, 0)])
def test_finished_jobs_are_kept_as_long_as_is_said(
    settings: Settings, now: datetime, days: int, number: int
) -> None:
    settings.HEXOSTORE_KEEP_JOBS = days
    for ago in (350, 450):
        ended = now - ago * DAY
        Job.objects.create(kind="unknown", state=Job.State.DONE, due=now, ended=ended)
    purge()
    assert Job.objects.filter(regular=False).count() == number


@pytest.mark.parametrize("value", ["36501", "-1", "90d", "9" * 30])
def test_days_that_cannot_be_are_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HEXOSTORE_KEEP_REPORTS", value)
    with pytest.raises(ImproperlyConfigured, match="HEXOSTORE_KEEP_REPORTS is "):
        days_kept("HEXOSTORE_KEEP_REPORTS", 0)


# How it is done


def test_one_run_removes_one_batch_of_one_table(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    for number in range(7):
        one_time_token(f"expired {number}", now - 8 * DAY)
    RateCounter.objects.create(name="old", ends=now.timestamp() - 1, count=1)
    runs = []
    while retention.purge_batch({}):
        runs.append((OneTimeToken.objects.count(), RateCounter.objects.count()))
    assert runs == [(4, 1), (1, 1), (0, 1), (0, 0)]


def test_it_is_done_every_hour(now: datetime) -> None:
    queue.do_due()
    job = Job.objects.get(kind="purge")
    assert job.regular
    assert timedelta(minutes=59) < job.due - now < timedelta(minutes=61)


@pytest.mark.django_db(transaction=True)
def test_rows_that_somebody_holds_are_left_for_later(now: datetime) -> None:
    held, _ = one_time_token("held", now - 8 * DAY), one_time_token("free", now - 8 * DAY)
    locked, free = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            OneTimeToken.objects.select_for_update().get(pk=held.pk)
            locked.set()
            assert free.wait(30)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        assert locked.wait(30)
        with transaction.atomic():
            assert retention.purge_batch({})
        with transaction.atomic():
            assert not retention.purge_batch({})
        assert left(OneTimeToken) == [held.pk]
        free.set()
        holding.result()
    with transaction.atomic():
        assert retention.purge_batch({})
    assert left(OneTimeToken) == []


def test_the_table_of_the_docs_has_every_rule() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    section = page.partition("## What is kept")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| .+ \|$", section, re.MULTILINE)
    listed = [row for row in rows if row != "rows"]
    assert listed == sorted(rule.name for rule in retention.RULES)
    assert "purge" in KINDS
