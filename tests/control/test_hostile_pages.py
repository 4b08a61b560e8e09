"""A web page of somebody else, in the browser of the developer: it gets nothing of a served store.

`tests/sandbox/test_door.py` tries names that lead here, and changes without the header.
"""

from __future__ import annotations

import pytest
import requests

from tests.control.test_served_sandboxes import CONTROL
from tests.live import Live
from tests.sandbox.addresses import ADDRESSES, CHANGES, PATHS

FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:3000"},
]


def allows_others(answer: requests.Response) -> bool:
    """Whether a browser would show the answer to a page of another site, or ask no more."""
    return any(name.lower().startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize("path", PATHS)
def test_no_page_may_ask_with_the_header_or_read_an_answer(served: Live, path: str) -> None:
    url = served.base + path
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    asked["Access-Control-Request-Headers"] = "x-hexostore-control"
    for method, headers in (("OPTIONS", asked), ("GET", FOREIGN[0]), ("HEAD", FOREIGN[1])):
        assert not allows_others(requests.request(method, url, headers=headers, timeout=60))


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_a_change_of_a_page_is_refused_even_with_the_header(
    served: Live, method: str, path: str
) -> None:
    for foreign in FOREIGN:
        headers = {**foreign, **CONTROL}
        answer = requests.request(method, served.base + path, headers=headers, timeout=60)
        assert (answer.status_code, answer.headers["X-HexoStore-Reason"]) == (403, "cross_site")
        assert not allows_others(answer)


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_a_name_that_leads_here_opens_nothing(served: Live, method: str, path: str) -> None:
    """Neither by itself nor through the prefix of a sandbox."""
    for url in (served.base + path, f"{served.base}/~main{path}"):
        for host in ("evil.example", "evil.example:80", "localhost.evil.example"):
            headers = {"Host": host, **CONTROL}
            assert requests.request(method, url, headers=headers, timeout=60).status_code == 421
