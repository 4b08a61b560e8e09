"""`hexostore work`."""

import json
from typing import Annotated

from typer import Option

from apps.jobs import queue
from apps.sandbox.management.base import Json, StoreCommand, require_begun
from apps.sandbox.working import work_until_stopped


class Command(StoreCommand):
    help = "Run the jobs of a store without serve: send mail, remove old rows."

    def handle(
        self,
        once: Annotated[
            bool, Option("--once", help="Run the jobs that are due now, and end.")
        ] = False,
        as_json: Json = False,
    ) -> None:
        require_begun()
        if not once:
            work_until_stopped()
            return
        done = queue.do_due()
        self.stdout.write(json.dumps({"done": done}) if as_json else f"done: {done}")
