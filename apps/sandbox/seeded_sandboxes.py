"""New sandboxes with the rows of a seed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from apps.control.credential_owners import claim_digests, digest_credential
from apps.control.plane import KnownSandbox
from apps.credentials.models import Client
from apps.jobs import queue
from apps.jobs.kinds import KINDS
from apps.metrics import processing
from apps.sandbox import seeds
from apps.sandbox.seeds import Seed
from apps.sandbox.store_worlds import store_sandboxes


def create_sandbox(name: str, lifetime: timedelta | None, seed: Path | Seed | None) -> KnownSandbox:
    """Create a sandbox with the rows that a store begins with, and those of a seed.

    The keys and clients of the seed then lead into it. Raise SandboxError, WorldError or SeedError.
    """
    sandboxes = store_sandboxes()
    if seed is None:
        return sandboxes.create(name, lifetime)
    added: set[str] = set()

    def fill() -> None:
        before = _known_clients()
        seeds.load(seed)
        _process_records()
        added.update(_known_clients() - before)

    made = sandboxes.create(name, lifetime, fill)
    claim_digests(name, map(digest_credential, added))
    return made


def _process_records() -> None:
    """Have records with signals processed, so that the sandbox and each reset begin after that."""
    while queue.do_next(KINDS[processing.JOB]):
        pass


def _known_clients() -> set[str]:
    return set(Client.objects.values_list("client_id", flat=True))
