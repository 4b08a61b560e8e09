"""`hexostore prune`."""

import json
from dataclasses import asdict
from typing import Annotated

from django.core.management.base import CommandError
from typer import Option

from apps.sandbox.management.base import Json, StoreCommand
from hexostore import abandoned
from hexostore.abandoned import AbandonedFolder
from hexostore.postgres_place import PostgresError


class Command(StoreCommand):
    help = "List databases left behind by removed homes of root, or remove them."
    requires_system_checks: list[str] = []

    def handle(
        self,
        remove: Annotated[
            bool, Option("--remove", help="Permanently remove those whose homes are gone.")
        ] = False,
        as_json: Json = False,
    ) -> None:
        try:
            found = abandoned.find_folders()
        except PostgresError as error:
            raise CommandError(str(error)) from error
        removed = [each for each in found if remove and _remove_folder(each)]
        lines = [_folder_line(each, gone=each in removed) for each in found]
        facts = [{**asdict(each), "removed": each in removed} for each in found]
        text = "\n".join(lines) or "There are no databases outside of homes."
        self.stdout.write(json.dumps(facts, default=str) if as_json else text)


def _remove_folder(folder: AbandonedFolder) -> bool:
    return folder.state == "abandoned" and abandoned.remove_folder(folder)


def _folder_line(folder: AbandonedFolder, *, gone: bool) -> str:
    state = "removed" if gone else folder.state
    homes = f", of {', '.join(map(str, folder.homes))}" if folder.homes else ""
    return f"{state:9}  {folder.size / 1_000_000:6.1f} MB  {folder.path}{homes}"
