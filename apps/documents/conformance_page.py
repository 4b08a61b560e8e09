"""docs/auth-conformance.md: the requirements of the documents, and the test that proves each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parents[2] / "tests"
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

This page lists the requirements of the documents about authentication, with the test that proves
each. `./bin/docs` writes it from the marks and the results of the tests. The requirements are in
our own words, and [differences.md](differences.md) says what is different on purpose. A section of
a Hexoskin document is a rule of [the contract](contract/index.md) or the title of a public page.
"""

_ROW = re.compile(r"^\| (.+) \| (.+) \| `(.+)` \| (\w+) \|$")
_HEADING = re.compile(r"^## (.+?)(?:: .+)?$")


@dataclass(frozen=True)
class RequirementRow:
    """A requirement, and the test that proves it: `file`, below tests/, and `name`."""

    document: str
    section: str
    requirement: str
    test: str

    @property
    def file(self) -> str:
        return self.test.partition("::")[0]


Outcomes = dict[RequirementRow, str]


def write_page(outcomes: Outcomes) -> None:
    """Write the page: these rows, and the rows of test files that exist but did not run."""
    ran = {row.file for row in outcomes}
    kept = {
        row: outcome
        for row, outcome in printed_outcomes().items()
        if row.file not in ran and (TESTS / row.file).exists()
    }
    PAGE.write_text(make_page({**kept, **outcomes}))


def make_page(outcomes: Outcomes) -> str:
    """Return the page with a table for each document."""
    tables = (_make_table(document, outcomes) for document in DOCUMENTS)
    return "\n".join([HEAD, _count_outcomes(outcomes), *filter(None, tables)])


def _count_outcomes(outcomes: Outcomes) -> str:
    passed = sum(outcome == "passed" for outcome in outcomes.values())
    return f"{len(outcomes)} rows, {passed} of them passed in the run that wrote them.\n"


def _make_table(document: str, outcomes: Outcomes) -> str:
    rows = sorted((row for row in outcomes if row.document == document), key=_sort_key)
    if not rows:
        return ""
    lines = (
        f"| {row.section} | {row.requirement} | `{row.test}` | {outcomes[row]} |\n" for row in rows
    )
    head = "| section | requirement | test | outcome |\n| --- | --- | --- | --- |\n"
    return f"## {document}: {DOCUMENTS[document]}\n\n{head}{''.join(lines)}"


def _sort_key(row: RequirementRow) -> tuple[list[tuple[int, str]], str, str]:
    """Return a key that sorts 4.10 after 4.9."""
    # "4.10" becomes [(4, ""), (10, "")], and "A.1" [(0, "A"), (1, "")].
    parts = re.findall(r"(\d+)|([^\d.]+)", row.section)
    section = [(int(number or 0), text) for number, text in parts]
    return section, row.requirement, row.test


def printed_outcomes() -> Outcomes:
    """Return the rows of the present page; {} if there is no page."""
    return dict(_read_rows(PAGE.read_text().splitlines())) if PAGE.exists() else {}


def _read_rows(lines: Iterable[str]) -> Iterable[tuple[RequirementRow, str]]:
    document = ""
    for line in lines:
        if heading := _HEADING.match(line):
            document = heading[1]
        elif found := _ROW.match(line):
            section, requirement, test, outcome = found.groups()
            yield RequirementRow(document, section, requirement, test), outcome
