"""What saying who one is costs: each scheme against the same view without a login.

The view is the list of datatypes, and one datatype, through the WSGI handler in this process;
its anonymous twin is the same view of the same resource with the login switched off. Passwords
are remembered for some minutes (apps/credentials/basic/passwords.py), as they are on a server
that a program polls, so Basic is measured without its hash. Signed requests are signed beforehand,
each with a time or a nonce of its own, as programs sign them. What is printed is CPU per request of
this process (PostgreSQL's own is not in it) and the ratio.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

from bench.harness import basic, cpu_in_turn, demo_store, get, show

LOGIN = "athlete@example.com", "athlete"
KEY = "3X4mP1ePu6licK3y", "3x4mPl3pR1v4tEK3y3x4mPl3pR1v4tEK3y"
TOKEN, TOKEN_SECRET = "bench-token", "bench-token-secret"
CONSUMER = "bench-oauth1", "bench-oauth1-secret"
PATHS = {"a list of 20 datatypes": "/api/datatype/", "one datatype": "/api/datatype/19/"}
ROUNDS, TIMES = 8, 100
ANONYMOUS = "without a login"


def open_a_twin() -> None:
    """Serves datatypes for everybody as well, by another name and in the same way."""
    from apps.api import registry
    from apps.catalog.resources import DatatypeResource

    @registry.register_resource
    class OpenDatatypeResource(DatatypeResource):
        name = "opendatatype"
        needs_login = False


def make_tokens() -> None:
    """A token of each kind for the athlete, that only reads."""
    from oauth2_provider.models import get_access_token_model

    from apps.accounts.models import User
    from apps.credentials.models import Client, OAuth1Token, Realm
    from hexostore import clock

    user, later = User.objects.get(username=LOGIN[0]), clock.now() + timedelta(days=1)
    program = Client.objects.create(user=user, status="oauth2", name="bench of OAuth 2")
    program.realms.set(Realm.objects.all())
    get_access_token_model().objects.create(
        user=user, application=program, token=TOKEN, expires=later, scope="readonly"
    )
    key, secret = CONSUMER
    program = Client.objects.create(
        user=user, status="oauth1", name="bench of OAuth 1", client_id=key, client_secret=secret
    )
    program.realms.set(Realm.objects.all())
    OAuth1Token.objects.create(
        token=TOKEN, secret=TOKEN_SECRET, client=program, user=user, realms="readonly"
    )


def oauth1(path: str, nonce: int) -> dict[str, str]:
    """The header of a request that oauthlib's client signed."""
    from oauthlib.oauth1 import Client

    client = Client(*CONSUMER, TOKEN, TOKEN_SECRET, nonce=f"bench{nonce}")
    _, headers, _ = client.sign(f"http://localhost{path}")
    return dict(headers)


def signed(path: str, seconds: int) -> dict[str, str]:
    """The headers of a request that was signed so many seconds ago."""
    from apps.credentials.signed_keys.signatures import compute_signature
    from hexostore import clock

    key, secret = KEY
    stamp = str(int(clock.now().timestamp()) - seconds)
    return {
        "X-HEXOTIMESTAMP": stamp,
        "X-HEXOAPIKEY": key,
        "X-HEXOAPISIGNATURE": compute_signature(secret, stamp, f"http://localhost{path}"),
    }


def works(path: str, app: Any, nonces: count[int]) -> dict[str, Callable[[], object]]:
    """A request by each scheme; the signed ones are used up as they are measured."""
    login = basic(*LOGIN)
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    number = ROUNDS * TIMES + 1
    once = iter([oauth1(path, next(nonces)) for _ in range(number)])
    keyed = iter([signed(path, seconds) for seconds in range(2 * number)])
    return {
        ANONYMOUS: lambda: get(path.replace("datatype", "opendatatype"), {}, app),
        "Basic": lambda: get(path, login, app),
        "signed key": lambda: get(path, next(keyed), app),
        "Basic and signed key": lambda: get(path, {**login, **next(keyed)}, app),
        "Bearer": lambda: get(path, bearer, app),
        "OAuth 1": lambda: get(path, next(once), app),
    }


def main() -> None:
    """Prints CPU per request of each scheme, for a list and for a detail."""
    with demo_store():
        from django.conf import settings
        from django.core.handlers.wsgi import WSGIHandler

        make_tokens()
        open_a_twin()
        settings.HEXOSTORE_SIGNATURE_WINDOW = 3600
        app, nonces = WSGIHandler(), count()
        for title, path in PATHS.items():
            spent = cpu_in_turn(works(path, app, nonces), rounds=ROUNDS, times=TIMES)
            show(title, spent, ANONYMOUS)


if __name__ == "__main__":
    main()
