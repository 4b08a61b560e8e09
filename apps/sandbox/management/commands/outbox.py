"""`hexostore outbox`."""

import json
from typing import Annotated

from typer import Option

from apps.sandbox import outbox
from apps.sandbox.management.base import Json, StoreCommand, printable, require_begun
from apps.sandbox.models import Mail


class Command(StoreCommand):
    help = "List the mail that the sandbox kept instead of sending it, newest first."

    def handle(
        self,
        to: Annotated[str | None, Option(help="Only the mail to this address.")] = None,
        clear: Annotated[bool, Option("--clear", help="Empty the outbox.")] = False,
        as_json: Json = False,
    ) -> None:
        require_begun()
        found = outbox.find_mails(to)
        if clear:
            count, _ = found.delete()
            self.stdout.write(json.dumps({"deleted": count}) if as_json else f"deleted: {count}")
        elif as_json:
            self.stdout.write(json.dumps([outbox.mail_as_json(mail) for mail in found]))
        else:
            self.stdout.write(printable("\n".join(map(_mail_as_text, found))) or "No mail.")


def _mail_as_text(mail: Mail) -> str:
    head = f"{mail.created:%Y-%m-%d %H:%M:%S}  {mail.to}\nFrom: {mail.sender}"
    return f"{head}\nSubject: {mail.subject}\n\n{mail.body}\n"
