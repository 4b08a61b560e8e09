"""The balancers of docs/machines.md, in front of two servers of which one is drained."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.docs.markdown import ROOT, blocks
from tests.embedded import remove_home, throwaway_home
from tests.live import Live, free_port
from tests.machines.several import SECRET_KEY, served
from tests.machines.test_agreement import a_database
from tests.machines.test_restart import PATIENCE, await_truth, load

PAGE = ROOT / "docs" / "machines.md"
_SBIN = f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin"
_NGINX = """
daemon off;
pid {folder}/pid;
error_log {folder}/log;
events {{}}
http {{
access_log off;
client_body_temp_path {folder}/body;
proxy_temp_path {folder}/proxy;
fastcgi_temp_path {folder}/fastcgi;
uwsgi_temp_path {folder}/uwsgi;
scgi_temp_path {folder}/scgi;
{shown}
}}
"""


def shown(language: str, port: int, servers: tuple[Live, Live]) -> str:
    """Return the example of the page for a balancer, with these addresses."""
    (text,) = (each.text for each in blocks(PAGE) if each.language == language)
    for number, live in enumerate(servers, 1):
        text = text.replace(f"10.0.0.{number}:8000", urlsplit(live.base).netloc)
    text, changed = re.subn(r"(bind :|listen )80\b", rf"\g<1>{port}", text)
    assert changed == 1
    return text


@contextmanager
def balancer(program: str, servers: tuple[Live, Live]) -> Iterator[int]:
    """Run a balancer as the page shows it, and give its port."""
    path = shutil.which(program, path=_SBIN)
    if path is None:
        pytest.skip(f"{program} is not installed: apt-get install {program}")
    folder, port = throwaway_home(), free_port()
    file = folder / "config"
    text = shown(program, port, servers)
    file.write_text(text if program == "haproxy" else _NGINX.format(folder=folder, shown=text))
    options = ["-f", str(file)] if program == "haproxy" else ["-c", str(file)]
    process = subprocess.Popen([path, *options], stderr=subprocess.DEVNULL)
    try:
        await_truth(lambda: answers(port) or process.poll() is not None, "it does not answer")
        assert process.poll() is None, said(folder)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE)
        remove_home(folder)


def answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=30).status_code == 200
    except requests.ConnectionError:
        return False


def said(folder: Path) -> str:
    return (folder / "log").read_text() if (folder / "log").exists() else "it ended"


@pytest.mark.parametrize("program", ["haproxy", "nginx"])
def test_clients_notice_nothing_when_a_server_is_drained(program: str) -> None:
    with a_database() as url:
        given = {"DATABASE_URL": url, "SECRET_KEY": SECRET_KEY}
        options = ("--web-only", "--empty", "--drain", "4")
        with (
            served(*options, environment=given) as first,
            served(*options, environment=given) as second,
            balancer(program, (first, second)) as port,
            load(("127.0.0.1", port)) as clients,
        ):
            assert first.process is not None
            first.process.send_signal(signal.SIGTERM)
            assert first.process.wait(PATIENCE) == 0, first.log()
            counts = [each.answered for each in clients]
            pairs = list(zip(clients, counts, strict=True))
            await_truth(lambda: all(each.answered > count for each, count in pairs), "silence")
            assert [error for each in clients for error in each.errors] == []
