"""Somebody with a browser of the simplest kind: he follows redirects, reads forms and sends them.

For the pages on which people log in and consent; where the store sends him away, he stops.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

STEPS = 10
_EMPTY = {"text", "email", "password", "search"}


@dataclass
class Form:
    """A form: where it goes, what its fields hold, which of them are to be filled in, and its
    buttons by what is written on them."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    blanks: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


class Reader(HTMLParser):
    """The forms of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._button: tuple[str, str] | None = None
        self._written = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        elif tag == "input" and self.forms:
            self._field(given)
        elif tag == "button" and self.forms:
            self._button, self._written = (given.get("name", ""), given.get("value", "")), ""

    def _field(self, given: dict[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "text")
        if kind in _EMPTY:
            self.forms[-1].blanks[name] = kind
        if kind not in {"checkbox", "radio"} or "checked" in given:
            self.forms[-1].values[name] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        self._written += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "button" and self._button is not None:
            self.forms[-1].buttons[self._written.strip()] = self._button
            self._button = None


class Visitor:
    """A person with a name, a password and cookies, at a store whose certificates he trusts."""

    def __init__(self, base: str, ca: str, name: str, password: str) -> None:
        self.base, self.name, self.password = base, name, password
        self.session = requests.Session()
        self.session.trust_env = False  # where REQUESTS_CA_BUNDLE would win
        self.session.verify = ca

    def goes_to(self, url: str, button: str = "Allow") -> str:
        """Where the store sends him in the end, who logs in and presses the button if asked;
        AssertionError if it never does."""
        answer = self._get(url)
        for _ in range(STEPS):
            if answer.is_redirect:
                url = urljoin(answer.url, answer.headers["Location"])
                if not url.startswith(self.base):
                    return url
                answer = self._get(url)
            else:
                answer = self._send(answer, button)
        raise AssertionError(answer.text)

    def _get(self, url: str) -> requests.Response:
        return self.session.get(url, allow_redirects=False, timeout=10)

    def _send(self, page: requests.Response, button: str) -> requests.Response:
        assert page.status_code == 200, page.text
        forms = Reader(page.text).forms
        pressed, form = next(
            (label, form) for label in (button, "Log in") for form in forms if label in form.buttons
        )
        sent = {**form.values, **self._filled(form), **dict([form.buttons[pressed]])}
        url = urljoin(page.url, form.action)
        return self.session.request(
            form.method,
            url,
            data=sent,
            headers={"Referer": page.url, "Origin": self.base},
            allow_redirects=False,
            timeout=10,
        )

    def _filled(self, form: Form) -> dict[str, str]:
        return {
            name: self.password if kind == "password" else self.name
            for name, kind in form.blanks.items()
        }
