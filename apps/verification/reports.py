"""The report of a verification, for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from apps.verification.parity_checks import CheckResult
from apps.verification.running import VerificationReport

SHOWN = 5
"""The differences of a check that the text shows. The JSON has all."""

_STATES = {"equal": "equal", "different": "DIFFERENT", "skipped": "skipped"}


def report_as_json(report: VerificationReport) -> dict[str, Any]:
    """Return a report for programs: counts, and each check with its rules."""
    return {
        "base": report.base,
        "requests": report.requests,
        "gone": report.gone,
        "counts": {state: report.count(state) for state in _STATES},
        "checks": [_check_as_json(each) for each in report.results],
        "rules": _states_by_rule(report),
    }


def _check_as_json(result: CheckResult) -> dict[str, Any]:
    return {
        "name": result.check.name,
        "title": result.check.title,
        "rules": list(result.check.rules),
        "state": result.notes.state,
        "compared": result.notes.compared,
        "differences": [asdict(each) for each in result.notes.differences],
        "left_out": result.notes.left_out,
    }


def _states_by_rule(report: VerificationReport) -> dict[str, str]:
    """Return the state of each rule: the worst of its checks, and `equal` before `skipped`."""
    worst = ("skipped", "equal", "different")
    found: dict[str, str] = {}
    for result in report.results:
        for rule in result.check.rules:
            found[rule] = max(found.get(rule, "skipped"), result.notes.state, key=worst.index)
    return found


def report_lines(report: VerificationReport) -> Iterator[str]:
    """Yield the lines of a report for people: a line for each check, its differences below it."""
    for result in report.results:
        yield from _lines_about(result)
    yield from _left_out_lines(report)
    states = _states_by_rule(report)
    counts = ", ".join(f"{report.count(state)} {state}" for state in _STATES)
    yield ""
    yield f"{report.base}: {len(report.results)} checks, {counts}; {report.requests} requests."
    wrong = [rule for rule, state in states.items() if state == "different"]
    if wrong:
        yield f"Rules with differences: {', '.join(wrong)}"


def _lines_about(result: CheckResult) -> Iterator[str]:
    notes, check = result.notes, result.check
    counted = f" ({notes.compared})" if notes.compared else ""
    yield f"{_STATES[notes.state]:9} {check.title}{counted} [{'; '.join(check.rules)}]"
    for each in notes.differences[:SHOWN]:
        yield f"  {each.what}: expected {each.expected}"
        yield f"    seen {each.seen}"
        yield f"    {each.request}"
    if len(notes.differences) > SHOWN:
        yield f"  and {len(notes.differences) - SHOWN} more"
    if notes.state == "skipped":
        yield from (f"  {reason}" for reason in dict.fromkeys(notes.left_out))


def _left_out_lines(report: VerificationReport) -> Iterator[str]:
    """Yield what checks left out that compared something, with the number of these checks."""
    told = [each.notes for each in report.results if each.notes.state != "skipped"]
    counts = Counter(reason for notes in told for reason in dict.fromkeys(notes.left_out))
    if counts:
        yield ""
        yield "Left out in these checks:"
        yield from (f"  {count} of them: {reason}" for reason, count in counts.items())
