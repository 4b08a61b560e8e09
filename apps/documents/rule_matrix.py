"""docs/rules.md: the tests that prove each rule of the contract."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from apps.documents.rule_book import BOOKS, ContractRule, all_rules

HEAD = """\
# Rules and tests

This page lists the tests that prove each rule of [the contract](contract/index.md). `./bin/docs`
writes it from the marks of the tests. The [contract tests](../tests/contract/base.py) are not
listed: every resource inherits them, and they send each method, filter and order that it declares.

"""
UNCOVERED = """\
## Rules that no test covers

No test names these {count} rules. Either this server does not have what they describe, or the tests
that prove them are not marked.

| rule | how it begins |
| --- | --- |
"""
TITLES = {
    "Tastypie": "Tastypie on the wire",
    "wire": "What published clients need",
    "behaviour": "Behaviour of the real service",
    "metrics": "Metrics, reports and heart rate variability",
    "exchange": "Tracks and activity files",
    "studies": "Studies: planning, what is done, surveys",
}
DESCRIPTIONS = {
    "Tastypie 0", "Tastypie 17", "Tastypie 20", "wire 1.8", "behaviour 9", "metrics 0", "metrics 1",
    "metrics 3", "metrics 5", "metrics 8", "metrics 9", "metrics 11", "exchange 0", "exchange 1",
    "exchange 2", "exchange 3", "exchange 5", "exchange 7", "exchange 8",
}  # fmt: skip
"""Sections that describe the material and demand nothing from a server."""

LONGEST = 120

_NO_TEXT = re.compile(
    r"\*\*|(?<!\w)\*(?=\w)|(?<=[\w.:])\*(?!\w)| \[(?:recorded|read|first)[^\]]*\]$"
)
"""Emphasis, and marks that say how certain a rule is."""

Tests = Mapping[str, Collection[str]]
"""The tests of each rule, as `api/test_paging.py::test_a_limit`."""


def matrix_page(tests: Tests) -> str:
    """Return the whole page."""
    asked = [
        rule for rule in all_rules().values() if rule.name in tests or _demands_something(rule)
    ]
    proved = [rule for rule in asked if rule.name in tests]
    bare = [rule for rule in asked if rule.name not in tests]
    count = f"{len(asked)} rules, {len(proved)} of them with tests of their own.\n"
    tables = [_book_table(book, proved, tests) for book in BOOKS]
    return HEAD + "\n".join([count, *tables, _list_uncovered(bare)])


def _demands_something(rule: ContractRule) -> bool:
    """Return whether a section demands something itself. Many sections only group rules."""
    inner = rule.name + "."
    holds = any(
        other.name != rule.name and (other.section == rule.name or other.section.startswith(inner))
        for other in all_rules().values()
    )
    return not holds and rule.name not in DESCRIPTIONS


def _book_table(book: str, proved: Iterable[ContractRule], tests: Tests) -> str:
    head = f"## {TITLES[book]}\n\n| rule | how it begins | tests |\n| --- | --- | --- |\n"
    return head + "".join(_rule_row(rule, tests[rule.name]) for rule in proved if rule.book == book)


def _rule_row(rule: ContractRule, tests: Collection[str]) -> str:
    link = f"[{rule.name}](contract/{BOOKS[rule.book]})"
    return f"| {link} | {first_sentence(rule.text)} | {_tests_cell(tests)} |\n"


def _tests_cell(tests: Collection[str]) -> str:
    """Return the tests, one line for each file."""
    files: dict[str, list[str]] = defaultdict(list)
    for test in sorted(tests):
        file, _, name = test.partition("::")
        files[file].append(f"`{name}`")
    return "<br>".join(f"{file}: {', '.join(names)}" for file, names in files.items())


def _list_uncovered(bare: Collection[ContractRule]) -> str:
    rows = "".join(f"| {rule.name} | {first_sentence(rule.text)} |\n" for rule in bare)
    return UNCOVERED.format(count=len(bare)) + rows


def first_sentence(text: str) -> str:
    """Return the first sentence of a rule, or as much as fits, for one cell of a table."""
    cell = _NO_TEXT.sub("", text.partition(" | ")[0])
    sentence = re.split(r"(?<=\.)\s(?=[^a-z])", cell, maxsplit=1)[0]
    if len(sentence) > LONGEST:
        sentence = sentence[:LONGEST].rsplit(" ", 1)[0] + " …"
    if sentence.count("`") % 2:
        sentence = sentence[: sentence.rindex("`")].rstrip() + " …"
    return sentence.replace("|", "\\|")
