"""What code, tests and pages cite exists, and docs/rules.md prints the marks of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.documents import generated, rule_book, rule_matrix
from tests import rules
from tests.docs.markdown import PAGES, ROOT

PAGE = ROOT / "docs" / "rules.md"
CODE = ("apps", "bench", "fixtures", "hexostore", "tests")
SUFFIXES = {".py", ".html", ".css", ".js"}
HERE = Path(__file__)


def files() -> Iterator[Path]:
    """Everything that may cite a rule, but for the wrong examples of this module."""
    for folder in CODE:
        found = (ROOT / folder).rglob("*")
        yield from (file for file in found if file.suffix in SUFFIXES and file != HERE)
    yield from (file for file in (ROOT / "bin").iterdir() if file.is_file())
    yield from PAGES


def test_every_citation_leads_somewhere() -> None:
    found = {
        str(file.relative_to(ROOT)): rule_book.find_faults(file.read_text()) for file in files()
    }
    assert len(found) > 500
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Tastypie rule T215", "T215"),
        ("rules T1 to T999", "T999"),
        ("Tastypie section 21", "Tastypie 21"),
        ("wire trap 16", "wire trap 16"),
        ("wire traps 11 and 99", "wire trap 99"),
        ("(wire\n    row 52)", "wire row 52"),
        ("# as wire\n# row 52 has it", "wire row 52"),
        ("wire 1.6 and 1.9", "wire 1.9"),
        ("wire F10", "wire F10"),
        ("wire 1.7, F1 and row 77", "wire row 77"),
        ("Behaviour 12", "behaviour 12"),
        ("behaviour 3.9", "behaviour 3.9"),
        ("catalogue, datatypes 19 and 20000", "catalogue, datatype 20000"),
        ("API reference, Nothing", "API reference, Nothing"),
        ("Data page,\n    Filtering", "Data page, Filtering"),
        ("API reference, Ranges", "API reference, Ranges"),
        ("(seed 002)", "seed 002"),
        ("Seeds 001 and 002", "Seeds 001"),
        ("contract, datatype 19", "contract, datatype"),
        ("wire.md, trap 1", "wire.md, trap"),
        ("metrics.md section 3", "metrics.md section"),
        ("contract, exchange 3.9", "exchange 3.9"),
        ("exchange D27", "exchange D27"),
        ("exchange recipes 1 to 46", "exchange recipe 46"),
    ],
)
def test_a_citation_that_leads_nowhere_is_found(text: str, fault: str) -> None:
    assert rule_book.find_faults(text) == [fault]


@pytest.mark.parametrize(
    "text",
    [
        "Tastypie rule T57, rules T62 to T67 and Tastypie section 18",
        "Tastypie sections 7 to 13",
        "wire trap 13; wire traps 11 and 13; wire 5.6 and trap 7",
        "wire F1, F2 and 5.4, wire row 39, wire 1.7.",
        "behaviour 4; RFC 6749, section 4.1",
        "exchange 3.4, D9 and recipe 12",
        "catalogue, datatypes 19 and 4113",
        "API reference, Create, Update and Delete; Client README, Authorization",
        "django-tastypie 0.15.1, Tastypie 0.9.16, on the wire, a seed of 2 rows",
        "print(x)  # noqa: T201",
    ],
)
def test_what_exists_may_be_cited(text: str) -> None:
    assert rule_book.find_faults(text) == []


def test_the_books_have_their_rules() -> None:
    names = list(rule_book.all_rules())
    assert [name for name in names if name[0] == "T" and name[1:].isdigit()] == [
        f"T{number}" for number in range(1, 215)
    ]
    assert {"wire trap 15", "wire F9", "wire row 51", "wire 8.9", "behaviour 11"} <= set(names)
    assert {"exchange 2.4", "exchange D26", "exchange recipe 45"} <= set(names)


def test_a_name_stands_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    twice = "## 1. URLs\n\n* **T1.** One.\n* **T1.** Another.\n"
    for file in rule_book.BOOKS.values():
        (tmp_path / file).write_text(twice if file == "tastypie.md" else "")
    monkeypatch.setattr(rule_book, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"tastypie\.md has T1 twice"):
        rule_book.all_rules.__wrapped__()


def test_the_marks_name_what_exists() -> None:
    known = set(rule_book.all_rules()) | rule_book.all_sections()
    assert len(rules.cited()) > 150
    assert {name: tests for name, tests in rules.cited().items() if name not in known} == {}


def test_marks_are_found_wherever_they_stand() -> None:
    """On a test, on one of its parameters, in a mark of two names, and in one of another kind."""
    proved = rules.cited()
    assert "api/test_paging.py::test_the_last_of_several_counts" in proved["T49"]
    assert any(test.startswith("api/test_filtering.py::") for test in proved["T63"])
    assert "api/test_walk.py::test_datatypes_have_both_numbers" in proved["wire trap 6"]
    assert "conformance/test_oauth2_token.py::test_scope" in proved["behaviour 4"]


@pytest.mark.generated
def test_the_page_prints_the_marks() -> None:
    generated.settle_pages({PAGE: rule_matrix.matrix_page(rules.cited())})


def test_rules_without_tests_stand_at_the_end() -> None:
    text = rule_matrix.matrix_page({"T1": ["api/test_urls.py::test_a", "api/test_urls.py::test_b"]})
    proved, _, bare = text.partition("## Rules that no test covers")
    assert "| [T1](contract/tastypie.md) | A resource answers" in proved
    assert "api/test_urls.py: `test_a`, `test_b` |" in proved
    assert "| T2 |" in bare
    assert "| Tastypie 17 |" not in bare  # which only describes
    assert "| Tastypie 1 |" not in bare  # which holds T1 to T21 together


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("One. Two.", "One."),
        ("One, incl. the rest. Two.", "One, incl. the rest."),
        ("`a|b` and *no* more of `a_*_b` [recorded, 2 cases]", "`a\\|b` and no more of `a_*_b`"),
        ("list envelope | 24 |", "list envelope"),
        ("x" * 80 + " `" + "y" * 20 + " " + "z" * 40 + "`", "x" * 80 + " …"),
    ],
)
def test_how_a_rule_begins(text: str, shown: str) -> None:
    assert rule_matrix.first_sentence(text) == shown
