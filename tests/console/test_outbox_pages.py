"""The pages of the outbox."""

from __future__ import annotations

import pytest

from apps.console.mail import MOST_MAILS, link_text
from apps.sandbox import outbox
from apps.sandbox.models import Mail
from tests.console.browsing import counted_statements, links_of, read_page, visit

pytestmark = pytest.mark.django_db

HOSTILE = "<script>document.title='taken'</script>"


def keep(subject: str = "Hello", to: str = "ann@example.com", body: str = "") -> Mail:
    return Mail.objects.create(to=to, sender="store@example.com", subject=subject, body=body)


def test_without_mail_it_says_what_makes_some() -> None:
    text = read_page("/outbox/")
    assert "No mail yet" in text
    assert "/api/resetpassword/" in text


def test_the_newest_is_first_and_leads_to_its_page() -> None:
    first, second = keep("one"), keep("two")
    text = read_page("/outbox/")
    assert text.index(f"/outbox/{second.pk}/") < text.index(f"/outbox/{first.pk}/")


@pytest.mark.parametrize("asked", ["ANN@", "example.com", "welcome"])
def test_a_search_looks_into_addresses_and_subjects(asked: str) -> None:
    keep("Welcome", "ann@example.com")
    keep("Other", "bob@x.test")
    text = read_page(f"/outbox/?q={asked}")
    assert "ann@example.com" in text
    assert "bob@x.test" not in text


def test_a_search_without_a_result_says_so() -> None:
    keep("Welcome")
    text = read_page("/outbox/?q=%3Cb%3Enothing")
    assert "No mail with “&lt;b&gt;nothing”" in text


def test_signs_of_a_pattern_are_letters_in_a_search() -> None:
    keep("100% sure")
    keep("1000 sure")
    assert [each.subject for each in outbox.search_mails("100%")] == ["100% sure"]
    assert list(outbox.search_mails("\0")) == list(outbox.find_mails())


def test_a_mail_is_shown_as_text_with_links_that_open() -> None:
    mail = keep(HOSTILE, HOSTILE, f"Go to https://x.test/a?b=1&c=2.\n{HOSTILE}")
    text = read_page(f"/outbox/{mail.pk}/")
    assert "<script>document" not in text
    link = '<a href="https://x.test/a?b=1&amp;c=2" rel="noopener noreferrer" target="_blank">'
    assert link in text


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "ftp://x.test/",
        "data:text/html,x",
        "http:x.test",
        "https://",
    ],
)
def test_nothing_else_becomes_a_link(text: str) -> None:
    assert "<a" not in link_text(text)


def test_a_link_cannot_leave_its_attribute() -> None:
    shown = link_text('https://x.test/"onclick="alert(1) https://x.test/\'><img src=x>')
    assert "<img" not in shown
    assert shown.count("<a ") == 2
    assert 'onclick="alert' not in shown


def test_a_mail_that_is_not_there_is_404() -> None:
    for number in (1, 10**30):
        assert visit(f"/outbox/{number}/").status_code == 404


def test_the_cost_does_not_grow_with_the_mail() -> None:
    keep()
    with counted_statements() as before:
        read_page("/outbox/?q=hello")
    Mail.objects.bulk_create(
        Mail(to="ann@example.com", sender="b", subject="Hello", body="") for _ in range(100)
    )
    with counted_statements() as after:
        text = read_page("/outbox/?q=hello")
    assert len(after) == len(before) == 1
    assert len([each for each in links_of(text) if each.startswith("/outbox/")]) == MOST_MAILS + 1
    assert "Search for others" in text


def test_a_search_looks_at_the_newest_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "SEARCHED", 2)
    for number in range(4):
        keep(f"number {number}")
    found = [each.subject for each in outbox.search_mails("number")]
    assert found == ["number 3", "number 2"]
