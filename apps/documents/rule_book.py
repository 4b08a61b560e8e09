"""The rules of docs/contract by name, and the citations in a text.

The name of a rule is its bold text or the number of its heading: `T57` or `Tastypie 18` in
tastypie.md, `wire trap 13`, `wire 1.7`, `wire F1` or `wire row 39` in wire.md, `behaviour 4` in
behaviour.md, `metrics 3.2` in metrics.md, `exchange 3.4`, `exchange D8` or `exchange recipe 12` in
exchange.md, `studies 4.2` in studies.md. pages.json has the public pages and their sections.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "contract"
CATALOGUE = Path(__file__).parents[2] / "fixtures" / "catalog" / "datatype.json"
BOOKS = {
    "Tastypie": "tastypie.md",
    "wire": "wire.md",
    "behaviour": "behaviour.md",
    "metrics": "metrics.md",
    "exchange": "exchange.md",
    "studies": "studies.md",
}

_HEADING = re.compile(r"#{2,3} (?P<number>\d+(?:\.\d+)?)\.? (?P<text>.+)")
_ENTRY = re.compile(r"(?:\* |\| )\*\*(?P<label>[^*]*\d)\.?\*\* ?\|? ?(?P<text>.+)")
_OF_TASTYPIE = re.compile(r"(?<!\})\bT\d+\b")
_ITEM = r"(?:(?:traps?|rows?|recipes?|sections?) )?(?:[DF]\d+|\d+(?:\.\d+)?)(?!\w|\.\d)"
_ITEMS = rf"(?P<items>{_ITEM}(?:(?:,| and| or| to) {_ITEM})*)"
_BOOK = r"(?P<book>[Tt]astypie|[Ww]ire|[Bb]ehaviour|[Mm]etrics|[Ee]xchange|[Ss]tudies)"
_OF_BOOK = re.compile(rf"\b{_BOOK} {_ITEMS}")
_ONE_ITEM = re.compile(r"(?:(?P<kind>trap|row|recipe|section)s? )?(?P<number>[DF]?\d+(?:\.\d+)?)")
_DATATYPES = re.compile(r"catalogue, datatypes? (?P<ids>\d+(?:(?:,| and| to) \d+)*)")
_LINE_BREAK = re.compile(r"\s*\n\s*(?:# ?)?")
_OUTDATED = re.compile(
    r"\b[Ss]eeds? 0\d\d\b"
    r"|\b[Cc]ontract, (?:formats|CSV|datatype|kpis|ecosystem|wire|behaviour|F?\d)"
    r"|\b(?:tastypie|wire|behaviour|metrics|exchange|studies)\.md,? (?:section|trap|row|\d)"
)
"""Kinds of citations that lead nowhere."""


@dataclass(frozen=True)
class ContractRule:
    """A rule: its name, its book, its section, and its first line."""

    name: str
    book: str
    section: str
    text: str


@cache
def all_rules() -> dict[str, ContractRule]:
    """Return all rules by name, in the order of the books. Raise ValueError if a name occurs
    twice."""
    found: dict[str, ContractRule] = {}
    for book, file in BOOKS.items():
        for rule in _read_book(book, (FOLDER / file).read_text()):
            if rule.name in found:
                raise ValueError(f"{file} has {rule.name} twice.")
            found[rule.name] = rule
    return found


def _read_book(book: str, text: str) -> Iterator[ContractRule]:
    section = ""
    for line in text.splitlines():
        if heading := _HEADING.match(line):
            section = f"{book} {heading['number']}"
            yield ContractRule(section, book, section, heading["text"])
        elif section and (entry := _ENTRY.match(line)):
            name = entry["label"] if book == "Tastypie" else f"{book} {entry['label']}"
            yield ContractRule(name, book, section, entry["text"])


@cache
def page_sections() -> dict[str, list[str]]:
    """Return the titles of the public pages with their sections."""
    found: dict[str, list[str]] = json.loads((FOLDER / "pages.json").read_text())
    return found


@cache
def all_sections() -> frozenset[str]:
    """Return every section of a public page as it is cited: `API reference, Error Codes`."""
    return frozenset(
        f"{page}, {title}" for page, titles in page_sections().items() for title in titles
    )


@cache
def datatype_ids() -> frozenset[int]:
    """Return the ids of the data types in the catalogue."""
    catalogue = json.loads(CATALOGUE.read_text())["datatype"]
    return frozenset(row["dataid"] for row in catalogue.values())


def find_faults(text: str) -> list[str]:
    """Return the citations in a text of Python, Markdown or shell that lead nowhere."""
    joined = _LINE_BREAK.sub(" ", re.sub(r"noqa: [A-Z0-9, ]+", "", text))
    return [
        *(name for name in cited_rules(joined) if name not in all_rules()),
        *_unknown_sections(joined),
        *_unknown_datatypes(joined),
        *(found.group() for found in _OUTDATED.finditer(joined)),
    ]


def cited_rules(text: str) -> list[str]:
    """Return the names of the rules that a line of text cites. Of `T62 to T67` these are both
    ends."""
    names = _OF_TASTYPIE.findall(text)
    for found in _OF_BOOK.finditer(text):
        names += _cited_names(found["book"], found["items"])
    return names


def _cited_names(book: str, items: str) -> Iterator[str]:
    """Yield the cited rules of one book. `traps 11 and 13` are two, because the kind applies until
    the next one."""
    kind = ""
    prefix = "Tastypie" if book in {"Tastypie", "tastypie"} else book.lower()
    for item in _ONE_ITEM.finditer(items):
        kind = item["kind"] or kind
        label = f"{kind} " if kind in {"trap", "row", "recipe"} else ""
        yield f"{prefix} {label}{item['number']}"


def _unknown_sections(text: str) -> Iterator[str]:
    for page in page_sections():
        for found in re.finditer(rf"\b{page}, (?P<rest>.{{1,60}})", text):
            if not any(_begins_with(found["rest"], title) for title in page_sections()[page]):
                yield found.group()


def _begins_with(text: str, title: str) -> bool:
    return re.match(rf"{re.escape(title)}(?!\w)", text) is not None


def _unknown_datatypes(text: str) -> Iterator[str]:
    for found in _DATATYPES.finditer(text):
        ids = map(int, re.findall(r"\d+", found["ids"]))
        yield from (
            f"catalogue, datatype {number}" for number in ids if number not in datatype_ids()
        )
