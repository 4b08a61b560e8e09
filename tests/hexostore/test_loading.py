"""What a start goes without."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hexostore import cli, loading

UNUSED = (
    *("requests.api", "urllib3.util", "charset_normalizer", "yaml.reader", "rich.console"),
    *("fit_tool", "fitdecode", "lxml"),
)
"""Modules that would be loaded for what a server does not do, or only when it is asked for."""

SERVED = """
import os, sys
from hexostore import cli, loading
os.environ["DJANGO_SETTINGS_MODULE"] = "hexostore.settings"
cli.execute_from_command_line = lambda _: None
assert cli._dispatch_command("doctor") == 0
import apps.sandbox.management.commands.serve, hexostore.urls, hexostore.wsgi
print(*sys.modules, sep="\\n")
"""


def test_a_served_store_has_not_loaded_what_it_does_not_use(home: Path) -> None:
    environment = {"HEXOSTORE_HOME": str(home), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", SERVED], env=environment, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "apps.signals.formats.json.writer" in loaded
    assert loaded.isdisjoint(UNUSED)


@pytest.fixture
def put_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a package that is put off, and counts how often it was loaded."""
    package = tmp_path / "package_put_off"
    package.mkdir()
    (package / "__init__.py").write_text("import sys\nsys.loaded.append(1)\nvalue = 5\n")
    (package / "part.py").write_text("value = 6\n")
    monkeypatch.setattr(sys, "loaded", [], raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    loading.put_off(package.name)
    return package.name


@pytest.mark.parametrize(
    ("use", "found"),
    [
        ("import {0} as it; it = it.value", 5),
        ("from {0} import value as it", 5),
        ("import {0}.part; it = {0}.part.value", 6),
        ("import {0} as early; import {0}.part; it = early.part.value + early.value", 11),
    ],
)
def test_a_module_that_is_put_off_is_loaded_once_at_its_first_use(
    put_off: str, use: str, found: int
) -> None:
    scope: dict[str, object] = {}
    try:
        exec(f"import {put_off}, {put_off} as again", scope)  # noqa: S102
        assert sys.loaded == []  # type: ignore[attr-defined]
        exec(use.format(put_off), scope)  # noqa: S102
        assert scope["it"] == found
        assert sys.loaded == [1]  # type: ignore[attr-defined]
    finally:
        for name in (put_off, f"{put_off}.part"):
            sys.modules.pop(name, None)


def test_what_is_loaded_or_not_there_is_left_alone() -> None:
    loading.put_off("json", "there_is_no_such_package")
    assert sys.modules["json"].__dict__["loads"]
    assert "there_is_no_such_package" not in sys.modules


@pytest.mark.parametrize(
    ("arguments", "rich"),
    [(["serve", "--help"], None), (["help", "serve"], None), (["doctor"], "0"), (["--help"], "0")],
)
def test_only_help_is_laid_out_by_rich(
    arguments: list[str], rich: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TYPER_USE_RICH", "")
    monkeypatch.delenv("TYPER_USE_RICH")  # and so removed in the end, too
    monkeypatch.setattr(cli, "_run_command", lambda *_: 0)
    monkeypatch.setattr(cli, "commands_overview", lambda: "")
    assert cli._dispatch_command(*arguments) == 0
    assert os.environ.get("TYPER_USE_RICH") == rich
