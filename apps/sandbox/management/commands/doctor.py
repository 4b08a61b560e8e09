"""`hexostore doctor`."""

import json
import sys

from apps.sandbox.diagnosis import examine_store
from apps.sandbox.management.base import Json, StoreCommand


class Command(StoreCommand):
    help = "Check this installation, and say how to fix what is wrong."
    requires_system_checks: list[str] = []

    def handle(self, as_json: Json = False) -> None:
        findings = examine_store()
        if as_json:
            self.stdout.write(json.dumps([finding.__dict__ for finding in findings]))
        else:
            for finding in findings:
                mark = "ok     " if finding.ok else "problem"
                self.stdout.write(f"{mark}  {finding.check:12} {finding.text}")
        if not all(finding.ok for finding in findings):
            sys.exit(1)
