"""docs/auth-conformance.md prints what the marks of the tests say, and the printing is right."""

from __future__ import annotations

import pytest

from apps.documents import conformance_page, generated
from apps.documents.conformance_page import TESTS, RequirementRow, make_page, printed_outcomes
from tests.conformance import matrix
from tests.conformance.matrix import FILES_OF_SESSION, OF_SESSION

ROW = RequirementRow(
    "RFC 6749", "4.1.3", "A code is good for one exchange only", "a/test_a.py::test_once"
)


STALE = "docs/auth-conformance.md is stale, ./bin/docs writes it anew"


def test_the_page_prints_the_marks(pytestconfig: pytest.Config) -> None:
    """Of the files that this session collected as a whole."""
    if generated.are_written():
        pytest.skip("the page is written at the end of the run")
    if any("::" in argument for argument in pytestconfig.args):
        pytest.skip("only parts of files are collected")
    files = pytestconfig.stash[FILES_OF_SESSION]
    gone = {row.file for row in printed_outcomes() if not (TESTS / row.file).exists()}
    found = {row for row in printed_outcomes() if row.file in files | gone}
    assert found == pytestconfig.stash[OF_SESSION], STALE


def test_everything_on_the_page_passed() -> None:
    assert len(printed_outcomes()) >= 150
    assert conformance_page.PAGE.read_text() == make_page(printed_outcomes()), STALE
    assert {row for row, outcome in printed_outcomes().items() if outcome != "passed"} == set(), (
        STALE
    )


def test_the_page_is_read_as_it_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    others = [
        RequirementRow("RFC 6749", section, "Another", "a/test_b.py::test_b")
        for section in ("10", "4.1")
    ]
    outcomes = {ROW: "passed", others[0]: "skipped", others[1]: "failed"}
    text = make_page(outcomes)
    monkeypatch.setattr(conformance_page, "PAGE", tmp_path_factory.mktemp("docs") / "page.md")
    assert printed_outcomes() == {}
    conformance_page.PAGE.write_text(text)
    assert list(printed_outcomes().items()) == [
        (others[1], "failed"),
        (ROW, "passed"),
        (others[0], "skipped"),
    ]
    assert "3 rows, 1 of them passed" in text


def test_writing_keeps_rows_of_files_that_did_not_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setattr(conformance_page, "PAGE", tmp_path_factory.mktemp("docs") / "page.md")
    here = "conformance/test_matrix.py"
    ran, gone = (
        RequirementRow("RFC 6750", "2.1", "x", f"{file}::test_x") for file in ("a.py", "gone.py")
    )
    elsewhere = RequirementRow("RFC 6750", "2.1", "x", f"{here}::test_x")
    renamed = RequirementRow("RFC 6750", "2.1", "y", "a.py::test_x")
    conformance_page.PAGE.write_text(make_page(dict.fromkeys((ran, gone, elsewhere), "passed")))
    conformance_page.write_page({renamed: "passed"})
    assert set(printed_outcomes()) == {elsewhere, renamed}


@pytest.mark.parametrize(
    "arguments",
    [(), ("RFC 6749", "1"), ("RFC 1", "1", "x"), ("RFC 6749", "1", "a|b"), ("RFC 6749", 1, "a")],
)
def test_a_mark_that_is_none_stops_the_run(
    request: pytest.FixtureRequest, arguments: tuple[str, ...]
) -> None:
    request.node.add_marker(pytest.mark.spec(*arguments))
    with pytest.raises(pytest.UsageError, match="is no document, section, requirement"):
        matrix.rows_of(request.node)


def test_the_worst_outcome_of_its_parameters_is_a_rows(pytestconfig: pytest.Config) -> None:
    reporter = matrix.Reporter(pytestconfig)
    for outcome in ("passed", "skipped", "passed"):
        report = pytest.TestReport(
            "x",
            ("x", 0, "x"),
            {},
            outcome,
            None,
            "call",
            user_properties=[("spec", list(vars(ROW).values()))],
        )
        reporter.pytest_runtest_logreport(report)
    assert reporter.outcomes == {ROW: "skipped"}
