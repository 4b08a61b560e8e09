"""Requests of any kind to the endpoints of OAuth2."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.credentials.models import Client
from tests.credentials.dances import (
    AUTH,
    BASE,
    CALLBACK,
    FORM,
    GRANTS,
    TOKEN,
    Person,
    basic,
    program,
)
from tests.people import new_user

spec = pytest.mark.spec


Pairs = list[tuple[str, str | bytes]]


class TestJunk(TestCase):
    """Whatever is sent, the server does not fail."""

    client_of_owner: Client
    person: Person

    @classmethod
    def setUpTestData(cls) -> None:
        owner = new_user("owner")
        owner.save()
        cls.client_of_owner = program(owner)
        cls.person = Person(owner)
        cls.person.log_in(cls.person.visit(cls.client_of_owner))

    names = st.sampled_from(
        [
            "grant_type",
            "code",
            "redirect_uri",
            "client_id",
            "client_secret",
            "scope",
            "state",
            "response_type",
            "refresh_token",
            "username",
            "password",
            "code_challenge",
            "code_challenge_method",
            "code_verifier",
            "token",
            "token_type_hint",
            "response_mode",
            "resource",
            "claims",
            "max_age",
        ]
    )
    values = st.one_of(
        st.sampled_from([*GRANTS.split(), "refresh_token", "code", "token", "readonly", CALLBACK]),
        st.text(max_size=20),
        st.binary(max_size=8),
    )
    pairs = st.lists(st.tuples(names, values), max_size=6)

    @given(pairs, pairs, st.sampled_from(["token", "revoke", "introspect"]))
    def test_programs(self, query: Pairs, body: Pairs, name: str) -> None:
        client = self.client_of_owner
        answer = Browser().generic(
            "POST",
            f"{BASE}{name}/?{urlencode(query)}",
            urlencode(body),
            FORM,
            headers={"Authorization": basic(client.client_id, client.secret)},
        )
        assert answer.status_code in {200, 400}
        assert (answer.status_code == 400) == ("X-HexoStore-Reason" in answer)

    @given(st.binary(max_size=60), st.binary(max_size=40), st.text(max_size=20))
    def test_bytes(self, query: bytes, body: bytes, header: str) -> None:
        meta: Any = {"QUERY_STRING": query.decode("latin-1"), "HTTP_AUTHORIZATION": header}
        answer = Browser().generic("POST", TOKEN, body, FORM, **meta)
        assert answer.status_code in {400, 401}
        page = self.person.browser.get(AUTH, QUERY_STRING=query.decode("latin-1"))
        assert page.status_code == 400

    @given(pairs)
    def test_people(self, query: Pairs) -> None:
        client = self.client_of_owner
        asked = {"client_id": client.client_id, "response_type": "code"}
        known = [pair for pair in query if pair[0] != "client_id"]
        answer = self.person.open(urlencode([*asked.items(), *known]))
        assert answer.status_code in {200, 302, 400}
        if answer.status_code == 302:
            assert answer["Location"].startswith(CALLBACK)
            assert "error" in answer["Location"]
