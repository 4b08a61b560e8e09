"""Each check of a verification finds nothing in our own server, and sees a server that is damaged
(docs/testing.md)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.documents import rule_book
from apps.verification.checks import all_checks
from apps.verification.client import ReadingClient
from apps.verification.examined import ExaminedServer
from apps.verification.logins import PasswordLogin, SignedKeyLogin
from apps.verification.parity_checks import ParityCheck
from apps.verification.places import parse_place
from apps.verification.running import VerificationReport, run_checks
from tests import begun_homes
from tests.embedded import remove_home, throwaway_home
from tests.live import Live
from tests.verification.damaged import Damage, DamagedServer, damaged_server
from tests.verification.damages import DAMAGES

KEY = "3X4mP1ePu6licK3y", "3x4mPl3pR1v4tEK3y3x4mPl3pR1v4tEK3y"
WITH_KEY = "wrong-signature-is-refused"


@pytest.fixture(scope="module")
def between(live: Live) -> Iterator[DamagedServer]:
    with damaged_server(live.base) as server:
        yield server


def verify(
    base: str, *checks: ParityCheck, user: str = "athlete", signed: bool = False
) -> VerificationReport:
    """The report of checks by a user of that name, on request with the athlete's key."""
    password = PasswordLogin(f"{user}@example.com", user)
    login = SignedKeyLogin(*KEY, password) if signed else password
    return run_checks(ExaminedServer(ReadingClient(parse_place(base)), login), checks)


def differences(report: VerificationReport) -> dict[str, list[str]]:
    """What differs, by check."""
    return {
        each.check.name: [f"{one.what}: {one.expected} / {one.seen}" for one in told]
        for each in report.results
        if (told := each.notes.differences)
    }


def skipped(report: VerificationReport) -> set[str]:
    return {each.check.name for each in report.results if each.notes.state == "skipped"}


def test_every_check_has_a_damage_and_known_rules() -> None:
    checks = all_checks()
    assert {each.name for each in checks} == set(DAMAGES)
    known = {*rule_book.all_rules(), *rule_book.all_sections()}
    assert {rule for each in checks for rule in each.rules} <= known
    assert all(each.rules and each.title for each in checks)


def test_the_demo_world_has_no_differences(live: Live) -> None:
    report = verify(live.base, *all_checks(), signed=True)
    assert (differences(report), report.gone) == ({}, "")
    assert skipped(report) == set()


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.name)
def test_a_damage_is_seen(between: DamagedServer, check: ParityCheck) -> None:
    between.damage = DAMAGES[check.name]
    report = verify(between.base, check, signed=check.name == WITH_KEY)
    assert report.gone == ""
    assert report.count("different") == 1, report.results
    assert all(each.request for each in report.results[0].notes.differences)


def test_only_reading_requests_are_sent(between: DamagedServer) -> None:
    between.damage, between.requests = None, []
    verify(between.base, *all_checks())
    assert len(between.requests) > 1000
    assert {each.partition(" ")[0] for each in between.requests} == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("user", ["coach", "stranger", "staff"])
def test_other_accounts_have_no_differences(live: Live, user: str) -> None:
    report = verify(live.base, *all_checks(), user=user)
    assert (differences(report), report.gone) == ({}, "")


def test_a_store_without_rows_has_no_differences() -> None:
    """It follows stock Tastypie, and what needs rows is skipped."""
    home = throwaway_home()
    try:
        begun_homes.fill_home(home, "empty")
        served = Live(home, ("--empty",)).start()
        added = served.run("user", "add", "--email", "mia@example.com", "--password", "mia")
        assert added.returncode == 0, added.stderr
        report = verify(served.base, *all_checks(), user="mia")
        served.stop()
    finally:
        remove_home(home)
    assert (differences(report), report.gone) == ({}, "")
    assert {"csv-has-the-known-titles", "times-filter-rows"} <= skipped(report)
    assert all(each.notes.left_out for each in report.results if each.notes.state == "skipped")


def test_an_answer_of_another_shape_is_a_difference(between: DamagedServer) -> None:
    """Not an error of the program."""
    between.damage = Damage(r"/(?!account)\w+/\?", DAMAGES["links-lead-somewhere"].change)
    report = verify(between.base, *all_checks())
    assert len(report.results) == len(all_checks())
    assert report.count("different") > 0
