"""`hexostore sandbox`, and `--sandbox` of other commands."""

from __future__ import annotations

import json
import secrets

from tests.control.test_served_sandboxes import ask, labels
from tests.live import Live


def test_a_sandbox_is_made_used_and_deleted_by_commands(served: Live) -> None:
    name = f"c-{secrets.token_hex(3)}"
    made = served.run("sandbox", "create", name, "--json")
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout) == ask(served, "GET", f"sandboxes/{name}").json()
    login = f"{name}@example.com", "long-enough-1"
    adding = ["user", "add", "--email", login[0], "--password", login[1]]
    assert served.run(*adding, "--sandbox", name).returncode == 0
    assert labels(f"{served.base}/~{name}", login) == set()
    assert served.run("sandbox", "reset", name).returncode == 0
    listed = served.run("user", "list", f"--sandbox={name}").stdout
    assert "athlete@example.com" in listed
    assert login[0] not in listed
    assert served.run("sandbox", "delete", name).returncode == 0
    assert ask(served, "GET", f"sandboxes/{name}").status_code == 404


def test_commands_say_what_is_wrong(served: Live) -> None:
    unknown = served.run("user", "list", "--sandbox", "nowhere")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert unknown.stderr.startswith("error: There is no sandbox 'nowhere'. See: ")
    nameless = served.run("user", "list", "--sandbox")
    assert (nameless.returncode, nameless.stderr) == (
        2,
        "error: --sandbox needs the name of a sandbox.\n",
    )
    main = served.run("sandbox", "delete", "main")
    assert (main.returncode, main.stdout) == (1, "")
    assert "cannot be deleted" in main.stderr
