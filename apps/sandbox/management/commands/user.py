"""`hexostore user`."""

import json
from typing import Annotated

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import transaction
from django_typer.management import command, initialize
from typer import Option

from apps.accounts.models import Profile, User
from apps.sandbox.management.base import Json, StoreCommand, require_begun


class Command(StoreCommand):
    help = "People who may log in."

    @initialize()
    def begin(self) -> None:
        """Makes `add` a sub-command, though it is the only one."""

    @command()
    def add(
        self,
        email: Annotated[str, Option(help="E-mail address, which is also the user name.")],
        password: Annotated[
            str, Option(prompt=True, hide_input=True, help="Asked for when left out.")
        ],
        first_name: str = "",
        last_name: str = "",
        staff: Annotated[bool, Option("--staff", help="Sees everybody's data.")] = False,
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
        user.set_password(password)
        try:
            user.full_clean()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        with transaction.atomic():
            user.save()
            Profile.objects.create(user=user)
        answer = {"id": user.pk, "email": email, "staff": staff}
        self.stdout.write(json.dumps(answer) if as_json else f"user {user.pk}: {email}")
