"""The wheel has one package, which works anywhere and beside programs that have its names."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path
from site import getsitepackages
from urllib.request import Request, urlopen

import pytest

from tests.embedded import remove_home, throwaway_home
from tests.live import ROOT, Live

SOURCES = (
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "apps",
    "docs",
    "fixtures",
    "hexostore",
    "pyproject.toml",
    "setup.py",
)
FOREIGN = "raise ImportError('this is the package of another program')\n"
SPAWNED = """
import multiprocessing, importlib, hexostore.settings
if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    child = context.Process(target=importlib.import_module, args=("apps.api.errors",))
    child.start()
    child.join()
    raise SystemExit(child.exitcode)
"""


@dataclass(frozen=True)
class Installed:
    """A virtual environment with the wheel, and a folder with packages of the same names."""

    environment: Path
    elsewhere: Path

    @property
    def python(self) -> Path:
        return self.environment / "bin" / "python"

    @property
    def script(self) -> Path:
        return self.environment / "bin" / "hexostore"

    def live(self, home: Path, *command: str) -> Live:
        """Return a store that `command` of this environment serves, from the other folder."""
        foreign = {"PYTHONPATH": str(self.elsewhere)}
        return Live(home, environment=foreign, command=command, folder=self.elsewhere)

    def run(self, home: Path, code: str) -> subprocess.CompletedProcess[str]:
        """Run a program of Python in the other folder."""
        file = self.elsewhere / "program.py"
        file.write_text(code)
        return self.live(home, str(self.python)).run(str(file))


def pip(*arguments: str | Path) -> None:
    """Run the pip that bin/setup uses; without any index, as nothing has to be fetched."""
    python = os.environ.get("PYTHON") or "python3"
    command = [python, "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of this checkout."""
    source = tmp_path_factory.mktemp("source")
    dist = tmp_path_factory.mktemp("dist")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, source / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, source)
    stale = source / "build" / "lib" / "hexostore" / "_bundle" / "apps" / "gone.py"
    stale.parent.mkdir(parents=True)
    stale.touch()
    ours = ("--no-deps", "--no-build-isolation", "--no-index")
    pip("--python", sys.executable, "wheel", *ours, "--wheel-dir", dist, source)
    (built,) = dist.iterdir()
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an environment that sees the packages of ours, but not this checkout."""
    environment = tmp_path_factory.mktemp("environment")
    venv = [sys.executable, "-m", "venv", "--without-pip", str(environment)]
    subprocess.run(venv, check=True)
    made = Installed(environment, tmp_path_factory.mktemp("elsewhere"))
    pip("--python", made.python, "install", "--no-deps", "--no-index", "--no-compile", wheel)
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "more.pth").write_text("\n".join(getsitepackages()))
    for name in ("apps", "fixtures"):
        (made.elsewhere / name).mkdir()
        (made.elsewhere / name / "__init__.py").write_text(FOREIGN)
    return made


@pytest.fixture(scope="session")
def served(installed: Installed) -> Iterator[Live]:
    """A demo world that `python -m hexostore` serves."""
    folder = throwaway_home()
    store = installed.live(folder, str(installed.python), "-m", "hexostore").start()
    yield store
    store.stop()
    remove_home(folder)


def test_one_package_and_nothing_stale(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names} == {"hexostore", "hexostore-0.1.0.dist-info"}
    assert not [name for name in names if "gone" in name or name.endswith(".pyc")]


def test_it_has_all_that_the_checkout_has(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("apps", "docs", "fixtures"):
        inside = "hexostore/_bundle/"
        files = [file for file in (ROOT / folder).rglob("*") if file.is_file()]
        wanted = {f"{inside}{file.relative_to(ROOT)}" for file in files if file.suffix != ".pyc"}
        assert wanted <= names
    assert "hexostore/py.typed" in names


def test_its_page_leads_nowhere_into_the_repository(wheel: Path) -> None:
    text = zipfile.ZipFile(wheel).read("hexostore-0.1.0.dist-info/METADATA").decode()
    page = Parser().parsestr(text)
    links = re.findall(r"\]\(([^)]*)\)", str(page.get_payload()))
    assert links
    assert not [link for link in links if not link.startswith("https://")]
    assert page["Description-Content-Type"] == "text/markdown"
    assert "Typing :: Typed" in page.get_all("Classifier", [])
    assert page.get_all("Project-URL")


def test_it_is_served_from_another_folder(served: Live) -> None:
    request = Request(f"{served.base}/api/account/")
    request.add_header("Authorization", "Basic YXRobGV0ZUBleGFtcGxlLmNvbTphdGhsZXRl")
    with urlopen(request) as answer:
        assert json.load(answer)["objects"][0]["email"] == "athlete@example.com"
    with urlopen(f"{served.base}/docs/api/") as page:
        assert page.status == 200
    assert "Traceback" not in served.log()


def test_doctor_finds_it_sound(served: Live, installed: Installed) -> None:
    done = installed.live(served.home, str(installed.script)).run("doctor")
    assert done.returncode == 0, done.stdout
    assert "served now" in done.stdout
    assert "ok       jobs" in done.stdout


def test_it_loads_seeds(served: Live, installed: Installed) -> None:
    (installed.elsewhere / "seed.json").write_text('{"device": {"d1": {"deviceid": "HXSKIN1"}}}')
    done = installed.live(served.home, str(installed.script)).run("load", "seed.json")
    assert (done.stdout, done.stderr) == ("device: 1\n", "")


def test_its_data_home_is_the_users(installed: Installed, home: Path) -> None:
    store = installed.live(home, str(installed.script))
    store.environment |= {"HEXOSTORE_HOME": "", "HOME": str(home), "XDG_DATA_HOME": str(home)}
    assert f"Data home: {home}" in store.run("--help").stdout


@pytest.mark.parametrize(
    "code", ["import hexostore.wsgi, apps.api.errors", SPAWNED], ids=["wsgi", "spawned"]
)
def test_every_process_finds_it(code: str, installed: Installed, home: Path) -> None:
    done = installed.run(home, code)
    assert done.returncode == 0, done.stderr


def test_the_foreign_packages_are_found_without_it(installed: Installed, home: Path) -> None:
    done = installed.run(home, "import apps")
    assert "the package of another program" in done.stderr
