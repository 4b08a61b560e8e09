"""The loops from POST to PUT: what begins each of them, and how its token is found."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.access.models import Bundle
from apps.accounts.models import User
from tests.people import ANYBODY, Caller

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

NEW = "mia@example.com"
GOOD = "correct horse battery"
OTHER = "staple correct horse"


def mails(to: str) -> list[dict[str, Any]]:
    """What was mailed to an address, newest first, as the developer reads it."""
    found: list[dict[str, Any]] = Client().get("/_sandbox/outbox", {"to": to}).json()
    return found


def link(to: str) -> str:
    """The path in the newest mail to an address."""
    found = mails(to)[0]["links"]
    assert len(found) == 1
    assert found[0].startswith("http://testserver/api/")
    return str(found[0].removeprefix("http://testserver"))


def login(email: str, password: str) -> Caller:
    """Somebody with any name and password."""
    pair = b64encode(f"{email}:{password}".encode()).decode()
    return Caller(headers={"Authorization": f"Basic {pair}"})


def may_log_in(email: str, password: str) -> bool:
    """Whether the account lets that pair in."""
    return login(email, password).get("/api/account/").status_code == 200


def bundle(name: str = "coach", *rights: str) -> Bundle:
    """A bundle that reads and writes, or has the rights given."""
    return Bundle.objects.create(name=name, rights=list(rights or ("read", "profile", "write")))


@dataclass(frozen=True)
class Loop:
    """One operation: `begin` sends its POST for an owner who is there, and gives the path of the
    token that was mailed; `redeemer` may redeem it with `body`."""

    name: str
    begin: Callable[[Caller], str]
    redeemer: Callable[[Caller], Caller]
    body: dict[str, Any]

    def __str__(self) -> str:
        return self.name

    def redeem(self, owner: Caller, path: str) -> Answer:
        """The PUT."""
        return self.redeemer(owner).put(path, self.body)

    def mailbox(self, owner: Caller) -> str:
        """The address that the token goes to."""
        return owner.user.email if self.name == "resetpassword" else NEW

    def check(self, owner: Caller, path: str) -> Answer:
        """The GET."""
        return self.redeemer(owner).get(path)


def ask_for_account(owner: Caller) -> str:
    body = {"email": NEW, "password": GOOD, "first_name": "Mia"}
    assert ANYBODY.post("/api/createuserrequest/", body).status_code == 202
    return link(NEW)


def make_related(owner: Caller) -> str:
    wanted = Bundle.objects.filter(name="coach").first() or bundle()
    body = {"email": NEW, "bundles": [f"/api/bundle/{wanted.pk}/"]}
    assert owner.post("/api/createrelateduser/", body).status_code == 201
    return link(NEW)


def change_email(owner: Caller) -> str:
    assert owner.post("/api/changeemail/", {"email": NEW}).status_code == 202
    return link(NEW)


def forget_password(owner: Caller) -> str:
    answer = ANYBODY.post("/api/resetpassword/", {"email": owner.user.email})
    assert answer.status_code == 202
    return link(owner.user.email)


def _nobody(owner: Caller) -> Caller:
    return ANYBODY


def _himself(owner: Caller) -> Caller:
    """The owner under the name that he has by now."""
    return Caller(User.objects.get(pk=owner.user.pk))


LOOPS = (
    Loop("createuserrequest", ask_for_account, _nobody, {}),
    Loop("createrelateduser", make_related, _nobody, {"password": GOOD}),
    Loop("changeemail", change_email, _himself, {}),
    Loop("resetpassword", forget_password, _nobody, {"password": GOOD}),
)


def users() -> set[str]:
    """The addresses of everybody."""
    return set(User.objects.values_list("email", flat=True))


def statements(captured: CaptureQueriesContext) -> list[str]:
    """The statements that a request sent to the database, up to the first value or name of a
    savepoint."""
    return [re.split(r"'|s\d+_x|VALUES", query["sql"])[0] for query in captured]
