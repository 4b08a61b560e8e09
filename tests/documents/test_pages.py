"""The pages of resources: as committed, as declared, and as served."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
from django.test import Client
from pytest_django.fixtures import Settings

from apps.api import registry
from apps.api.versions import NEWEST
from apps.documents import example_requests, examples, generated, help_texts, pages, parity
from apps.documents.site import library, searching
from tests import begun_homes
from tests.live import ROOT, Live

COMMITTED = ROOT / "docs" / "resources"
NAMES = sorted(parity.all_resources())


@pytest.fixture(scope="module")
def fresh() -> Iterator[Live]:
    """A demo world that nobody has written to."""
    with begun_homes.served_demo() as served:
        yield served


@pytest.mark.generated
def test_the_examples_are_what_the_demo_world_answers(fresh: Live) -> None:
    def ask(path: str, by: str, headers: Mapping[str, str]) -> Any:
        login = (f"{by}@example.com", by)
        answer = requests.get(fresh.base + path, auth=login, headers=headers, timeout=60)
        is_json = answer.headers["Content-Type"].startswith("application/json")
        return answer.json() if answer.status_code == 200 and is_json else None

    found = example_requests.as_text(example_requests.all_examples(ask))
    generated.settle_pages({parity.contract_folder() / "examples.json": found})
    examples.all_examples.cache_clear()


@pytest.mark.generated
def test_the_committed_pages_are_those_of_the_declarations() -> None:
    """After the examples, which it shows."""
    texts = pages.all_pages().items()
    wanted = {COMMITTED / f"{name}.md": pages.GENERATED + text for name, text in texts}
    generated.settle_pages(wanted, others=COMMITTED.iterdir())


def test_most_resources_have_an_example() -> None:
    readable = [r.name for r in registry.all_in(NEWEST) if "get" in r.list_methods]
    assert len(examples.all_examples().keys() & set(readable)) > len(readable) / 2


def test_examples_show_nothing_of_the_moment_they_were_made() -> None:
    text = json.dumps(examples.all_examples())
    years = {int(year) for year in re.findall(r"\b(20\d\d)-\d\d-\d\dT", text)}
    assert max(years - {int(example_requests.FIXED[:4])}) <= 2024


def test_shortening() -> None:
    assert example_requests.shorten([1, 2, 3, 4]) == [1, 2, 3, "…"]
    assert example_requests.shorten({"a": "x" * 200}) == {"a": "x" * 160 + "…"}
    made = "2031-02-03T04:05:06+00:00"
    assert example_requests.shorten({"created": made}) == {"created": "2026-01-01T00:00:00+00:00"}
    assert example_requests.shorten("2014-07-17T19:40:00+00:00") == "2014-07-17T19:40:00+00:00"
    assert example_requests.shorten(359840226870) == 359840226870


def test_a_page_has_what_the_declaration_has() -> None:
    text = pages.resource_page(parity.all_resources()["range"])
    assert text.startswith("# range\n\nA labelled period")
    for line in (
        "- `PATCH /api/range/`",
        "- `DELETE /api/range/{id}/`",
        "- `start`: exact, range, gt, gte, lt, lte",
        "- `trainingroutine`: every lookup, also through the relation",
    ):
        assert f"\n{line}\n" in text
    assert "| `user` | to_one [user](user.md) |" in text
    assert "| `context` | dict | may be null, may be blank |  | since 3.3.x |" in text
    assert '"resource_uri": "/api/range/' in text


@pytest.mark.parametrize("name", NAMES)
def test_texts_name_no_sources_that_readers_lack(name: str) -> None:
    text = pages.resource_page(parity.all_resources()[name])
    assert not re.search(r"\brule T\d|Tastypie|\bwire (trap|\d)|\bbehaviour \d|API reference", text)


def test_readable_patterns() -> None:
    pattern = r"(?P<profile>[^/]+)/fitness/(?P<kpi>(?:a|b)+)"
    assert help_texts.readable_path(pattern) == "{profile}/fitness/{kpi}"
    assert help_texts.path_names("{profile}/fitness/{kpi}") == ["profile", "kpi"]


def test_pages_are_written_and_old_ones_taken_away(tmp_path: Path) -> None:
    folder = tmp_path / "resources"
    folder.mkdir()
    (folder / "gone.md").write_text("old")
    assert pages.write_pages(folder) == len(NAMES) + 1
    assert not (folder / "gone.md").exists()
    assert (folder / "index.md").read_text().startswith("<!--")


@pytest.mark.parametrize("name", ["", *(f"{name}/" for name in NAMES)])
def test_pages_are_served_to_everybody_without_scripts(name: str) -> None:
    answer = Client().get(f"/docs/{name}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    text = answer.content.decode()
    assert "<script" not in text
    assert " style=" not in text
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", text)


def test_pages_have_their_published_address_too() -> None:
    ask = Client()
    for name in ("range", "record"):
        published = ask.get(f"/docs/resource/{name}/")
        assert published.status_code == 200
        assert published.content == ask.get(f"/docs/{name}/").content
    assert ask.get("/docs/resource/horse/").status_code == 404


@pytest.mark.parametrize("path", ["/docs/resource/datatype/", "/docs/datatype/"])
def test_the_table_of_data_types_names_each_in_a_link_and_then_its_number(path: str) -> None:
    text = Client().get(path).content.decode()
    rows = re.findall(r"<tr>\s*<td><a [^>]*>([^<]+)</a></td>\s*<td>(\d+)</td>", text)
    names = {int(number): name for name, number in rows}
    assert names[19] == "heart_rate"
    assert names[4113] == "ECG_I"
    assert len(names) == len(rows) == len(examples.data_types()) > 100


def test_links_of_served_pages_lead_somewhere() -> None:
    ask = Client()
    found = set()
    for name in ("", "range/", "data/"):
        text = ask.get(f"/docs/{name}").content.decode()
        found |= {link for link in re.findall(r'href="([^"]+)"', text) if link.startswith("/docs/")}
    assert "/docs/range/" in found
    assert {link: ask.get(link).status_code for link in found} == dict.fromkeys(found, 200)


def test_a_served_page_is_html_of_the_text() -> None:
    text = Client().get("/docs/range/").content.decode()
    assert "<title>range · Hexostore</title>" in text
    for part in ("List methods", "Detail methods", "Fields", "Filtering options", "Example"):
        assert f">{part}</h2>" in text
    assert '<td>to_one <a href="/docs/user/">user</a></td>' in text
    assert 'name="viewport"' in text


@pytest.mark.parametrize("path", ["horse/", "files/settings.py", "files/..%2fviews.py"])
def test_what_is_not_there(path: str) -> None:
    assert Client().get(f"/docs/{path}").status_code == 404


def test_pages_are_only_read() -> None:
    for path in ("/docs/", "/docs/range/", "/docs/api/", "/docs/files/docs.css"):
        assert Client().post(path).status_code == 405
        assert Client().head(path).status_code == 200


def test_a_guide_comes_before_a_resource_of_its_name() -> None:
    ask = Client()
    assert "<h1>Data</h1>" in ask.get("/docs/data/").content.decode()
    assert "<h1>data</h1>" in ask.get("/docs/resource/data/").content.decode()


def test_every_guide_and_reason_is_served_with_links_that_lead_somewhere() -> None:
    ask = Client()
    links, anchors = set(), {}
    for name in library.page_names():
        address = library.address_of(name)
        answer = ask.get(address)
        assert answer.status_code == 200, name
        text = answer.content.decode()
        anchors[address] = set(re.findall(r' id="([^"]+)"', text))
        links |= {(address, link) for link in re.findall(r'(?:href|src)="([^"]*)"', text)}
    assert not [pair for pair in links if not pair[1] or pair[1].endswith(".md")]
    for address, link in links:
        path, _, anchor = link.partition("#")
        if anchor and (path or address) in anchors:
            assert anchor in anchors[path or address], (address, link)
    others = {link for _, link in links if link.startswith("/docs/")}
    files = {link for link in others if link.partition("#")[0] not in anchors}
    assert {link: ask.get(link).status_code for link in files} == dict.fromkeys(files, 200)


def test_examples_name_the_server_that_shows_them() -> None:
    text = Client().get("/docs/readme/", headers={"host": "localhost:9123"}).content.decode()
    assert "http://localhost:9123/api/" in text
    assert "http://127.0.0.1:8000" not in text


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("cross_site", "/docs/reasons/cross_site/"),
        ("THINNING", "/docs/data/"),
        ("trainingroutine", "/docs/trainingroutine/"),
        ("--detach", "/docs/sandbox/"),
    ],
)
def test_search_finds_sections(query: str, address: str) -> None:
    text = Client().get("/docs/search/", {"q": query}).content.decode()
    found = re.findall(r'<li><a href="([^"#]+)[^"]*">[^<]*</a> <span', text)
    assert address in found
    assert len(found) <= searching.MOST_FOUND
    assert query.lower() in text.lower()


@pytest.mark.parametrize("query", ["", "  ", "nowheretobefound", "\0", "x" * 5000, "<script>"])
def test_search_of_what_is_not_there(query: str) -> None:
    answer = Client().get("/docs/search/", {"q": query})
    assert answer.status_code == 200
    assert b"<script" not in answer.content


def test_groups_hold_each_resource_once() -> None:
    grouped = [each.name for _, found in pages.grouped_resources() for each in found]
    assert sorted(grouped) == NAMES


def test_pages_of_a_public_server_do_not_lead_to_the_console(settings: Settings) -> None:
    settings.HEXOSTORE_PROFILE = "public"
    text = Client().get("/docs/quickstart/").content.decode()
    assert "/explore/" not in text
    assert 'href="/docs/"' in text
