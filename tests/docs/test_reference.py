"""What the program offers is written down, and what is written down can be found."""

import re
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from django.core.management import load_command_class

from apps.api import registry
from apps.api.versions import NEWEST, Version
from tests.docs.markdown import PAGES, ROOT, anchors, links

DOCS = ROOT / "docs"
COMMANDS = (
    ("serve",),
    ("status",),
    ("logs",),
    ("stop",),
    ("restart",),
    ("load",),
    ("import",),
    ("simulate",),
    ("score",),
    ("user", "add"),
    ("user", "list"),
    ("key", "add"),
    ("key", "list"),
    ("outbox",),
    ("requests", "list"),
    ("requests", "show"),
    ("requests", "clear"),
    ("sandbox", "create"),
    ("sandbox", "list"),
    ("run",),
    ("clock", "freeze"),
    ("clock", "advance"),
    ("work",),
    ("contract",),
    ("chunks", "status"),
    ("chunks", "move"),
    ("doctor",),
    ("trust",),
    ("proxy",),
    ("prune",),
    ("upgrade",),
    ("verify",),
    ("fault", "list"),
    ("fault", "add"),
    ("fault", "remove"),
    ("token", "list"),
    ("mark", "list"),
    ("token", "end"),
)

_READ_IN_SETTINGS = re.compile(
    r"(?:env(?:\.\w+)?|choice|origins|whole_number|days_kept)\(\s*\"([A-Z_]+)\""
)
_ELSEWHERE = re.compile(r"\b(?:HEXOSTORE_[A-Z]\w+|PYTHON)\b")
_ROW = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)

INTERNAL = {"HEXOSTORE_SETUP_LOCKED", "HEXOSTORE_WRITE_DOCS"}
"""What scripts tell themselves."""


def overview() -> str:
    """What the program prints of its commands."""
    program = str(ROOT / "bin" / "hexostore")
    done = subprocess.run(
        [program, "--help"], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def help_of(command: tuple[str, ...], printed: pytest.CaptureFixture[str]) -> str:
    """What a command prints of its options."""
    asked = ["hexostore", *command, "--help"]
    with suppress(SystemExit):  # which commands of a group do not raise
        load_command_class("apps.sandbox", command[0]).run_from_argv(asked)
    told = printed.readouterr().out
    assert "--help" in told
    return re.sub(r"\x1b\[[0-9;]*m", "", told)


def variables() -> set[str]:
    """The environment variables that the program and its scripts read."""
    found = set(_READ_IN_SETTINGS.findall((ROOT / "hexostore" / "settings.py").read_text()))
    scripts = [path for path in (ROOT / "bin").iterdir() if path.is_file()]
    management = ROOT / "apps" / "sandbox" / "management"
    asking = [*(management / "commands" / f"{each}.py" for each in ("user", "verify"))]
    asking.append(management / "control.py")
    for file in (ROOT / "hexostore" / "home.py", *asking, *scripts):
        found |= set(_ELSEWHERE.findall(file.read_text()))
    return found - INTERNAL


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_option_is_documented(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    page = (DOCS / "sandbox.md").read_text()
    offered = set(re.findall(r"--[a-z][a-z-]+", help_of(command, capsys))) - {"--help"}
    assert offered or command == ("doctor",)
    assert not {option for option in offered if not re.search(rf"(?<![\w-]){option}\b", page)}


def test_every_command_is_documented() -> None:
    offered = re.findall(r"^  ([a-z]+) +[A-Z]", overview(), re.MULTILINE)
    assert set(offered) == {command[0] for command in COMMANDS}
    page = (DOCS / "sandbox.md").read_text()
    assert not [name for name in offered if f"hexostore {name}" not in page]


def test_every_variable_is_documented_and_read() -> None:
    documented = set(_ROW.findall((DOCS / "configuration.md").read_text()))
    assert documented == variables()


def test_every_system_check_is_documented() -> None:
    page = (DOCS / "configuration.md").read_text()
    source = (ROOT / "hexostore" / "checks.py").read_text()
    ids = set(re.findall(r"\"(hexostore\.[EW]\d{3})\"", source))
    assert ids
    assert {check for check in ids if f"`{check}`" not in page} == set()


def test_every_resource_is_documented() -> None:
    """Endpoints of data stand on their own page, the others in the README's table."""
    pages = (ROOT / "README.md").read_text() + (DOCS / "data.md").read_text()
    assert not [each.name for each in registry.all_in(NEWEST) if f"`{each.name}`" not in pages]


def test_every_version_is_documented() -> None:
    page = (DOCS / "differences.md").read_text()
    assert not [version for version in Version if version.text not in page]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def test_the_index_lists_every_page() -> None:
    listed = {(DOCS / target).resolve() for target in links(DOCS / "index.md")}
    assert set(DOCS.glob("*.md")) - {DOCS / "index.md"} <= listed
