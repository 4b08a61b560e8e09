"""A new password or address ends everything that was let in before, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from oauth2_provider.models import get_grant_model, get_refresh_token_model

from apps.accounts.models import Profile, User
from apps.credentials import one_time_tokens
from apps.credentials.models import Consent, OAuth1Token
from hexostore import clock
from tests.accounts.loops import GOOD, bundle, change_email, forget_password, link
from tests.credentials import dances, oauth1
from tests.credentials.tokens import ask, new_token, reason
from tests.people import ANYBODY, Caller


def reset_password(owner: Caller) -> None:
    assert ANYBODY.put(forget_password(owner), {"password": GOOD}).status_code == 200


def new_address(owner: Caller) -> None:
    assert owner.put(change_email(owner), {}).status_code == 200


def complete_account(owner: Caller) -> None:
    """Somebody whose account another made chooses a password."""
    Profile.objects.get_or_create(user=owner.user)
    rights = {"bundles": [bundle().pk]}
    one_time_token = one_time_tokens.issue_token(
        "createrelateduser", user=owner.user, payload=rights
    )
    path = f"/api/createrelateduser/{one_time_token.token}/"
    assert ANYBODY.put(path, {"password": GOOD}).status_code == 200


WAYS = pytest.mark.parametrize("change", [reset_password, new_address, complete_account])
Change = Callable[[Caller], None]


@WAYS
def test_tokens_of_oauth2_end(owner: Caller, outsider: Caller, change: Change) -> None:
    program = dances.program(outsider.user)
    person = dances.Person(owner.user)
    code, unused = person.code(program), person.code(program)
    sent = {"redirect_uri": dances.CALLBACK}
    given = dances.ask(program, "authorization_code", code=code, **sent).json()
    mine = dances.by_password(dances.program(owner.user, name="mine")).json()
    alone = dances.ask(dances.program(owner.user, name="alone"), "client_credentials").json()
    change(owner)
    for each in (given, mine, alone):
        answer = ask(each["access_token"])
        assert (answer.status_code, reason(answer)) == (401, "revoked_token")
    refresh = {"refresh_token": given["refresh_token"]}
    assert dances.ask(program, "refresh_token", **refresh).status_code == 400
    assert dances.ask(program, "authorization_code", code=unused, **sent).status_code == 400
    assert not Consent.objects.filter(user=owner.user).exists()


@WAYS
def test_tokens_of_oauth1_end(owner: Caller, outsider: Caller, change: Change) -> None:
    client = oauth1.new_client(outsider.user)
    oauth1.new_token(client, owner.user)
    assert oauth1.ask().status_code == 200
    given = oauth1.temporary()
    verifier = oauth1.verified(owner.user, given)
    change(owner)
    answer = oauth1.ask()
    assert (answer.status_code, oauth1.reason(answer)) == (401, "revoked_token")
    assert oauth1.fetch(given, verifier).status_code == 401


@WAYS
def test_sessions_end(owner: Caller, outsider: Caller, change: Change) -> None:
    program = dances.program(outsider.user)
    person = dances.Person(owner.user)
    person.log_in(person.visit(program))
    assert "Log in" not in dances.shown(person.visit(program))
    change(owner)
    assert "Log in" in dances.shown(person.visit(program))


@WAYS
def test_nobody_elses_access_ends(
    owner: Caller, outsider: Caller, friend: Caller, change: Change
) -> None:
    program, other = dances.program(outsider.user), dances.Person(friend.user)
    given = dances.ask(
        program, "authorization_code", code=other.code(program), redirect_uri=dances.CALLBACK
    ).json()
    new_token(program, None, token="of the program itself")
    OAuth1Token.objects.create(token="o", secret="s", client=program, user=friend.user)
    change(owner)
    assert ask(given["access_token"]).status_code == 200
    assert ask("of the program itself").status_code in {200, 401}
    assert get_refresh_token_model().objects.filter(revoked=None).count() == 1
    assert OAuth1Token.objects.filter(revoked=None).count() == 1
    assert Consent.objects.filter(user=friend.user).exists()


def test_a_deleted_user_leaves_nothing(owner: Caller, outsider: Caller) -> None:
    program = dances.program(outsider.user)
    row = new_token(program, owner.user, token="bearing")
    get_refresh_token_model().objects.create(
        user=owner.user, token="r", application=program, access_token=row
    )
    get_grant_model().objects.create(
        user=owner.user,
        code="code",
        application=program,
        expires=clock.now() + timedelta(60),
        redirect_uri=dances.CALLBACK,
    )
    oauth1.new_token(oauth1.new_client(outsider.user), owner.user)
    person = dances.Person(owner.user)
    person.log_in(person.visit(program))
    User.objects.get(pk=owner.user.pk).delete()
    assert (ask("bearing").status_code, oauth1.ask().status_code) == (401, 401)
    assert "Log in" in dances.shown(person.visit(program))
    assert not get_refresh_token_model().objects.exists()
    assert not get_grant_model().objects.exists()


def test_links_in_letters_end_with_the_password(owner: Caller) -> None:
    email, reset = change_email(owner), forget_password(owner)
    other = urlsplit(link(owner.user.email)).path
    assert other == reset
    reset_password(owner)
    again = Caller(User.objects.get(pk=owner.user.pk))
    assert ANYBODY.put(reset, {"password": GOOD}).status_code == 404
    assert again.get(email).status_code in {401, 404}
