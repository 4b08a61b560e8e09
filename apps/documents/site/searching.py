"""Search in the pages of `/docs/`, by section."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from apps.documents.site import library
from apps.documents.site.markdown import anchor_of

MOST_WORDS, MOST_FOUND = 8, 30
AROUND = 90
"""Characters of a section shown on each side of what was found."""

_HEADING = re.compile(r"^#{1,4} (.+)$", re.MULTILINE)
_MARKS = re.compile(r"\]\([^)]*\)|[`*|\[\]]|^[#>-]+ ", re.MULTILINE)
_FENCE = re.compile(r"^```.*$", re.MULTILINE)


@dataclass(frozen=True)
class Section:
    """A section of a page: `folded` is its heading and its text in small letters."""

    page: str
    title: str
    address: str
    text: str
    folded: str


@dataclass(frozen=True)
class Found:
    """A section with all words, and the part of its text around the first: before, the word and
    after."""

    section: Section
    before: str
    word: str
    after: str


def search(query: str) -> list[Found]:
    """Return the sections that have all words of a query, the best first."""
    words = query.lower().split()[:MOST_WORDS]
    if not words:
        return []
    matching = [each for each in _sections() if all(word in each.folded for word in words)]
    matching.sort(key=lambda section: -_score(section, words))
    return [_excerpt(section, words[0]) for section in matching[:MOST_FOUND]]


def _score(section: Section, words: list[str]) -> float:
    """Return how well a section fits: words in headings count most, then how dense they are."""
    title, page = section.title.lower(), section.page.lower()
    named = sum(20 * (word in title) + 8 * (word in page) for word in words)
    often = sum(section.folded.count(word) for word in words)
    return named + min(often, 20) / (1 + len(section.folded) / 2000)


def _excerpt(section: Section, word: str) -> Found:
    at = section.text.lower().find(word)
    if at < 0:
        return Found(section, section.text[: 2 * AROUND], "", "")
    end = at + len(word)
    before, after = section.text[max(at - AROUND, 0) : at], section.text[end : end + AROUND]
    return Found(section, before, section.text[at:end], after)


@cache
def _sections() -> tuple[Section, ...]:
    return tuple(
        section for name, text in library.all_texts() for section in _sections_of(name, text)
    )


def _sections_of(name: str, text: str) -> list[Section]:
    """Return the sections of a page; what is before the second heading belongs to the first."""
    page, address = library.title_of(name), library.address_of(name)
    pieces = _HEADING.split(_FENCE.sub("", text))
    found = []
    for index, (title, body) in enumerate(zip(pieces[1::2], pieces[2::2], strict=True)):
        plain = " ".join(_MARKS.sub(" ", body).split())
        shown = _MARKS.sub("", title)
        place = address if not index else f"{address}#{anchor_of(title)}"
        found.append(Section(page, shown, place, plain, f"{shown} {plain}".lower()))
    return found
