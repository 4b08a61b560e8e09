"""Programs made from the published pages: one from the table of data types, one from the list of
endpoints of version 3.3.x."""

from __future__ import annotations

from html.parser import HTMLParser

import requests

from tests.clients.session import with_key
from tests.live import Live


class Cells(HTMLParser):
    """The cells of every row of every table, each with the texts within and those of its links."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[tuple[list[str], list[str]]]] = []
        self._cell = self._link = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag == "td":
            self.rows[-1].append(([], []))
        self._cell = self._cell or tag == "td"
        self._link = self._link or tag == "a"

    def handle_endtag(self, tag: str) -> None:
        self._cell = self._cell and tag != "td"
        self._link = self._link and tag != "a"

    def handle_data(self, data: str) -> None:
        if self._cell:
            texts, links = self.rows[-1][-1]
            texts.append(data)
            if self._link:
                links.append(data)


def test_constants_from_the_table_of_data_types(live: Live) -> None:
    """Of each row with cells: the first link of the first cell, the first text of the second.

    The program looks at all rows of the page, so there must be no other table on it.
    """
    page = requests.get(f"{live.base}/docs/resource/datatype/", timeout=60)
    assert page.status_code == 200
    cells = Cells()
    cells.feed(page.text)
    constants = {row[0][1][0]: int(row[1][0][0]) for row in cells.rows if row}
    kinds = with_key(live).rows("/api/datatype/?limit=0")
    assert constants == {kind["name"]: kind["dataid"] for kind in kinds}
    assert all(name.isidentifier() for name in constants)


def test_endpoints_that_the_page_of_3_3_names(live: Live) -> None:
    session = with_key(live, version="3.3.x")
    for name in ("accesstoken", "account", "algo", "record", "range", "data/?record=37700"):
        path = name if "?" in name else f"{name}/"
        assert session.send("GET", f"/api/{path}").status_code == 200, name
    assert session.read("/api/accesstoken/")["meta"]["limit"] == 20
