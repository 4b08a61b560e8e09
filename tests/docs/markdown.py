"""The fenced blocks and links of the project's Markdown pages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("**/*.md")),
]

RUNNABLE, OUTPUT = {"sh", "python"}, {"json", "text"}
LANGUAGES = RUNNABLE | OUTPUT | {"ini", "diff", "nginx", "haproxy", "js"}
"""Scripts for browsers (js) run in tests/browser/test_foreign_pages.py."""
NO_RUN, EXAMPLE = "no-run", "example"

_FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?P<target>[^)\s]+)\)")
_CODE = re.compile(r"`[^`\n]*`")
_HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the other words after the fence, and where it stands."""

    page: Path
    line: int
    language: str
    marks: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def runs(self) -> bool:
        """Whether the tests execute it."""
        return self.language in RUNNABLE and not {NO_RUN, EXAMPLE} & set(self.marks)

    @property
    def is_output(self) -> bool:
        """Whether it shows what the block before it prints."""
        return self.language in OUTPUT and EXAMPLE not in self.marks


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page, in order."""
    content = page.read_text()
    for found in _FENCE.finditer(content):
        language, *marks = found["info"].split() or [""]
        line = content.count("\n", 0, found.start()) + 1
        yield Block(page, line, language, tuple(marks), found["text"])


def links(page: Path) -> list[str]:
    """The targets of a page's links, those in blocks left out."""
    return [found["target"] for found in _LINK.finditer(_prose(page))]


def anchors(page: Path) -> set[str]:
    """What links to the headings of a page may say after the hash sign."""
    titles = (found["title"] for found in _HEADING.finditer(_prose(page)))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _prose(page: Path) -> str:
    """The page without its blocks, and without code in a line that looks like a link."""
    return _CODE.sub(_unlinked, _FENCE.sub("", page.read_text()))


def _unlinked(code: re.Match[str]) -> str:
    return "" if "](" in code.group() else code.group()
