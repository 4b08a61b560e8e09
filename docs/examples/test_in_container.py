"""A test with a server in a container. Run it with pytest.

It needs the packages pytest, requests and testcontainers (4.15 or later), an engine for containers,
and the image, which a checkout of Hexostore builds:

    docker build --tag hexostore .
"""

import os

import pytest
import requests
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy

IMAGE = os.environ.get("HEXOSTORE_IMAGE", "hexostore")
CONTROL = {"X-HexoStore-Control": "1"}
LOGIN = "athlete@example.com", "athlete"


@pytest.fixture(scope="session")
def server():
    ready = HttpWaitStrategy(8000, "/readyz").for_status_code(200).with_startup_timeout(120)
    container = DockerContainer(IMAGE).with_exposed_ports(8000).waiting_for(ready)
    # The control plane is open to the container's own machine only, which the tests are not on.
    with container.with_env("HEXOSTORE_SANDBOX_OPEN", "1") as started:
        yield f"http://{started.get_container_host_ip()}:{started.get_exposed_port(8000)}"


@pytest.fixture
def sandbox(server):
    sandboxes = f"{server}/_sandbox/sandboxes"
    made = requests.post(sandboxes, json={}, headers=CONTROL, timeout=60).json()
    yield f"{server}/~{made['name']}"
    requests.delete(f"{sandboxes}/{made['name']}", headers=CONTROL, timeout=60)


def count_labels(base):
    answer = requests.get(f"{base}/api/label/", auth=LOGIN, timeout=60)
    return answer.json()["meta"]["total_count"]


def test_a_label_is_added_in_the_sandbox_only(server, sandbox):
    account = requests.get(f"{sandbox}/api/account/", auth=LOGIN, timeout=60).json()
    label = {"name": "mine", "user": account["objects"][0]["resource_uri"]}
    added = requests.post(f"{sandbox}/api/label/", json=label, auth=LOGIN, timeout=60)
    assert added.status_code == 201
    assert count_labels(sandbox) == count_labels(server) + 1
