"""What tests that start servers rely on."""

from __future__ import annotations

from tests.live import free_port


def test_free_ports_differ() -> None:
    ports = [free_port() for _ in range(1000)]
    assert len(set(ports)) == len(ports)
