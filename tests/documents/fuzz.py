"""Schemathesis against a demo world of its own: what the OpenAPI document says must hold.

`python -m tests.documents.fuzz [--seconds N] [OPTION ...]` does it for long (bin/fuzz); other
options go to schemathesis.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tests.embedded import remove_home, throwaway_home
from tests.live import ROOT, Live

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
"""Values are read liberally here, as Tastypie does: whether a wrong one is refused is no check."""


def command(document: str, seconds: int, *options: str) -> list[str]:
    """The run of schemathesis on a document, as the demo athlete, with links followed."""
    return [
        str(Path(sys.executable).parent / "schemathesis"),
        *("run", document),
        *("--auth", "athlete@example.com:athlete"),
        *("--checks", ",".join(CHECKS)),
        *("--max-time", str(seconds)),
        *("--warnings", "off"),
        "--continue-on-failure",
        *options,
    ]


def main() -> int:
    """Runs for the seconds asked for; gives the exit status of schemathesis, 0 for no finding."""
    parser = argparse.ArgumentParser(prog="bin/fuzz", description="Try what the API answers.")
    parser.add_argument("--seconds", type=int, default=600, help="how long to try (600)")
    asked, options = parser.parse_known_args()
    home = throwaway_home()
    served = Live(home).start()
    try:
        run = command(f"{served.base}/api/openapi.json", asked.seconds, *options)
        return subprocess.run(run, cwd=ROOT, check=False).returncode
    finally:
        served.stop()
        remove_home(home)


if __name__ == "__main__":
    sys.exit(main())
