"""`hexostore load` of downloads."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from apps.sandbox import store
from apps.sandbox.models import Store
from tests.archives.conftest import START, of_2021, riff, saved, zipped


@pytest.fixture
def begun(athlete: User) -> User:
    digest = store.digest_fixtures("catalogue")
    Store.objects.create(id=1, seed="catalogue", conventions="hexoskin", digest=digest)
    return athlete


def answer(*arguments: str) -> str:
    out = StringIO()
    call_command("load", *arguments, stdout=out)
    return out.getvalue()


def test_what_was_loaded_is_told(tmp_path: Path, begun: User) -> None:
    files = {"info.json": of_2021()["info.json"], "heart_rate.wav": riff([60, 61], 1), "a": b""}
    place = saved(tmp_path, zipped(files))
    assert answer(str(place), "--user", begun.email) == (
        f"record 221732 from {START} to {START + 512}, new\n"
        "  heart_rate: 2\n"
        "unknown: record_221732/a\n"
    )
    assert answer(str(place), "--user", begun.email).startswith(
        f"record 221732 from {START} to {START + 512}, as it was\n"
    )


def test_for_programs(tmp_path: Path, begun: User) -> None:
    place = saved(tmp_path, zipped(of_2021()))
    report = json.loads(answer(str(place), "--user", begun.email, "--json"))
    (loaded,) = report["records"]
    assert (loaded["record"], loaded["new"], loaded["channels"]["QRS"]) == (221732, True, 0)
    assert (report["unknown"], report["notes"]) == ([], [])


@pytest.mark.parametrize("start", [str(START), "2021-05-20T22:33:20+00:00"])
def test_a_start_that_is_given(tmp_path: Path, begun: User, start: str) -> None:
    place = saved(tmp_path, riff([60], 1), "heart_rate.wav")
    text = answer(str(place), "--user", begun.email, "--record-start", start)
    assert f" from {START} to {START + 256}, new" in text


def test_what_cannot_be(tmp_path: Path, begun: User) -> None:
    place = saved(tmp_path, zipped(of_2021()))
    with pytest.raises(CommandError, match="A download needs an owner"):
        answer(str(place))
    with pytest.raises(CommandError, match="There is no user me@"):
        answer(str(place), "--user", "me@example.com")
    with pytest.raises(CommandError, match="--record-start: 'soon' is not an ISO time such as"):
        answer(str(place), "--user", begun.email, "--record-start", "soon")
    with pytest.raises(CommandError, match="download was not completed"):
        answer(str(saved(tmp_path, b"", "empty.zip")), "--user", begun.email)
