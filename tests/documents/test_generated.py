"""A page that is stale is told of, with the one command that writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.documents import generated


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page with a line in it, in a run that only compares."""
    monkeypatch.delenv("HEXOSTORE_WRITE_DOCS", raising=False)
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "docs" / "page.md"
    file.parent.mkdir()
    file.write_text("one\n")
    return file


def test_a_page_that_is_as_it_would_be_made(page: Path) -> None:
    generated.settle_pages({page: "one\n"}, others=[page])


def test_a_page_that_differs(page: Path) -> None:
    with pytest.raises(generated.Stale, match=r"^docs/page\.md is stale, \./bin/docs") as told:
        generated.settle_pages({page: "two\n"})
    assert "\n-one\n+two" in str(told.value)


def test_a_page_that_is_missing(page: Path) -> None:
    with pytest.raises(generated.Stale, match=r"^docs/new\.md is stale, \./bin/docs .* missing"):
        generated.settle_pages({page: "one\n", page.with_name("new.md"): ""})


def test_a_page_that_nothing_makes(page: Path) -> None:
    with pytest.raises(generated.Stale, match=r"^docs/page\.md is stale, \./bin/docs .* any more"):
        generated.settle_pages({}, others=[page])


def test_pages_are_written(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEXOSTORE_WRITE_DOCS", "1")
    new = page.parent / "more" / "new.md"
    generated.settle_pages({new: "two\n"}, others=[page])
    assert (page.exists(), new.read_text()) == (False, "two\n")
