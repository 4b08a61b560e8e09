"""The first request in each language does what it says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from html import unescape

import pytest
import requests

from apps.console.snippets import write_snippets
from tests.console.browsing import CHROMIUM
from tests.live import Live

HOSTILE = "a\"b'c\\d$e`f"
COMMANDS = {
    "curl": ["/bin/sh", "-c"],
    "Python": [sys.executable, "-c"],
    "JavaScript": ["node", "--input-type=module", "-e"],
}


def shown_on_page(live: Live) -> dict[str, str]:
    """The requests of the start page by language."""
    page = requests.get(f"{live.base}/", headers=CHROMIUM, timeout=30).text
    found = re.findall(r"<summary>(\w+).*?<pre[^>]*><code>(.*?)</code></pre>", page, re.DOTALL)
    return {language: unescape(code) for language, code in found}


@pytest.mark.parametrize("language", COMMANDS)
def test_the_request_of_the_start_page_runs(language: str, live: Live) -> None:
    command = COMMANDS[language]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    code = shown_on_page(live)[language]
    done = subprocess.run([*command, code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "359840227126" in done.stdout


def test_every_language_is_there(live: Live) -> None:
    assert list(shown_on_page(live)) == ["curl", "Python", "JavaScript", "R", "MATLAB"]


def test_quotes_in_a_login_and_an_address_stay_what_they_are() -> None:
    url = f"http://x.test/?q={HOSTILE}"
    codes = {each.language: each.code for each in write_snippets(url, HOSTILE, HOSTILE)}
    told = subprocess.run(
        ["/bin/sh", "-c", codes["curl"].replace("curl", "printf '%s\\n'", 1)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.splitlines() == ["-s", "-u", f"{HOSTILE}:{HOSTILE}", url]
    names: dict[str, object] = {}
    exec(codes["Python"].split("\n\n")[1].splitlines()[0], names)  # noqa: S102 - our own line
    assert names["login"] == (HOSTILE, HOSTILE)
    assert json.dumps(url) in codes["R"]
    assert json.dumps(url) in codes["JavaScript"]
    assert '"a""b\'c\\d$e`f"' in codes["MATLAB"]
