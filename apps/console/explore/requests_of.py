"""The request that gives exactly what is shown, in five languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from apps.console.explore.windows import SeenTime


class WrittenRequest(NamedTuple):
    """A request in a language, with the name of an element of the page."""

    name: str
    title: str
    text: str


def data_path(record: int, datatypes: Sequence[int], window: SeenTime) -> str:
    """Return the path of the API that has these channels of a record in a window, all without
    any."""
    named = {"datatype": ",".join(map(str, datatypes))} if datatypes else {}
    times = {"start": window.lower, "end": window.upper}
    return "/api/data/?" + urlencode({"record": record, **named, **times}, safe=",")


def write_requests(url: str, login: str) -> list[WrittenRequest]:
    """Return the request for a URL in each language. The password is left to its reader.

    Logins are e-mail addresses or names of subjects; quotes in them are escaped.
    """
    user = login.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"')
    return [
        WrittenRequest(title.lower(), title, text.format(url=url, user=user))
        for title, text in _TEXTS.items()
    ]


_TEXTS = {
    "curl": "curl -u '{user}:PASSWORD' \\\n    '{url}'",
    "Python": """import requests

found = requests.get(
    "{url}",
    auth=("{user}", "PASSWORD"),
)
found.raise_for_status()
print(found.json())""",
    "JavaScript": """const found = await fetch(
  "{url}",
  {{ headers: {{ Authorization: "Basic " + btoa("{user}:PASSWORD") }} }},
);
console.log(await found.json());""",
    "R": """library(httr2)

found <- request("{url}") |>
  req_auth_basic("{user}", "PASSWORD") |>
  req_perform() |>
  resp_body_json()
str(found)""",
    "MATLAB": """options = weboptions( ...
    "Username", "{user}", "Password", "PASSWORD");
found = webread("{url}", options);
disp(found)""",
}
