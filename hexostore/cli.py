"""The command line: `hexostore`, and `manage.py` in a checkout."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from itertools import pairwise

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import (
    execute_from_command_line,
    find_commands,
    get_commands,
    load_command_class,
)
from django.db import OperationalError

from hexostore import bundle, home, outages, program, succession
from hexostore.disk import explain_failure
from hexostore.head_start import head_start
from hexostore.home import HomeError
from hexostore.loading import without_collection
from hexostore.outages import Outage
from hexostore.postgres import Embedded
from hexostore.postgres_place import PostgresError
from hexostore.suggestions import did_you_mean
from hexostore.tls import CertificateError

FAILED, USAGE, INTERRUPTED = 1, 2, 130

BEFORE_SETTINGS = {"--cors": "HEXOSTORE_CORS", "--log-format": "HEXOSTORE_LOG_FORMAT"}
"""Options of `serve` that the settings depend on, with their variables."""

_APP = "apps.sandbox"
_COMMANDS = bundle.FOLDER / "apps" / "sandbox" / "management"
_WITHOUT_DATABASE = {
    "check",
    "contract",
    "doctor",
    "help",
    "logs",
    "proxy",
    "prune",
    "restart",
    "run",
    "score",
    "serve",
    "status",
    "stop",
    "trust",
    "verify",
}
_HELP = {"-h", "--help"}
_SANDBOX = "--sandbox"


def main() -> None:
    """Run the command in sys.argv. An impossible setting is one line and exit code 2."""
    succession.remember_start()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hexostore.settings")
    try:
        sys.exit(_dispatch_command(*sys.argv[1:] or ["--help"]))
    except ImproperlyConfigured as error:
        _say_error(str(error))
        sys.exit(USAGE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _dispatch_command(command: str, *rest: str) -> int:
    if command != "help" and not _HELP & set(rest):  # nothing else is laid out by rich
        os.environ.setdefault("TYPER_USE_RICH", "0")
    if command not in _WITHOUT_DATABASE:
        rest = _take_sandbox(rest)
    if command == "serve":
        _set_before_settings(rest)
    if command in _HELP or (command == "help" and not rest):
        print(commands_overview())  # noqa: T201
    elif command in {"--version", "version"}:
        print(version("hexostore"))  # noqa: T201
    else:
        with _head_start(command, *rest):
            return _run_command(command, list(rest))
    return 0


def _take_sandbox(rest: tuple[str, ...]) -> tuple[str, ...]:
    """Take the option --sandbox, which any command may have, out of its arguments."""
    kept: list[str] = []
    arguments = iter(rest)
    for each in arguments:
        option, equals, value = each.partition("=")
        if option != _SANDBOX:
            kept.append(each)
            continue
        name = value if equals else next(arguments, "")
        if not name:
            raise ImproperlyConfigured("--sandbox needs the name of a sandbox.")
        os.environ["HEXOSTORE_SANDBOX"] = name
    return tuple(kept)


def _set_before_settings(options: tuple[str, ...]) -> None:
    """Set the variables of options of `serve` that the settings depend on."""
    if "--public" in options:
        os.environ["HEXOSTORE_PROFILE"] = "public"
    for option, variable in BEFORE_SETTINGS.items():
        if values := _values_of(option, options):
            os.environ[variable] = ",".join(values)


def _values_of(option: str, options: tuple[str, ...]) -> list[str]:
    """Return the values of an option, as `--option VALUE` or `--option=VALUE`."""
    apart = [value for name, value in pairwise(options) if name == option]
    return apart + [each.partition("=")[2] for each in options if each.startswith(f"{option}=")]


@contextmanager
def _head_start(command: str, *rest: str) -> Iterator[None]:
    """Begin to make the database of a new store where it will be, unless it is public: then checks
    come first."""
    public = os.environ.get("HEXOSTORE_PROFILE") == "public"
    elsewhere = _HELP & set(rest) or "--detach" in rest or os.environ.get("DATABASE_URL")
    if command != "serve" or elsewhere or public:
        yield
        return
    with head_start(home.home_path(os.environ)):
        yield


def commands_overview() -> str:
    """Return the text of `hexostore --help`: our commands, and where the others are."""
    django.setup()
    names = _our_commands()
    lines = [f"  {name:9}{load_command_class(_APP, name).help}" for name in names]
    return "\n".join(
        [
            "Hexostore, a self-hosted server that speaks the Hexoskin REST API.",
            "",
            "usage: hexostore COMMAND [OPTIONS]      hexostore COMMAND --help",
            "",
            *lines,
            "",
            "With --sandbox NAME, commands that read or change rows work in that sandbox.",
            "Django commands, such as migrate and shell, also work.",
            "What each of our commands consists of: hexostore help --all",
            f"Data home: {home.home_path(os.environ)} (HEXOSTORE_HOME)",
        ]
    )


def _run_command(command: str, rest: list[str]) -> int:
    if command == "help" and rest == ["--all"]:
        print("\n".join(_every_command()))  # noqa: T201
        return 0
    if command != "help" and command not in _known_commands():
        hint = did_you_mean(command, _our_commands()) or f" See {program.program_name()} --help"
        _say_error(f"There is no command {command!r}.{hint}")
        return USAGE
    given = bool(os.environ.get("DATABASE_URL"))  # which an embedded one sets as well
    try:
        with _running_database(command, rest):
            sys.argv[0] = program.program_name()  # which usage texts print
            execute_from_command_line([sys.argv[0], command, *rest])
    except (CertificateError, HomeError) as error:
        _say_error(str(error))
    except PostgresError as error:
        _say_error(explain_failure(str(error), home.home_path(os.environ)))
    except Outage as error:
        _say_error(str(error))
    except OperationalError as error:
        _say_error(_about_database(error, given=given))
    else:
        return 0
    return FAILED


def _say_error(text: str) -> None:
    print(f"error: {text}", file=sys.stderr)  # noqa: T201


def _about_database(error: OperationalError, *, given: bool) -> str:
    """Return one line of the many that say why a server cannot be reached or cannot continue."""
    which = "in DATABASE_URL" if given else "of the home"
    first = outages.first_line(error)
    text = f"The database {which} is not reachable: {first}"
    return text if given else explain_failure(text, home.home_path(os.environ))


def _our_commands() -> list[str]:
    return find_commands(str(_COMMANDS))


def _every_command() -> Iterator[str]:
    """Yield a line for each of our commands, and for those below it."""
    from typer.main import get_command

    _known_commands()  # which sets Django up
    for name in _our_commands():
        found = load_command_class(_APP, name)
        below = getattr(get_command(found.typer_app), "commands", {})  # type: ignore[attr-defined]
        yield f"{name:18} {found.help}"
        for each, command in below.items():
            yield f"{name} {each:{17 - len(name)}} {command.help}"


def _known_commands() -> dict[str, str]:
    with without_collection():
        django.setup()
    return get_commands()


@contextmanager
def _running_database(command: str, rest: list[str]) -> Iterator[None]:
    """Have DATABASE_URL name a running server, as long as the command runs."""
    needless = command in _WITHOUT_DATABASE or _HELP & set(rest)
    if needless or os.environ.get("DATABASE_URL"):
        yield
        return
    from hexostore.database.using import use_database

    with Embedded(home.home_path(os.environ)) as embedded:
        use_database(embedded.url)
        yield
