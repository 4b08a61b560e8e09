"""`hexostore user`."""

import json
import sys
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import transaction
from django_typer.management import command
from typer import Argument, Option, prompt

from apps.accounts.models import Profile, User
from apps.credentials.models import ForcedFailure
from apps.credentials.refusals import forced_failures
from apps.sandbox.management.base import Json, StoreCommand, printable, require_begun
from apps.sandbox.management.failures import require_failure
from apps.sandbox.management.people import require_user

EMail = Annotated[str, Argument(help="E-mail address, or the user name of a subject of a study.")]


class Command(StoreCommand):
    """Add and list users who can log in, and force failures for them."""

    help = "Manage the users who can log in."

    @command(name="list")
    def show(self, as_json: Json = False) -> None:
        """List the users, with their forced failures."""
        require_begun()
        users = User.objects.order_by("pk").select_related("forced_failure")
        found = [_user_facts(user) for user in users]
        lines = [" ".join(_table_row(each)) for each in found]
        self.stdout.write(json.dumps(found) if as_json else printable("\n".join(lines)))

    @command()
    def add(
        self,
        email: Annotated[str, Option(help="E-mail address, which is also the user name.")],
        password: Annotated[
            str | None,
            Option(
                envvar="HEXOSTORE_USER_PASSWORD",
                help="The command asks for it if omitted. Other users can read command lines: "
                "use --password-stdin or the variable if that matters.",
            ),
        ] = None,
        password_stdin: Annotated[
            bool,
            Option("--password-stdin", help="Read the password from a line of standard input."),
        ] = False,
        first_name: Annotated[str, Option(help="First name.")] = "",
        last_name: Annotated[str, Option(help="Last name.")] = "",
        staff: Annotated[
            bool, Option("--staff", help="Create a user who can see and change everything.")
        ] = False,
        as_json: Json = False,
    ) -> None:
        """Add a user, with a profile."""
        require_begun()
        user = User(
            username=email,
            email=email,
            first_name=first_name,
            last_name=last_name,
            is_staff=staff,
        )
        user.set_password(_read_password(password, from_stdin=password_stdin))
        try:
            user.full_clean()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        with transaction.atomic():
            user.save()
            Profile.objects.create(user=user)
        answer = {"id": user.pk, "email": email, "staff": staff}
        self.stdout.write(json.dumps(answer) if as_json else f"user {user.pk}: {email}")

    @command()
    def mark(
        self,
        email: EMail,
        failure: Annotated[str, Argument(help=f"One of {', '.join(forced_failures.FAILURES)}.")],
    ) -> None:
        """Make every request of a user fail, until they are unmarked."""
        user = _find_user(email)
        ForcedFailure.objects.update_or_create(
            user=user, defaults={"failure": require_failure(failure)}
        )
        self.stdout.write(f"{user.called} is marked {failure}")

    @command()
    def unmark(self, email: EMail) -> None:
        """Let a marked user work again."""
        user = _find_user(email)
        ForcedFailure.objects.filter(user=user).delete()
        self.stdout.write(f"{user.called} has no mark")


def _read_password(given: str | None, *, from_stdin: bool) -> str:
    """Return the password of a new user, from whichever option or input has it. Raise CommandError
    if there is none."""
    found = sys.stdin.readline().rstrip("\r\n") if from_stdin else given
    if found is None:
        found = str(prompt("Password", hide_input=True))
    if not found:
        raise CommandError("The password is empty.")
    return found


def _find_user(email: str) -> User:
    """Return the user with that address. Raise CommandError where there is none."""
    require_begun()
    return require_user(email)


def _user_facts(user: User) -> dict[str, Any]:
    forced = getattr(user, "forced_failure", None)
    name = f"{user.first_name} {user.last_name}".strip()
    return {
        "id": user.pk,
        "email": user.email,
        "username": user.username,
        "name": name,
        "staff": user.is_staff,
        "mark": forced.failure if forced else "",
    }


def _table_row(facts: dict[str, Any]) -> list[str]:
    cells = [str(facts["id"]), facts["email"] or facts["username"]]
    if facts["name"]:
        cells.append(facts["name"])
    if facts["staff"]:
        cells.append("(staff)")
    if facts["mark"]:
        cells.append(f"marked {facts['mark']}")
    return cells
