"""Every example of the pages runs against a real server and prints what the page shows."""

import contextlib
import io
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import begun_homes
from tests.docs.markdown import (
    EXAMPLE,
    LANGUAGES,
    NO_RUN,
    PAGES,
    ROOT,
    RUNNABLE,
    Block,
    blocks,
)
from tests.docs.shown import require_json, require_text
from tests.embedded import remove_home, throwaway_home
from tests.live import Live

OWN_STORES = {
    "docs/control-plane.md": "demo",
    "docs/exchange.md": "demo",
    "docs/objects.md": "demo",
    "docs/observing.md": "empty",
    "docs/sandbox.md": "empty",
    "docs/scoring.md": "demo",
    "docs/studies.md": "demo",
}
"""The pages whose examples change the store for good, and the store that each gets to itself."""

OPTIONS = {"docs/observing.md": ("--metrics-port", "0")}
"""Further options of those stores."""

NOT_RUN = re.compile(
    r"\./bin/(serve|test|check|bench|coverage|docs|fuzz|setup|outdated|chaos|attack|dump-store|prepare-start|install-image)\b"
    r"|\./bin/hexostore (proxy|prune|serve|upgrade|status|logs|stop|restart)\b"
    r"|hexostore run |git clone |docker |sudo |(python3 -m )?pip (install|wheel) |hexostore serve$"
    r"|\./bin/hexostore simulate .*--live$"
    r"|(psql|pg_basebackup|pg_ctl|pg_rewind) |(touch|printf|export) |\s+-"  # other database servers
    r"|(HEXOSTORE_\w+|OTEL_\w+|DATABASE_(?:DIRECT_)?URL|HTTPS_PROXY|REQUESTS_CA_BUNDLE|SECRET_KEY)=|#|$"
)
"""What a line may begin with in a block of commands that is not run."""

WITH_EXAMPLES = [page for page in PAGES if any(block.runs for block in blocks(page))]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture
def server(page: Path, request: pytest.FixtureRequest) -> Iterator[Live]:
    """The server that the examples of the page talk to."""
    seed = OWN_STORES.get(name_of(page))
    if seed is None:
        yield request.getfixturevalue("live")
        return
    home = throwaway_home()
    begun_homes.fill_home(home, seed)
    begun = ("--empty",) if seed == "empty" else ()
    served = Live(home, (*begun, *OPTIONS.get(name_of(page), ()))).start()
    yield served
    served.stop()
    remove_home(home)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the examples run: an empty folder, but for what they call in a checkout."""
    script = tmp_path / "bin" / "hexostore"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec "{ROOT}/bin/hexostore" "$@"\n')
    script.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def as_served(text: str, server: Live) -> str:
    """A page's text with the addresses and paths of the server at hand."""
    for shown, real in {
        "127.0.0.1:8000": server.base.partition("//")[2],
        "127.0.0.1:8443": server.https.partition("//")[2],
        "http://127.0.0.1:9300/metrics": server.facts.get("metrics", ""),
        "var/tls/ca.pem": str(server.ca),
    }.items():
        text = text.replace(shown, real)
    return text


def run_sh(code: str, server: Live, folder: Path) -> str:
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")
    }
    done = subprocess.run(
        ["/bin/sh", "-eu", "-c", code],
        cwd=folder,
        env={**inherited, "HEXOSTORE_HOME": str(server.home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, f"exit status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def run_python(code: str, block: Block, names: dict[str, Any]) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, str(block), "exec"), names)  # noqa: S102 - it is the page's example
    return printed.getvalue()


def require_shown(block: Block, shown: str, printed: str) -> None:
    if block.language == "json":
        require_json(shown, printed)
    else:
        require_text(shown, printed)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples need curl")
@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=name_of)
def test_examples_do_what_the_page_says(page: Path, server: Live, folder: Path) -> None:
    """The blocks run in order; those in Python share their names, as typed one by one."""
    names: dict[str, Any] = {"__name__": "__main__"}
    printed = ""
    for block in blocks(page):
        text = as_served(block.text, server)
        try:
            if block.runs and block.language == "sh":
                printed = run_sh(text, server, folder)
            elif block.runs:
                printed = run_python(text, block, names)
            elif block.is_output:
                require_shown(block, text, printed)
        except Exception as error:
            error.add_note(f"in the example at {block}")
            raise


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_blocks_are_of_known_languages(page: Path) -> None:
    """A misspelt language would keep a block from being run."""
    assert {block.language for block in blocks(page)} <= LANGUAGES


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_outputs_follow_what_prints_them(page: Path) -> None:
    before: Block | None = None
    for block in blocks(page):
        if block.is_output:
            assert before is not None, f"{block} shows what no example prints"
            assert before.runs, f"{block} shows what no example prints"
        before = block


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_few_commands_are_not_run(page: Path) -> None:
    """Only what goes on for long, needs docker, or changes the machine."""
    for block in blocks(page):
        if block.language == "sh" and not block.runs:
            wrong = [line for line in block.text.splitlines() if not NOT_RUN.match(line)]
            assert not wrong, block


def test_python_that_is_not_run() -> None:
    """Only what needs the published client, which is not among the project's packages."""
    every = [block for page in PAGES for block in blocks(page)]
    skipped = [b for b in every if b.language == "python" and NO_RUN in b.marks]
    assert all("import hexoskin" in block.text for block in skipped)
    assert len(skipped) <= 1


def test_quoted_code_is_the_code() -> None:
    """A block of Python marked as an example is a piece of the program, or of a whole example."""
    files = [*(ROOT / "apps").glob("**/*.py"), *(ROOT / "docs" / "examples").glob("*.py")]
    sources = [file.read_text() for file in files]
    every = [block for page in PAGES for block in blocks(page)]
    quoted = [b for b in every if b.language == "python" and EXAMPLE in b.marks]
    assert quoted
    for block in quoted:
        assert any(block.text in source for source in sources), block


def test_there_are_examples() -> None:
    run = [block for page in PAGES for block in blocks(page) if block.runs]
    assert {block.language for block in run} == RUNNABLE
