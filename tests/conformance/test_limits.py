"""Too many requests: RFC 6585."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client as Browser

from apps.accounts.models import User
from tests.frozen import FrozenClock, frozen
from tests.people import Caller, new_user

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer
    from pytest_django.fixtures import Settings

__all__ = ["frozen"]

spec = pytest.mark.spec


@pytest.fixture(autouse=True)
def tiny(settings: Settings, frozen: FrozenClock) -> FrozenClock:
    """Five requests in ten seconds, on a clock that stands still."""
    settings.HEXOSTORE_LIMITS = "tiny"
    return frozen


@pytest.fixture
def refused(ada: User) -> Answer:
    """The answer to the first request too many."""
    answers = [Caller(ada).get("/api/account/") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    return answers[-1]


@spec("RFC 6585", "4", "Who asks too often gets 429, and is told why")
def test_too_many(refused: Answer) -> None:
    assert refused["X-HexoStore-Reason"] == "rate_limited"
    assert "WWW-Authenticate" not in refused


@spec("RFC 6585", "4", "Retry-After says when to ask again, and then it is answered")
@spec("RFC 9110", "10.2.3", "Retry-After is a number of seconds")
def test_when_to_ask_again(ada: User, refused: Answer, tiny: FrozenClock) -> None:
    seconds = int(refused["Retry-After"])
    tiny.move(timedelta(seconds=seconds))
    assert Caller(ada).get("/api/account/").status_code == 200


@spec("RFC 6585", "4", "Others are served meanwhile, and so is who does not log in")
def test_others(refused: Answer) -> None:
    other = new_user("bob")
    other.save()
    assert Caller(other).get("/api/account/").status_code == 200
    assert Browser().get("/api/").status_code == 200


@spec("Hexostore", "limits", "Without a limit, as it is unless ordered, nobody waits")
def test_no_limit(ada: User, settings: Settings) -> None:
    settings.HEXOSTORE_LIMITS = "off"
    assert {Caller(ada).get("/api/account/").status_code for _ in range(20)} == {200}
