"""Each reason has a page, and the requests on it are refused as it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import transaction

from apps.api.reasons import Reason
from apps.documents import generated, refusal_pages
from tests.credentials import refused_oauth, refused_requests
from tests.credentials.refused import (
    AT,
    CASES,
    Case,
    Refused,
    happened,
    people,
)
from tests.docs.markdown import ROOT

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

assert refused_requests  # which fills CASES, as the other does
DOCS = ROOT / "docs"


@pytest.fixture(autouse=True)
def world(db: None) -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        people()
        yield


def run(case: Case, settings: Settings) -> Refused:
    settings.HEXOSTORE_PROFILE = "public" if case.public else "sandbox"
    settings.HEXOSTORE_LIMITS = case.limits
    return happened(case)


def test_every_reason_has_a_case() -> None:
    assert {case.reason for case in CASES} == set(Reason)
    assert len(CASES) >= 25


def test_no_case_is_told_like_another() -> None:
    told = [(case.reason, case.what) for case in CASES]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_request_that_is_refused(case: Case, settings: Settings) -> None:
    found = run(case, settings)
    answer, told = found.answer, case.reason.told
    assert answer["X-HexoStore-Reason"] == told
    assert answer.status_code == case.reason.status or answer.status_code in {400, 303}
    assert (answer.status_code in {429, 503}) == ("Retry-After" in answer)
    challenged = answer.status_code == 401 or case.reason is Reason.SCOPE_INSUFFICIENT
    assert challenged == ("WWW-Authenticate" in answer)
    if not case.public:
        assert found.log_entry["reason"] == case.reason
        assert found.log_entry["status"] == answer.status_code


@pytest.mark.generated
def test_the_pages_show_what_happens(settings: Settings) -> None:
    """Each case in the same world, whatever the others did to it."""
    all_refused = []
    for case in sorted(CASES, key=place):
        with transaction.atomic():
            all_refused.append(run(case, settings).told)
            transaction.set_rollback(True)
    pages = refusal_pages.reason_pages(all_refused)
    wanted = {DOCS / "reasons" / f"{name}.md": text for name, text in pages.items()}
    wanted[DOCS / "refusals.md"] = refusal_pages.refusals_page(all_refused)
    generated.settle_pages(wanted, others=(DOCS / "reasons").glob("*.md"))


def place(case: Case) -> tuple[int, bool]:
    """By reason, and those of OAuth after the others."""
    return list(Reason).index(case.reason), case.arrange.__module__ == refused_oauth.__name__
