"""TCX files that are made to hurt are refused, and nothing outside of them is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.exchange.activity import FileError
from apps.exchange.formats.xml import reading
from tests.exchange.tcx.files import NAMESPACES, activity, file, lap, point, read


def refuse(text: str | bytes, message: str = ".") -> None:
    with pytest.raises(FileError, match=message):
        read(text)


def with_doctype(inside: str, use: str) -> str:
    text = file(activity(lap([point(0)]), after=f"<Notes>{use}</Notes>"))
    return text.replace("?>", f"?><!DOCTYPE TrainingCenterDatabase [{inside}]>", 1)


@pytest.mark.rule("exchange recipe 38")
def test_entities_are_not_expanded() -> None:
    laughs = '<!ENTITY l0 "ha">' + "".join(
        f'<!ENTITY l{number} "{f"&l{number - 1};" * 10}">' for number in range(1, 10)
    )
    refuse(with_doctype(laughs, "&l9;"), "document type")


@pytest.mark.rule("exchange recipe 38")
def test_nothing_outside_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    refuse(with_doctype(f'<!ENTITY s SYSTEM "{secret.as_uri()}">', "&s;"), "document type")


@pytest.mark.rule("exchange recipe 38")
def test_deep_nesting_is_refused() -> None:
    refuse(file(activity("<a>" * 300 + "</a>" * 300)), "nested more than 256 deep")


@pytest.mark.rule("exchange recipe 38")
@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ("<Notes>" + "x" * 11_000_000 + "</Notes>", "text or an attribute is longer"),
        ("<Notes><![CDATA[" + "x" * 11_000_000 + "]]></Notes>", "comment or a text is longer"),
        (f'<Notes a="{"x" * 17_000_000}"/>', "too much that is no part"),
        ("<a/>" * 15_001, "too much that is no part"),
        ("<a>" * 1_000, "nested more than 256 deep"),
        (f"<{'a' * 60_000}/>", "a name is longer"),
        ("<Course/>" * 1_000, "a course to follow"),
        ("<Lap/>" * 10_001, "more than 10000 laps"),
        ("<Trackpoint/>" * 15_001, "too much that is no part"),
        ("<Workout/>" * 1_001, "more than 1000 workouts"),
    ],
    ids=[
        "text",
        "raw text",
        "attribute",
        "elements",
        "depth",
        "name",
        "courses",
        "laps",
        "points",
        "workouts",
    ],
)
def test_masses_are_refused(monkeypatch: pytest.MonkeyPatch, inside: str, message: str) -> None:
    monkeypatch.setattr(reading, "MOST_MARKS", 15_000)
    refuse(file(inside), message)


@pytest.mark.rule("exchange recipe 38")
def test_more_attributes_than_anybody_has_are_refused() -> None:
    attributes = " ".join(f"b{number}=''" for number in range(120_000))
    refuse(file(f"<a {attributes}/>"), "too much that is no part")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<html><body>Not found</body></html>", "root is html"),
        ('<gpx version="1.1"/>', "root is gpx"),
        ('{"error": "no"}', "no TCX file"),
        ("", "no whole start tag"),
        ("   ", "no whole start tag"),
        ("<" * 100, "no TCX file"),
        ("<!-- " + "x" * 2_000_000 + "-->", "no whole start tag"),
    ],
)
def test_other_files_are_named(text: str, message: str) -> None:
    refuse(text, message)


def test_a_file_that_breaks_off_tells_how_far_it_can_be_read() -> None:
    text = file(activity(lap(point(second) for second in range(50))))
    refuse(text[: text.index("12:00:30") + 8], "after 30 points")
    refuse(text.replace("12:00:30Z</Time>", "12:00:30Z</Tim>"), "after 30 points")


def test_control_characters_are_damage() -> None:
    refuse(file(activity(lap([point(0)]), after="<Notes>\x01</Notes>")), "after 1 points")
    refuse(f"<TrainingCenterDatabase {NAMESPACES}>&unknown;</TrainingCenterDatabase>")
