"""`hexostore serve`."""

import json
import os
import sys
from importlib.metadata import version
from typing import Annotated, Any, Literal

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connections
from typer import Option

from apps.control.journal.rows import MOST_KEPT
from apps.credentials.refusals import forced_failures
from apps.sandbox import exposure, held, store
from apps.sandbox.detached import DetachedError, start_detached
from apps.sandbox.management.base import StoreCommand
from apps.sandbox.management.options import finite
from apps.sandbox.observing import PATH as METRICS
from apps.sandbox.restarting import note_restart
from apps.sandbox.seed_rows import SeedError
from apps.sandbox.serve_options import ServeError, ServeOptions, ServeRole
from apps.sandbox.serving import Ready, Served, on_stderr, serve
from hexostore.disk import explain_failure
from hexostore.postgres_place import PostgresError
from hexostore.server import default_workers
from hexostore.web.listening import ListenError
from hexostore.web.threads import MOST_WORKERS

_ON_TERMINAL = "Hexostore is ready; Ctrl-C stops it."
_IN_BACKGROUND = "Hexostore is ready in the background; `hexostore stop` stops it."

MARKED = 10
"""The most forced failures that the text for people names."""

PAGES = {
    "console": ("Console", "/"),
    "requests": ("Requests", "/requests/"),
    "outbox": ("Mail", "/outbox/"),
    "docs": ("Docs", "/docs/"),
}
"""The pages that the banner names. A public server only has the last one."""

Host = Annotated[str, Option(help="Address to listen on.")]
Port = Annotated[int, Option(min=0, max=65535, help="Port for http.")]
HttpsPort = Annotated[int, Option(min=0, max=65535, help="Port for https.")]
NoDemo = Annotated[bool, Option("--no-demo", help="Create the store with the catalogues only.")]
Empty = Annotated[
    bool, Option("--empty", help="Create the store without any rows, for your own seed.")
]
Conventions = Annotated[
    Literal["hexoskin", "tastypie"] | None,
    Option(help="Response formats of a new store; with --empty, tastypie is the default."),
]
RedirectHttp = Annotated[
    bool, Option("--redirect-http", help="Redirect http to https, as the real service does.")
]
Workers = Annotated[
    int | None,
    Option(min=1, max=MOST_WORKERS, help="Web server processes; one per core, at most 2."),
]
Public = Annotated[
    bool, Option("--public", help="Use the public profile, which only starts if it is safe.")
]
LogFormat = Annotated[
    Literal["text", "json"] | None, Option(help="Format of the log on stderr.", show_default=False)
]
Cors = Annotated[
    list[str] | None,
    Option(
        metavar="ORIGIN",
        help="Origin whose pages may use the API, such as http://localhost:3000, or off; "
        "repeatable. Without it, every origin.",
        show_default=False,
    ),
]
Detach = Annotated[
    bool, Option("--detach", help="Serve in the background, and return when it is ready.")
]
JournalLimit = Annotated[
    int | None,
    Option(
        min=0,
        max=MOST_KEPT,
        help="Requests that the journal keeps of each sandbox.",
        show_default=False,
    ),
]
MetricsPort = Annotated[
    int | None,
    Option(
        min=0,
        max=65535,
        help="Port on which Prometheus gets /metrics. Without it, nothing is counted.",
        show_default=False,
    ),
]
MetricsHost = Annotated[str, Option(help="Address to listen on for Prometheus.")]
WebOnly = Annotated[
    bool,
    Option("--web-only", help="Answer requests only, as one of several servers of a store."),
]
JobsOnly = Annotated[
    bool, Option("--jobs-only", help="Do jobs only, for servers that answer requests only.")
]
Drain = Annotated[
    float,
    Option(
        min=0,
        max=3600,
        callback=finite,
        metavar="SECONDS",
        help="How long /readyz fails before a stop, so that a balancer sends nobody any more.",
    ),
]
AsJson = Annotated[bool, Option("--json", help="Print one line of JSON when ready, for programs.")]


class Command(StoreCommand):
    help = "Serve the store over http and https; the first start creates it."
    requires_system_checks: list[str] = []

    def handle(
        self,
        host: Host = "127.0.0.1",
        port: Port = 8000,
        https_port: HttpsPort = 8443,
        no_demo: NoDemo = False,
        empty: Empty = False,
        conventions: Conventions = None,
        redirect_http: RedirectHttp = False,
        workers: Workers = None,
        public: Public = False,
        log_format: LogFormat = None,
        cors: Cors = None,
        detach: Detach = False,
        journal_limit: JournalLimit = None,
        metrics_port: MetricsPort = None,
        metrics_host: MetricsHost = "127.0.0.1",
        web_only: WebOnly = False,
        jobs_only: JobsOnly = False,
        drain: Drain = 0.0,
        as_json: AsJson = False,
    ) -> None:
        _require_apart(no_demo=no_demo, empty=empty, port=port, https_port=https_port)
        _require_profile(public=public)
        _require_variable(log_format, "HEXOSTORE_LOG_FORMAT", "--log-format")
        _require_variable(",".join(cors or []), "HEXOSTORE_CORS", "--cors")
        options = ServeOptions(
            host=host,
            port=port,
            https_port=https_port,
            workers=workers or default_workers(),
            redirect_http=redirect_http,
            seed=_choose_seed(no_demo=no_demo, empty=empty),
            conventions=conventions,
            journal_limit=_choose_limit(journal_limit),
            metrics_host=metrics_host,
            metrics_port=metrics_port,
            role=_choose_role(web_only=web_only, jobs_only=jobs_only),
            drain=drain,
        )
        if detach:
            self._detach_server(as_json=as_json)
        elif not self._serve_store(options, as_json=as_json):
            sys.exit(1)

    def _detach_server(self, *, as_json: bool) -> None:
        """Serve with the options of this call in a process that goes on. Raise CommandError."""
        options = [each for each in sys.argv[2:] if each not in {"--detach", "--json"}]
        try:
            facts = start_detached(settings.HEXOSTORE_HOME, options)
        except DetachedError as error:
            raise CommandError(str(error)) from error
        self._announce_facts(facts, how=_IN_BACKGROUND, as_json=as_json)

    def _serve_store(self, options: ServeOptions, *, as_json: bool) -> bool:
        """Serve until a signal comes. Return False if a server process died.

        Raise CommandError for what keeps the store from being served.
        """
        try:
            return serve(options, on_stderr, lambda ready: self._announce_store(ready, as_json))
        except PostgresError as error:
            raise CommandError(explain_failure(str(error), settings.HEXOSTORE_HOME)) from error
        except (ListenError, SeedError, ServeError, store.StoreError) as error:
            raise CommandError(str(error)) from error

    def _announce_store(self, ready: Ready, as_json: bool) -> None:
        if ready.is_again:  # whoever waited for the facts has them
            on_stderr("Hexostore is ready again.")
            note_restart(settings.HEXOSTORE_HOME)
            return
        if ready.web is None:
            facts = _facts_of_any(ready)
        else:
            address = ready.web.http.address
            warning = exposure.exposure_warning(address, demo=ready.store.seed == "demo")
            if warning:
                on_stderr(warning)
            facts = _store_facts(ready, ready.web)
        self._announce_facts(facts, how=_ON_TERMINAL, as_json=as_json)
        connections.close_all()

    def _announce_facts(self, facts: dict[str, Any], *, how: str, as_json: bool) -> None:
        text = f"{how}\n{_facts_as_text(facts)}" if "base" in facts else how
        self.stdout.write(json.dumps(facts) if as_json else text)
        self.stdout.flush()


def _require_apart(*, no_demo: bool, empty: bool, port: int, https_port: int) -> None:
    """Raise CommandError for options that exclude each other."""
    if no_demo and empty:
        raise CommandError("--no-demo and --empty exclude each other.", returncode=2)
    if port == https_port != 0:
        raise CommandError(f"--port and --https-port are both {port}.", returncode=2)


def _choose_role(*, web_only: bool, jobs_only: bool) -> ServeRole:
    """Return what the options name. Raise CommandError if they exclude each other, or if there is
    no database that several servers can have."""
    if web_only and jobs_only:
        raise CommandError("--web-only and --jobs-only exclude each other.", returncode=2)
    if not web_only and not jobs_only:
        return ServeRole.ALL
    if not os.environ.get("DATABASE_URL"):
        raise CommandError(
            "--web-only and --jobs-only are for several servers of one database. Name it in "
            "DATABASE_URL.",
            returncode=2,
        )
    return ServeRole.WEB if web_only else ServeRole.JOBS


def _require_profile(*, public: bool) -> None:
    """Raise CommandError if --public came too late, because the settings are already made."""
    if public and settings.HEXOSTORE_PROFILE != "public":
        raise CommandError("--public is for the command line; set HEXOSTORE_PROFILE=public.")


def _require_variable(value: str | None, variable: str, option: str) -> None:
    """Raise CommandError if an option came too late, because the settings are already made."""
    if value and os.environ.get(variable) != value:
        raise CommandError(f"{option} is for the command line; set {variable}={value}.")


def _choose_seed(*, no_demo: bool, empty: bool) -> str | None:
    """Return the seed that the options name; None leaves it to the store."""
    if empty:
        return "empty"
    return "catalogue" if no_demo else None


def _choose_limit(given: int | None) -> int:
    """Return how many requests the journal keeps. Raise CommandError if the variable has too
    many."""
    limit: int = settings.HEXOSTORE_JOURNAL_LIMIT if given is None else given
    if limit > MOST_KEPT:
        raise CommandError(f"HEXOSTORE_JOURNAL_LIMIT must be at most {MOST_KEPT}.")
    return limit


def _facts_of_any(ready: Ready) -> dict[str, Any]:
    """Return the facts that every server has."""
    facts = {
        "pid": os.getpid(),
        "version": version("hexostore"),
        "seed": ready.store.seed,
        "conventions": ready.store.conventions,
    }
    if ready.metrics is not None:
        facts["metrics"] = f"{ready.metrics.url}{METRICS}"
    return facts


def _store_facts(ready: Ready, web: Served) -> dict[str, Any]:
    """Return the facts for programs. Of the demo world, it only lists what the store still has."""
    facts: dict[str, Any] = {
        "base": f"{web.http.url}/api/",
        "https": f"{web.https.url}/api/",
        "root": web.http.url,
        "https_root": web.https.url,
        "port": web.http.port,
        "https_port": web.https.port,
        "ca": str(web.certificates.ca),
        **_facts_of_any(ready),
        **{name: f"{web.http.url}{path}" for name, (_, path) in _served_pages().items()},
    }
    if ready.store.seed == "demo":
        facts |= {"logins": held.usable_logins(ready.store), **held.usable_key()}
        if client := held.usable_oauth2_client():
            facts["oauth2"] = client
    if held.has_example():
        facts["example"] = held.EXAMPLE
    if failures := forced_failures.list_failures():
        facts["marks"] = failures
    return facts


def _served_pages() -> dict[str, tuple[str, str]]:
    is_public = settings.HEXOSTORE_PROFILE == "public"
    return {name: page for name, page in PAGES.items() if name == "docs" or not is_public}


def _facts_as_text(facts: dict[str, Any]) -> str:
    lines = [
        "",
        *(f"  {word:9} {facts[name]}" for name, (word, _) in PAGES.items() if name in facts),
        f"  API       {facts['base']}",
        f"            {facts['https']}",
        f"  CA        {facts['ca']}",
    ]
    if "metrics" in facts:
        lines.append(f"  Metrics   {facts['metrics']}")
    for index, login in enumerate(facts.get("logins", [])):
        lines.append(f"  {'' if index else 'Logins':9} {login['email']} / {login['password']}")
    if "key" in facts:
        lines.append(f"  API key   {facts['key']}, secret {facts['secret']}")
    if "oauth2" in facts:
        client = facts["oauth2"]
        lines.append(f"  OAuth2    {client['client_id']}, secret {client['secret']}")
    lines += list_forced_failures(facts.get("marks", {}))
    return "\n".join([*lines, "", "Try:", *(f"  {line}" for line in example_requests(facts))])


def list_forced_failures(failures: dict[str, str]) -> list[str]:
    """Return the users and keys with forced failures."""
    shown = list(failures.items())[:MARKED]
    lines = [
        f"  {'' if index else 'Marked':9} {name}: {mark}"
        for index, (name, mark) in enumerate(shown)
    ]
    more = len(failures) - len(shown)
    return [*lines, f"            and {more} more"] if more else lines


def example_requests(facts: dict[str, Any]) -> list[str]:
    """Return requests to try, with what the store has."""
    base = facts["base"]
    if not facts.get("logins"):
        return [
            f"curl {base}",
            "hexostore user add --email me@example.com --password secret",
            f"curl -u me@example.com:secret {base}user/",
        ]
    login = facts["logins"][0]
    curl = f"curl -u {login['email']}:{login['password']}"
    examples = [f"{curl} {base}user/", f"{curl} '{base}record/?limit=3'"]
    if "example" in facts:
        examples.append(f"{curl} '{base}data/?record={facts['example']}&datatype=19&max_values=10'")
    return examples
