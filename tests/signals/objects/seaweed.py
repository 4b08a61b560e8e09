"""A real server of S3, SeaweedFS, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sysconfig
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.live import free_port

BUCKET = "chunks"
KEY, SECRET = "AKFORTESTS", "a-secret-that-nobody-may-log"
READER, READER_SECRET = "AKREADONLY", "another-secret-that-nobody-may-log"
_STARTING = 60.0

_IDENTITIES = {
    "identities": [
        {
            "name": "owner",
            "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List"],
        },
        {
            "name": "reader",
            "credentials": [{"accessKey": READER, "secretKey": READER_SECRET}],
            "actions": ["Read", "List"],
        },
    ]
}


@dataclass(frozen=True)
class S3Server:
    """A running server, with an empty bucket."""

    endpoint: str
    process: subprocess.Popen[bytes]

    def variables(self, endpoint: str | None = None) -> dict[str, str]:
        """Return the variables by which a store reaches it, or a proxy in front of it."""
        return {
            "AWS_ENDPOINT_URL": endpoint or self.endpoint,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
        }

    @property
    def port(self) -> int:
        """The port of S3."""
        return int(self.endpoint.rpartition(":")[2])


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Start a server with a bucket, and remove everything of it in the end."""
    with tempfile.TemporaryDirectory(prefix="hexostore-s3-") as folder:
        ports = {part: (free_port(), free_port()) for part in ("master", "volume", "filer", "s3")}
        process = _started(Path(folder), ports)
        server = S3Server(f"http://127.0.0.1:{ports['s3'][0]}", process)
        try:
            _make_bucket(server, Path(folder, "log"))
            yield server
        finally:
            process.kill()
            process.wait()
            _remove_sockets(ports)


def _started(folder: Path, ports: Mapping[str, tuple[int, int]]) -> subprocess.Popen[bytes]:
    Path(folder, "s3.json").write_text(json.dumps(_IDENTITIES))
    Path(folder, "data").mkdir()
    options = [
        f"-dir={folder}/data", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3",
        f"-s3.config={folder}/s3.json", "-s3.iam=false", "-master.volumeSizeLimitMB=256",
        "-volume.max=50", "-s3.port.iceberg=0", "-s3.port.lance=0",
        "-filer.saveToFilerLimit=65536",
    ]  # fmt: skip
    for part, (port, grpc) in ports.items():
        options += [f"-{part}.port={port}", f"-{part}.port.grpc={grpc}"]
    weed = Path(sysconfig.get_path("scripts"), "weed")
    with Path(folder, "log").open("wb") as log:
        return subprocess.Popen([weed, "server", *options], stdout=log, stderr=subprocess.STDOUT)


def _make_bucket(server: S3Server, log: Path) -> None:
    """Wait until the server makes the bucket and keeps an object in it."""
    import obstore
    from obstore.store import S3Store

    store = S3Store(
        BUCKET,
        endpoint=server.endpoint,
        access_key_id=KEY,
        secret_access_key=SECRET,
        region="us-east-1",
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )
    until = time.monotonic() + _STARTING
    while True:
        try:
            address = obstore.sign(store, "PUT", "", timedelta(minutes=1))
            urllib.request.urlopen(urllib.request.Request(address, method="PUT"), timeout=5)
            obstore.put(store, "ready", b"1")
            obstore.delete(store, "ready")
        except Exception as error:
            if time.monotonic() > until or server.process.poll() is not None:
                raise AssertionError(f"S3 does not start: {log.read_text()[-2000:]}") from error
            time.sleep(0.1)
        else:
            return


def _remove_sockets(ports: Mapping[str, tuple[int, int]]) -> None:
    """Remove what a killed server leaves in the folder of temporary files."""
    numbers = {str(port) for pair in ports.values() for port in pair}
    for file in Path("/tmp").glob("seaweedfs-*.sock"):  # noqa: S108 - where it puts them
        if file.stem.rpartition("-")[2] in numbers:
            file.unlink(missing_ok=True)
