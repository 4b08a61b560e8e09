"""The examples with Testcontainers, run beside a server.

There is no engine for containers here. A stand-in of Testcontainers, with the methods that the
examples call, leads them to the server of `hexostore run` instead of a container. It does what a
wait strategy would do: it asks the server whether it is ready.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent

import pytest

from tests.docs.test_foreign_examples import HEXOSTORE
from tests.live import ROOT

PYTHON = {
    "testcontainers/__init__.py": "",
    "testcontainers/core/__init__.py": "",
    "testcontainers/core/wait_strategies.py": """
        import os, urllib.request

        class HttpWaitStrategy:
            def __init__(self, port, path="/"):
                self.port, self.path, self.status = port, path, None

            def for_status_code(self, code):
                self.status = code
                return self

            def with_startup_timeout(self, timeout):
                assert timeout > 0
                return self

            def wait_until_ready(self):
                with urllib.request.urlopen(os.environ["HEXOSTORE_URL"] + self.path) as answer:
                    assert answer.status == self.status
    """,
    "testcontainers/core/container.py": """
        import os, urllib.parse

        class DockerContainer:
            def __init__(self, image):
                assert image
                self.ports, self.env = (), {}
                self.server = urllib.parse.urlsplit(os.environ["HEXOSTORE_URL"])

            def with_exposed_ports(self, *ports):
                self.ports = ports
                return self

            def with_env(self, key, value):
                self.env[key] = value
                return self

            def waiting_for(self, strategy):
                self.strategy = strategy
                return self

            def __enter__(self):
                assert self.env == {"HEXOSTORE_SANDBOX_OPEN": "1"}
                assert self.strategy.port in self.ports
                self.strategy.wait_until_ready()
                return self

            def __exit__(self, *_):
                pass

            def get_container_host_ip(self):
                return self.server.hostname

            def get_exposed_port(self, port):
                assert port in self.ports
                return self.server.port
    """,
}
NODE = {
    "node_modules/testcontainers/package.json": '{"type": "module", "main": "index.js"}',
    "node_modules/testcontainers/index.js": """
        import assert from "node:assert/strict";

        const server = new URL(process.env.HEXOSTORE_URL);
        export const Wait = { forHttp: (path, port) => ({ path, port }) };

        export class GenericContainer {
          constructor(image) { assert.ok(image); }
          withEnvironment(env) { this.env = env; return this; }
          withExposedPorts(...ports) { this.ports = ports; return this; }
          withWaitStrategy(strategy) { this.strategy = strategy; return this; }
          withStartupTimeout(ms) { assert.ok(ms > 0); return this; }
          async start() {
            assert.deepEqual(this.env, { HEXOSTORE_SANDBOX_OPEN: "1" });
            assert.ok(this.ports.includes(this.strategy.port));
            assert.equal((await fetch(new URL(this.strategy.path, server))).status, 200);
            return {
              getHost: () => server.hostname,
              getMappedPort: (port) => (this.ports.includes(port) ? server.port : undefined),
              stop: async () => {},
            };
          }
        }
    """,
}
_CONTAINER = "org/testcontainers/containers"
JAVA = {
    "org/testcontainers/utility/DockerImageName.java": """
        package org.testcontainers.utility;
        public class DockerImageName {
            public static DockerImageName parse(String name) { return new DockerImageName(); }
        }
    """,
    f"{_CONTAINER}/wait/strategy/WaitStrategy.java": """
        package org.testcontainers.containers.wait.strategy;
        public interface WaitStrategy { void check(String server) throws Exception; }
    """,
    f"{_CONTAINER}/wait/strategy/HttpWaitStrategy.java": """
        package org.testcontainers.containers.wait.strategy;
        public class HttpWaitStrategy implements WaitStrategy {
            String path;
            public HttpWaitStrategy forPort(int port) {
                if (port != 8000) throw new AssertionError(port);
                return this;
            }
            public void check(String server) throws Exception {
                new java.net.URL(server + path).openStream().close();
            }
        }
    """,
    f"{_CONTAINER}/wait/strategy/Wait.java": """
        package org.testcontainers.containers.wait.strategy;
        public class Wait {
            public static HttpWaitStrategy forHttp(String path) {
                HttpWaitStrategy made = new HttpWaitStrategy();
                made.path = path;
                return made;
            }
        }
    """,
    f"{_CONTAINER}/GenericContainer.java": """
        package org.testcontainers.containers;
        import java.net.URI;
        import java.time.Duration;
        import java.util.List;
        import org.testcontainers.containers.wait.strategy.WaitStrategy;
        import org.testcontainers.utility.DockerImageName;
        public class GenericContainer<SELF extends GenericContainer<SELF>>
                implements AutoCloseable {
            static final String SERVER = System.getenv("HEXOSTORE_URL");
            String open = "";
            List<Integer> ports = List.of();
            WaitStrategy strategy;
            public GenericContainer(DockerImageName image) {}
            @SuppressWarnings("unchecked") SELF self() { return (SELF) this; }
            public SELF withEnv(String key, String value) { open = key + value; return self(); }
            public SELF withExposedPorts(Integer... all) { ports = List.of(all); return self(); }
            public SELF waitingFor(WaitStrategy way) { strategy = way; return self(); }
            public SELF withStartupTimeout(Duration longest) { return self(); }
            public void start() {
                if (!open.equals("HEXOSTORE_SANDBOX_OPEN1")) throw new AssertionError(open);
                try {
                    strategy.check(SERVER);
                } catch (Exception error) {
                    throw new AssertionError(error);
                }
            }
            public String getHost() { return URI.create(SERVER).getHost(); }
            public Integer getMappedPort(int port) {
                if (!ports.contains(port)) throw new AssertionError(port);
                return URI.create(SERVER).getPort();
            }
            public void close() {}
        }
    """,
}
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
EXAMPLES = {
    "test_in_container.py": (PYTHON, PYTEST, "1 passed"),
    "container.test.mjs": (NODE, ["node", "--test"], "pass 1"),
    "ContainerTest.java": (JAVA, ["java", "-cp", "classes"], "ok"),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_passes(name: str, tmp_path: Path) -> None:
    stand_in, command, said = EXAMPLES[name]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    for path, text in stand_in.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(dedent(text))
    if stand_in is JAVA:
        compiled = run_in(tmp_path, ["javac", "-nowarn", "-d", "classes", *stand_in])
        assert compiled.returncode == 0, compiled.stderr
    shutil.copy(ROOT / "docs" / "examples" / name, tmp_path)
    done = run_in(tmp_path, [HEXOSTORE, "run", "--", *command, name])
    assert done.returncode == 0, done.stdout + done.stderr
    assert said in done.stdout


def run_in(folder: Path, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command of somebody who has nothing to do with this run."""
    ours = ("DATABASE_", "DJANGO_", "HEXOSTORE_", "PYTEST_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        command,
        cwd=folder,
        env={**environment, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
