"""Developers' clients, and the tokens that people have given them."""

from __future__ import annotations

from typing import Any

import pytest

from apps.accounts.models import User
from apps.api.versions import HEADER
from apps.credentials.models import Client, OAuth1Token, Realm
from tests.contract.base import ResourceContract
from tests.contract.contract import UNKNOWN, canned, empty, link
from tests.contract.documents import DocumentContract, without_texts
from tests.credentials.tokens import new_token
from tests.people import ANYBODY, PEOPLE, Caller


def new_client(owner: User, number: int = 1, **columns: Any) -> Client:
    """A client with both realms."""
    columns = {"status": "oauth2", "name": f"client {number} of {owner.pk}", **columns}
    client = Client.objects.create(user=owner, **columns)
    client.realms.set(Realm.objects.all())
    return client


class TestOAuthRealm(ResourceContract):
    name = "oauthrealm"
    seen_by = PEOPLE

    def make(self, owner: User, number: int = 1) -> Realm:
        return Realm.objects.create(id=number + 10, name=f"realm {number}")

    def test_schema_is_the_published_one(self, owner: Caller) -> None:
        """No published schema has it, and those of 3.3.x link to it: it is the newest one's."""
        path = f"{self.list_path}schema/"
        old = owner.sending(HEADER, "3.3.x").get(path).json()
        assert old == without_texts(old) | {"fields": old["fields"]}
        assert without_texts(old) == without_texts(owner.get(path).json())


class TestOAuthClient(ResourceContract):
    name = "oauthclient"
    seen_by = ("owner", "staff")
    changed_by = ("owner", "staff")

    def make(self, owner: User, number: int = 1) -> Client:
        return new_client(owner, number)

    def changes(self, owner: User) -> dict[str, Any]:
        return {
            "name": "renamed",
            "status": "oauth1",
            "grant_type": "authorization_code refresh_token",
            "response_type": "code",
            "redirect_uris": ["https://example.com/back", "com.example.app:/back"],
            "default_realm": link(Realm.objects.get(name="readwrite"), "oauthrealm"),
        }


class TestOAuth1Token(ResourceContract):
    name = "oauth1token"
    seen_by = ("owner", "staff")
    changed_by = ("owner", "staff")
    required = ("oauthclient",)
    near_post = 400

    def make(self, owner: User, number: int = 1) -> OAuth1Token:
        client = new_client(owner, number, status="oauth1")
        return OAuth1Token.objects.create(
            token=f"token {number} of {owner.pk}", secret="s3cret", client=client, user=owner
        )

    def minimal(self, owner: User) -> dict[str, Any]:
        return {"oauthclient": link(new_client(owner, 90, name="", status="oauth1"), "oauthclient")}

    def changes(self, owner: User) -> dict[str, Any]:
        client = new_client(owner, 91, name="", status="oauth1")
        return {"oauthclient": link(client, "oauthclient")}


class TokenContract(DocumentContract):
    """The tokens of OAuth2 by client: no rows of a table, but a list with details all the same."""

    def test_list_and_detail(self, owner: Caller) -> None:
        client = new_client(owner.user)
        new_token(client, owner.user, scope="readonly")
        found = owner.get(self.list_path).json()
        assert found["meta"]["total_count"] == 1
        (token,) = found["objects"]
        path = f"{self.list_path}{client.pk}/"
        assert 3590 <= token.pop("expires_in") <= 3600
        assert token == {
            "client": client.client_id,
            "resource_uri": path,
            "scopes": "readonly",
            "token_type": "Bearer",
            "user": owner.user.username,
        }
        assert owner.get(path).json().items() > token.items()
        fields = owner.get(f"{self.list_path}schema/").json()["fields"]
        assert list(owner.get(path).json()) == sorted(fields)

    def test_pages_are_linked(self, owner: Caller) -> None:
        for number in range(3):
            new_token(new_client(owner.user, number), owner.user, token=f"t{number}")
        page = owner.get(self.list_path, {"limit": 2}).json()
        assert (len(page["objects"]), page["meta"]["total_count"]) == (2, 3)
        assert len(owner.get(page["meta"]["next"]).json()["objects"]) == 1

    def test_uris_echo_the_prefix(self, owner: Caller) -> None:
        client = new_client(owner.user)
        new_token(client, owner.user)
        path = f"/api/v1/{self.name}/{client.pk}/"
        assert owner.get(path).json()["resource_uri"] == path

    @pytest.mark.parametrize("verb", ["GET", "DELETE"])
    def test_unknown_keys(self, owner: Caller, verb: str) -> None:
        for key in (UNKNOWN, 10**30, 0):
            empty(owner.request(verb, f"{self.list_path}{key}/"), 404)
        canned(owner.request(verb, f"{self.list_path}word/"), 404)

    def test_details_need_a_login(self, db: None) -> None:
        for verb in self.declared.detail_methods:
            empty(ANYBODY.request(verb.upper(), f"{self.list_path}1/"), 401)


class TestOAuth2Token(TokenContract):
    name = "oauth2token"


class TestAccessToken(TokenContract):
    name = "accesstoken"
