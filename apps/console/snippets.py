"""One GET request in the languages of the people who send it."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass


@dataclass(frozen=True)
class Snippet:
    """The request in one language. `needs` names what must be installed, "" for nothing."""

    language: str
    code: str
    needs: str = ""


def write_snippets(url: str, login: str, password: str) -> list[Snippet]:
    """Return a GET request for JSON with a Basic login, in each language."""
    return [
        Snippet("curl", _curl(url, login, password)),
        Snippet("Python", _python(url, login, password), "pip install requests"),
        Snippet("JavaScript", _javascript(url, login, password), "Node 18 or newer"),
        Snippet("R", _r(url, login, password), 'install.packages("httr2")'),
        Snippet("MATLAB", _matlab(url, login, password)),
    ]


def _curl(url: str, login: str, password: str) -> str:
    return f"curl -s -u {shlex.quote(f'{login}:{password}')} {shlex.quote(url)}"


def _python(url: str, login: str, password: str) -> str:
    return (
        "import requests\n\n"
        f"login = {_quoted(login)}, {_quoted(password)}\n"
        f"answer = requests.get({_quoted(url)}, auth=login)\n"
        "answer.raise_for_status()\n"
        "print(answer.json())"
    )


def _javascript(url: str, login: str, password: str) -> str:
    return (
        f"const login = btoa({_quoted(f'{login}:{password}')});\n"
        f"const answer = await fetch({_quoted(url)}, {{\n"
        "  headers: { Authorization: `Basic ${login}` },\n"
        "});\n"
        "console.log(JSON.stringify(await answer.json()));"
    )


def _r(url: str, login: str, password: str) -> str:
    return (
        "library(httr2)\n\n"
        f"answer <- request({_quoted(url)}) |>\n"
        f"  req_auth_basic({_quoted(login)}, {_quoted(password)}) |>\n"
        "  req_perform()\n"
        "str(resp_body_json(answer))"
    )


def _matlab(url: str, login: str, password: str) -> str:
    name, secret, address = (_doubled(each) for each in (login, password, url))
    return (
        f'options = weboptions("Username", {name}, "Password", {secret}, ...\n'
        '    "ContentType", "json");\n'
        f"answer = webread({address}, options);\n"
        "disp(answer)"
    )


def _quoted(text: str) -> str:
    """Return a text as Python, JavaScript and R write it."""
    return json.dumps(text, ensure_ascii=False)


def _doubled(text: str) -> str:
    """Return a text as MATLAB writes it."""
    return '"' + text.replace('"', '""') + '"'
