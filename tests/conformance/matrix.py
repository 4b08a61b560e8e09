"""Which requirement of which document each test proves, as docs/auth-conformance.md prints it.

A test says so with a mark of three texts: the document, the section and, in our own words, what
is required there::

    @pytest.mark.spec("RFC 6749", "4.1.3", "A code is good for one exchange only")
    def test_a_code_is_used_once() -> None: ...

A test may carry several marks, a parameter its own (`pytest.param(..., marks=...)`), and a test
with parameters is one row of the table, passed if it passed with all of them. Documents are those
of `DOCUMENTS`. What is known of the service is "Hexoskin", with a rule of docs/contract or a public
page as section (docs/contract/index.md), and what only this server promises is "Hexostore".

When `./bin/docs` runs the tests, the page is written from their outcomes: rows of the files that
ran are replaced, rows of other files stay while the files exist. In any other run
tests/conformance/test_matrix.py compares the page with the marks.

Loaded as a pytest plugin (`-p tests.conformance.matrix` in pyproject.toml). The workers of
pytest-xdist hand the marks to the session with the reports of the tests.
"""

from __future__ import annotations

from dataclasses import astuple

import pytest

from apps.documents import conformance_page, generated
from apps.documents.conformance_page import DOCUMENTS, TESTS, Outcomes, RequirementRow

_PROPERTY = "spec"
_WORST_FIRST = "failed", "skipped", "passed"


OF_SESSION = pytest.StashKey[set[RequirementRow]]()
FILES_OF_SESSION = pytest.StashKey[set[str]]()


def pytest_configure(config: pytest.Config) -> None:
    text = (
        "spec(document, section, requirement): what the test proves (tests/conformance/matrix.py)"
    )
    config.addinivalue_line("markers", text)
    config.pluginmanager.register(Reporter(config), "conformance-matrix")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps the rows of the session, and has each test's own travel with its reports."""
    rows: set[RequirementRow] = set()
    for item in items:
        own = rows_of(item)
        rows |= own
        item.user_properties += [(_PROPERTY, astuple(row)) for row in own]
    config.stash[OF_SESSION] = rows
    config.stash[FILES_OF_SESSION] = {_file(item) for item in items}


def rows_of(item: pytest.Item) -> set[RequirementRow]:
    """The rows of a test's marks; UsageError for a mark that is none."""
    name = item.name.partition("[")[0]
    return {_row(mark, f"{_file(item)}::{name}") for mark in item.iter_markers("spec")}


def _file(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).as_posix() if item.path.is_relative_to(TESTS) else ""


def _row(mark: pytest.Mark, test: str) -> RequirementRow:
    if not _is_right(mark):
        raise pytest.UsageError(f"{test}: spec{mark.args!r} is no document, section, requirement")
    document, section, requirement = mark.args
    return RequirementRow(document, section, requirement, test)


def _is_right(mark: pytest.Mark) -> bool:
    texts = [text for text in mark.args if isinstance(text, str) and "|" not in text]
    return len(texts) == len(mark.args) == 3 and texts[0] in DOCUMENTS and not mark.kwargs


class Reporter:
    """Takes the outcomes of a session and, if asked to, writes the page at its end."""

    def __init__(self, config: pytest.Config) -> None:
        self.outcomes: Outcomes = {}
        self.writes = generated.are_written() and not hasattr(config, "workerinput")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, value in report.user_properties:
            if name == _PROPERTY:
                row = RequirementRow(*value)  # type: ignore[misc]
                seen = self.outcomes.get(row, "passed")
                self.outcomes[row] = min(seen, report.outcome, key=_WORST_FIRST.index)

    def pytest_sessionfinish(self) -> None:
        if self.writes and self.outcomes:
            conformance_page.write_page(self.outcomes)
