"""Running the checks, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from apps.verification.client import EnoughAsked, NoAnswer, ServerGone
from apps.verification.comparing import CheckNotes, CheckSkipped, ServerDifference
from apps.verification.examined import ExaminedServer
from apps.verification.parity_checks import CheckResult, ParityCheck

Tell = Callable[[str], None]


@dataclass
class VerificationReport:
    """What came of the checks. `gone` says why they ended early, if they did."""

    base: str
    results: list[CheckResult] = field(default_factory=list)
    requests: int = 0
    gone: str = ""

    def count(self, state: str) -> int:
        """Return how many checks are `equal`, `different` or `skipped`."""
        return sum(each.notes.state == state for each in self.results)


def run_checks(
    server: ExaminedServer, checks: Iterable[ParityCheck], tell: Tell = lambda _: None
) -> VerificationReport:
    """Return the report of checks on a server. `tell` hears the title of each check."""
    report = VerificationReport(server.client.place.root)
    try:
        server.enter()
        report.base = server.client.place.root
        for check in checks:
            tell(check.title)
            report.results.append(_run_check(server, check))
    except ServerGone as error:
        report.gone = str(error)
    finally:
        server.client.close()
        report.requests = server.client.asked
    return report


def _run_check(server: ExaminedServer, check: ParityCheck) -> CheckResult:
    server.notes = CheckNotes()
    try:
        check.examine(server)
    except (CheckSkipped, EnoughAsked) as error:
        server.notes.left_out.append(str(error))
    except NoAnswer as error:
        server.notes.compared += 1
        difference = ServerDifference(error.command, "answer", "an answer", str(error))
        server.notes.differences.append(difference)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        server.notes.compared += 1
        seen = f"{type(error).__name__}: {error}"
        difference = ServerDifference("", "shape", "answers of the documented shape", seen)
        server.notes.differences.append(difference)
    if not server.notes.compared and not server.notes.left_out:
        server.notes.left_out.append("there was nothing to compare")
    return CheckResult(check, server.notes)
