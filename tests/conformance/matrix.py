"""Which requirement of which document each test proves, as docs/auth-conformance.md prints it.

A test says so with a mark of three texts: the document, the section and, in our own words, what
is required there::

    @pytest.mark.spec("RFC 6749", "4.1.3", "A code is good for one exchange only")
    def test_a_code_is_used_once() -> None: ...

A test may carry several marks, a parameter its own (`pytest.param(..., marks=...)`), and a test
with parameters is one row of the table, passed if it passed with all of them. Documents are those
of `DOCUMENTS`. What is known of the service is "Hexoskin", with a rule of docs/contract or a public
page as section (docs/contract/index.md), and what only this server promises is "Hexostore".

`HEXOSTORE_WRITE_DOCS=1 ./bin/test tests/conformance tests/browser` writes the page anew: rows of
the files that ran are replaced, rows of other files stay while the files exist. Without the
variable, tests/conformance/test_matrix.py holds the page against the marks.

Loaded as a pytest plugin (`-p tests.conformance.matrix` in pyproject.toml). The workers of
pytest-xdist hand the marks to the session with the reports of the tests.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "auth-conformance.md"

DOCUMENTS = {
    "RFC 6749": "The OAuth 2.0 Authorization Framework",
    "RFC 6750": "Bearer Token Usage",
    "RFC 7009": "OAuth 2.0 Token Revocation",
    "RFC 7636": "Proof Key for Code Exchange",
    "RFC 7662": "OAuth 2.0 Token Introspection",
    "RFC 8252": "OAuth 2.0 for Native Apps",
    "RFC 8414": "OAuth 2.0 Authorization Server Metadata",
    "RFC 9700": "Best Current Practice for OAuth 2.0 Security",
    "RFC 5849": "The OAuth 1.0 Protocol",
    "RFC 7617": "The 'Basic' HTTP Authentication Scheme",
    "RFC 6585": "Additional HTTP Status Codes",
    "RFC 9110": "HTTP Semantics",
    "Hexoskin": "Hexoskin documents: what its pages say and its published clients rely on",
    "Hexostore": "What this server promises by itself",
}

HEAD = """\
# Conformance of authentication

What the documents about authentication ask of a server, and the test that proves it here. The
test run writes this page from the marks of the tests:
`HEXOSTORE_WRITE_DOCS=1 ./bin/test tests/conformance tests/browser`. Requirements are in our own
words; [differences.md](differences.md) says what is different on purpose. The sections of the
Hexoskin documents are rules of [the contract](contract/index.md), or public pages by their titles.
"""

_PROPERTY = "spec"
_ROW = re.compile(r"^\| (.+) \| (.+) \| `(.+)` \| (\w+) \|$")
_HEADING = re.compile(r"^## (.+?)(?:: .+)?$")
_WORST_FIRST = "failed", "skipped", "passed"


@dataclass(frozen=True)
class Row:
    """A requirement, and the test that proves it: `file`, below tests/, and `name`."""

    document: str
    section: str
    requirement: str
    test: str

    @property
    def file(self) -> str:
        return self.test.partition("::")[0]


Outcomes = dict[Row, str]
OF_SESSION = pytest.StashKey[set[Row]]()
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
    rows: set[Row] = set()
    for item in items:
        own = rows_of(item)
        rows |= own
        item.user_properties += [(_PROPERTY, astuple(row)) for row in own]
    config.stash[OF_SESSION] = rows
    config.stash[FILES_OF_SESSION] = {_file(item) for item in items}


def rows_of(item: pytest.Item) -> set[Row]:
    """The rows of a test's marks; UsageError for a mark that is none."""
    name = item.name.partition("[")[0]
    return {_row(mark, f"{_file(item)}::{name}") for mark in item.iter_markers("spec")}


def _file(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).as_posix() if item.path.is_relative_to(TESTS) else ""


def _row(mark: pytest.Mark, test: str) -> Row:
    if not _is_right(mark):
        raise pytest.UsageError(f"{test}: spec{mark.args!r} is no document, section, requirement")
    document, section, requirement = mark.args
    return Row(document, section, requirement, test)


def _is_right(mark: pytest.Mark) -> bool:
    texts = [text for text in mark.args if isinstance(text, str) and "|" not in text]
    return len(texts) == len(mark.args) == 3 and texts[0] in DOCUMENTS and not mark.kwargs


class Reporter:
    """Takes the outcomes of a session and, if asked to, writes the page at its end."""

    def __init__(self, config: pytest.Config) -> None:
        self.outcomes: Outcomes = {}
        self.writes = bool(os.environ.get("HEXOSTORE_WRITE_DOCS")) and not hasattr(
            config, "workerinput"
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, value in report.user_properties:
            if name == _PROPERTY:
                row = Row(*value)  # type: ignore[misc]
                seen = self.outcomes.get(row, "passed")
                self.outcomes[row] = min(seen, report.outcome, key=_WORST_FIRST.index)

    def pytest_sessionfinish(self) -> None:
        if self.writes and self.outcomes:
            write(self.outcomes)


def write(outcomes: Outcomes) -> None:
    """Writes the page: these rows, and those of files that did not run and still exist."""
    ran = {row.file for row in outcomes}
    kept = {
        row: outcome
        for row, outcome in printed().items()
        if row.file not in ran and (TESTS / row.file).exists()
    }
    PAGE.write_text(page({**kept, **outcomes}))


def page(outcomes: Outcomes) -> str:
    """The page with a table for each document."""
    tables = (_table(document, outcomes) for document in DOCUMENTS)
    return "\n".join([HEAD, _count(outcomes), *filter(None, tables)])


def _count(outcomes: Outcomes) -> str:
    passed = sum(outcome == "passed" for outcome in outcomes.values())
    return f"{len(outcomes)} rows, {passed} of them passed in the run that wrote them.\n"


def _table(document: str, outcomes: Outcomes) -> str:
    rows = sorted((row for row in outcomes if row.document == document), key=_order)
    if not rows:
        return ""
    lines = (
        f"| {row.section} | {row.requirement} | `{row.test}` | {outcomes[row]} |\n" for row in rows
    )
    head = "| section | requirement | test | outcome |\n| --- | --- | --- | --- |\n"
    return f"## {document}: {DOCUMENTS[document]}\n\n{head}{''.join(lines)}"


def _order(row: Row) -> tuple[list[tuple[int, str]], str, str]:
    """By section, 4.10 after 4.9."""
    parts = re.findall(r"(\d+)|([^\d.]+)", row.section)
    return [(int(number or 0), text) for number, text in parts], row.requirement, row.test


def printed() -> Outcomes:
    """The rows of the page as it is; none without a page."""
    return dict(_read(PAGE.read_text().splitlines())) if PAGE.exists() else {}


def _read(lines: Iterable[str]) -> Iterable[tuple[Row, str]]:
    document = ""
    for line in lines:
        if heading := _HEADING.match(line):
            document = heading[1]
        elif found := _ROW.match(line):
            section, requirement, test, outcome = found.groups()
            yield Row(document, section, requirement, test), outcome
