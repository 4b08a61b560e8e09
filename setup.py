"""What pyproject.toml cannot say: a wheel has `apps`, `docs` and `fixtures` inside of `hexostore`.

hexostore/bundle.py finds them there. Its README keeps no link into the repository, where a page of
a package has nothing to lead to.
"""

import re
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

BUNDLED = ("apps", "docs", "fixtures")
BESIDE = ("CHANGELOG.md", "README.md")  # which /docs/ shows, too
LINK_INTO_REPOSITORY = re.compile(r"\[([^]]+)\]\((?!https?:)[^)]+\)")


def bundled_files() -> list[Path]:
    """Return the files that are bundled, from the root of the checkout."""
    found = [file for folder in BUNDLED for file in Path(folder).rglob("*") if file.is_file()]
    found += map(Path, BESIDE)
    return sorted(file for file in found if "__pycache__" not in file.parts)


def readme() -> str:
    """Return the README with links to other sites only: `[Data](docs/data.md)` is `Data`."""
    return LINK_INTO_REPOSITORY.sub(r"\1", Path("README.md").read_text(encoding="utf-8"))


class BuildBundled(build_py):
    """Build the package `hexostore` with what it bundles."""

    def run(self) -> None:
        if self.editable_mode:  # which runs from the checkout
            super().run()
            return
        shutil.rmtree(self.build_lib, ignore_errors=True)  # files that are gone meanwhile
        super().run()
        for target, source in self._targets().items():
            self.mkpath(str(Path(target).parent))
            self.copy_file(source, target)

    def _targets(self) -> dict[str, str]:
        """Return the file to copy for each file to make."""
        folder = Path(self.build_lib, "hexostore", "_bundle")
        return {str(folder / file): str(file) for file in bundled_files()}

    def get_source_files(self) -> list[str]:
        """Return what an sdist takes along."""
        ours = [str(file) for file in bundled_files()]
        return [*super().get_source_files(), *ours]  # type: ignore[no-untyped-call]

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        bundled = [] if self.editable_mode else list(self._targets())
        return [*super().get_outputs(include_bytecode), *bundled]

    def get_output_mapping(self) -> dict[str, str]:
        bundled = {} if self.editable_mode else self._targets()
        return {**super().get_output_mapping(), **bundled}


setup(
    cmdclass={"build_py": BuildBundled},
    long_description=readme(),
    long_description_content_type="text/markdown",
)
