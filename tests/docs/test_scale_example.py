"""The compose file of docs/scale.md, as far as it can be tried without Docker."""

from __future__ import annotations

import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from hexostore.settings import database_entry
from tests.live import ROOT

FOLDER = ROOT / "docs" / "examples" / "scale"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)


def test_what_services_wait_for_and_mount_is_there() -> None:
    for service in SERVICES.values():
        assert set(service.get("depends_on", ())) <= set(SERVICES)
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            is_file = source.startswith("./")
            assert (FOLDER / source).is_file() if is_file else source in COMPOSE["volumes"]


def test_variables_are_those_of_the_documents() -> None:
    known = (ROOT / "docs" / "configuration.md").read_text()
    known += (ROOT / "docs" / "objects.md").read_text()
    variables = {name for each in OURS for name in SERVICES[each]["environment"]}
    assert len(variables) > 8
    assert not [name for name in sorted(variables) if f"`{name}" not in known]


@pytest.mark.parametrize("name", OURS)
def test_options_are_those_of_serve(name: str) -> None:
    command, *options = SERVICES[name]["command"]
    known = (ROOT / "docs" / "sandbox.md").read_text()
    assert command == "serve"
    assert not [each for each in options if each.startswith("--") and f"`{each}" not in known]


def test_the_image_is_built_from_this_checkout() -> None:
    for each in OURS:
        assert (FOLDER / SERVICES[each]["build"]["context"]).resolve() == ROOT
        target = SERVICES[each]["build"]["target"]
        assert f" AS {target}\n" in (ROOT / "Dockerfile").read_text()
        option = SERVICES[each]["build"]["args"]["OPTIONS"]
        assert f"    {option}) " in (ROOT / "bin" / "install-image").read_text()


def test_urls_lead_to_services() -> None:
    variables = SERVICES["web1"]["environment"]
    for name in ("DATABASE_URL", "DATABASE_DIRECT_URL", "DATABASE_REPLICA_URLS"):
        assert database_entry(variables[name])["HOST"] in SERVICES
    (endpoint,) = re.findall(r"http://(\w+):\d+", variables["AWS_ENDPOINT_URL"])
    assert endpoint in SERVICES


def test_the_pooler_asks_the_primary() -> None:
    pooler = ConfigParser(interpolation=None)
    pooler.read(FOLDER / "pgbouncer.ini")
    found = dict(re.findall(r"(\w+)=([^\s']+)", pooler["databases"]["*"]))
    assert found["host"] in SERVICES
    assert pooler["pgbouncer"]["pool_mode"] == "transaction"
    url = database_entry(SERVICES["web1"]["environment"]["DATABASE_URL"])
    assert str(url["PORT"]) == pooler["pgbouncer"]["listen_port"]


@pytest.mark.parametrize("script", ["replication.sh", "replica.sh"])
def test_scripts_are_valid(script: str) -> None:
    subprocess.run(["sh", "-n", FOLDER / script], check=True)  # noqa: S607


def test_haproxy_takes_its_file() -> None:
    program = shutil.which("haproxy", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        pytest.skip("HAProxy is not installed: apt-get install haproxy")
    checked = [program, "-c", "-q", "-f", str(FOLDER / "haproxy.cfg")]
    assert subprocess.run(checked, check=False, capture_output=True).returncode == 0


def test_each_machine_has_a_place_in_the_balancer() -> None:
    text = Path(FOLDER, "haproxy.cfg").read_text()
    places = set(re.findall(r"^    server \w+ (\w+):8000$", text, re.MULTILINE))
    assert places == {name for name in OURS if "--web-only" in SERVICES[name]["command"]}
