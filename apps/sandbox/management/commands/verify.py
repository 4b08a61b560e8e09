"""`hexostore verify`."""

import json
import sys
from pathlib import Path
from typing import Annotated

from django.core.management.base import CommandError
from typer import Argument, Option

from apps.sandbox.management.base import Json, StoreCommand, printable
from apps.sandbox.management.options import finite
from apps.sandbox.management.progress import on_terminal
from apps.sandbox.recording import RecordedSeed, record_seed
from apps.verification.checks import all_checks
from apps.verification.client import AskingLimits, ReadingClient, ServerGone, tls_context
from apps.verification.examined import ExaminedServer
from apps.verification.logins import (
    STRANGER,
    BearerLogin,
    PasswordLogin,
    SignedKeyLogin,
    VerifyLogin,
)
from apps.verification.parity_checks import ParityCheck
from apps.verification.places import PlaceError, ServerPlace, parse_place
from apps.verification.reports import report_as_json, report_lines
from apps.verification.running import VerificationReport, run_checks
from hexostore.cli import FAILED, USAGE
from hexostore.disk import replace_text
from hexostore.suggestions import did_you_mean

NOT_ASKED = 3
"""The exit status if the server could not be asked."""

POLITE = 0.25
"""Seconds between two requests to another machine, so that they stay under 5 a second."""


class Command(StoreCommand):
    help = "Check any server against the rules of the API, by requests that only read."
    requires_system_checks: list[str] = []

    def handle(
        self,
        base_url: Annotated[str, Argument(help="Where the server is, as clients are told.")],
        login: Annotated[str, Option(help="E-mail address or user name.")] = "",
        password: Annotated[
            str,
            Option(
                envvar="HEXOSTORE_VERIFY_PASSWORD",
                help="Other users can read command lines: use --password-stdin or the variable "
                "if that matters.",
            ),
        ] = "",
        password_stdin: Annotated[
            bool,
            Option("--password-stdin", help="Read the password from a line of standard input."),
        ] = False,
        token: Annotated[
            str, Option(envvar="HEXOSTORE_VERIFY_TOKEN", help="Access token of OAuth 2.")
        ] = "",
        key: Annotated[
            str,
            Option(envvar="HEXOSTORE_VERIFY_KEY", help="API key and secret, with a colon between."),
        ] = "",
        rule: Annotated[
            list[str], Option(help="Only the checks of this rule; can be repeated.")
        ] = [],  # noqa: B006
        ca: Annotated[Path | None, Option(help="File with the certificate to trust.")] = None,
        insecure: Annotated[
            bool, Option("--insecure", help="Do not check the certificate.")
        ] = False,
        delay: Annotated[
            float | None,
            Option(
                min=0,
                max=60,
                callback=finite,
                help=f"Seconds between two requests; {POLITE:g} by default, 0 on this machine.",
            ),
        ] = None,
        timeout: Annotated[
            float, Option(min=0.1, max=600, callback=finite, help="Seconds for an answer.")
        ] = 30,
        requests: Annotated[int, Option(min=1, help="The most requests.")] = 3000,
        record: Annotated[
            Path | None, Option(help="Keep the rows, without what is personal, as a seed.")
        ] = None,
        scrub: Annotated[
            list[str], Option(help="Another field that --record replaces; can be repeated.")
        ] = [],  # noqa: B006
        as_json: Json = False,
    ) -> None:
        place = _require_place(base_url)
        chosen = _choose_checks(rule)
        _require_writable(record, scrub)
        if password_stdin:
            password = sys.stdin.readline().rstrip("\r\n")
        asking = _require_login(login, password, token, key)
        pause = delay if delay is not None else 0 if place.is_local else POLITE
        limits = AskingLimits(requests=requests, delay=pause, seconds=timeout)
        server = ExaminedServer(
            ReadingClient(place, limits, _require_tls(ca, insecure=insecure)), asking
        )
        with on_terminal(quiet=as_json) as say:
            report = run_checks(server, chosen, say)
            found = None
            if record is not None and not report.gone:
                found = _record(server, frozenset(scrub), report)
        self._print(report, as_json=as_json)
        if record is not None and found is not None:
            self._keep(found, record)
        if report.gone:
            raise CommandError(report.gone, returncode=NOT_ASKED)
        if report.count("different"):
            sys.exit(FAILED)

    def _print(self, report: VerificationReport, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(report_as_json(report)))
        elif report.results:
            self.stdout.write(printable("\n".join(report_lines(report))))
        self.stdout.flush()  # before the seed, which may go to the same place

    def _keep(self, found: RecordedSeed, file: Path) -> None:
        """Write the seed, and print what it has and what was left out."""
        text = json.dumps(found.seed, indent=1, ensure_ascii=False)
        try:
            replace_text(file, text)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        lines = [f"{file}: {found.count} rows", *found.left_out]
        self.stderr.write(printable("\n".join(lines)))


def _require_place(base_url: str) -> ServerPlace:
    try:
        return parse_place(base_url)
    except PlaceError as error:
        raise CommandError(str(error), returncode=USAGE) from error


def _choose_checks(rules: list[str]) -> list[ParityCheck]:
    found = all_checks()
    known = {rule for check in found for rule in check.rules}
    for rule in rules:
        if rule not in known:
            hint = did_you_mean(rule, known)
            raise CommandError(f"No check is of the rule {rule!r}.{hint}", returncode=USAGE)
    return [each for each in found if not rules or set(rules) & set(each.rules)]


def _require_writable(file: Path | None, scrub: list[str]) -> None:
    """Refuse a file that cannot be written before the server is asked for its content."""
    if file is None and scrub:
        raise CommandError("--scrub goes with --record.", returncode=USAGE)
    if file is not None and file.is_dir():
        raise CommandError(f"{file} is a folder.", returncode=USAGE)
    if file is not None and not file.parent.is_dir():
        raise CommandError(f"There is no folder {file.parent}.", returncode=USAGE)


def _require_login(login: str, password: str, token: str, key: str) -> VerifyLogin:
    """Return the login that the options describe: a token, or a key, a user, or both."""
    _require_plain("--token", token)
    _require_plain("--key", key.partition(":")[0])
    if token and (login or key):
        raise CommandError("--token goes without --login and --key.", returncode=USAGE)
    if token:
        return BearerLogin(token)
    if bool(login) != bool(password):
        raise CommandError("--login and --password go together.", returncode=USAGE)
    user: VerifyLogin = PasswordLogin(login, password) if login else STRANGER
    if key:
        public, colon, secret = key.partition(":")
        if not (public and colon and secret):
            raise CommandError("--key is KEY:SECRET, with a colon.", returncode=USAGE)
        return SignedKeyLogin(public, secret, user)
    if not login:
        raise CommandError("A login is needed: --login, --token or --key.", returncode=USAGE)
    return user


def _require_plain(option: str, sent: str) -> None:
    """Refuse what no header can have, without showing it."""
    if not (sent.isascii() and sent.isprintable()):
        text = f"{option} has a character that no header can have, such as the end of a line."
        raise CommandError(text, returncode=USAGE)


def _require_tls(ca: Path | None, insecure: bool):  # type: ignore[no-untyped-def]
    try:
        return tls_context(ca=str(ca) if ca else None, insecure=insecure)
    except OSError as error:
        raise CommandError(f"{ca}: no certificate can be read from it", returncode=USAGE) from error


def _record(
    server: ExaminedServer, scrub: frozenset[str], report: VerificationReport
) -> RecordedSeed | None:
    """Return the seed, or None if the server went away, which the report then tells."""
    try:
        return record_seed(server, scrub)
    except ServerGone as error:
        report.gone = str(error)
        return None
    finally:
        server.client.close()
        report.requests = server.client.asked
