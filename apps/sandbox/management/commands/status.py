"""`hexostore status`."""

import json
import sys
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from django.conf import settings

from apps.sandbox.management.base import Json, StoreCommand
from apps.sandbox.served import find_addresses, only_does_jobs, server_pid

NOT_SERVED = 3
"""The exit status for a service that does not run, as in init scripts (LSB)."""

SECONDS = 5.0
"""How long the server may take to say whether it is ready."""


class Command(StoreCommand):
    help = "Say whether this home is served, and where."
    requires_system_checks: list[str] = []

    def handle(self, as_json: Json = False) -> None:
        facts = _server_facts(settings.HEXOSTORE_HOME)
        self.stdout.write(json.dumps(facts) if as_json else _facts_as_text(facts))
        if facts["state"] == "stopped":
            sys.exit(NOT_SERVED)


def _server_facts(home: Path) -> dict[str, Any]:
    process = server_pid(home)
    if not process:
        return {"state": "stopped", "home": str(home)}
    addresses = find_addresses(home)
    found = {"home": str(home), "pid": process}
    if only_does_jobs(process):
        return {"state": "jobs", **found}
    if not _is_ready(addresses.http):
        return {"state": "starting", **found}
    places = {"root": f"http://{addresses.http}", "https_root": f"https://{addresses.https}"}
    return {"state": "ready", **found, **places}


def _is_ready(address: str) -> bool:
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(f"http://{address}/readyz", timeout=SECONDS):
            return True
    except (HTTPError, URLError, TimeoutError, ConnectionError):
        return False


def _facts_as_text(facts: dict[str, Any]) -> str:
    if facts["state"] == "stopped":
        return f"{facts['home']} is not served."
    state = {"jobs": "only does jobs"}.get(facts["state"], f"is {facts['state']}")
    lines = [f"{facts['home']} is served by process {facts['pid']}, which {state}."]
    lines += [f"  {facts[name]}" for name in ("root", "https_root") if name in facts]
    return "\n".join(lines)
