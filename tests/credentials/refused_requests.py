"""Refusals of logins, signed keys and bearer tokens, and of what comes too often."""

from __future__ import annotations

from apps.accounts.models import User
from apps.api.reasons import Reason
from apps.credentials.basic import login_throttle
from apps.credentials.models import Client, ForcedFailure
from apps.enrolment.models import Study, StudyMember
from tests.credentials.conftest import KEY, SECRET
from tests.credentials.refused import (
    HOST,
    NOW,
    OAUTH1,
    OAUTH2,
    Sent,
    ada,
    basic,
    client,
    refused,
)
from tests.credentials.test_signatures import sign
from tests.credentials.tokens import ACCOUNT, TOKEN, bearing, new_token
from tests.people import PASSWORD

RECORDS = "/api/record/?limit=1&user=1"


def signed(**changed: str) -> dict[str, str]:
    """The three headers for RECORDS, some of them changed; "" leaves one out."""
    headers = {
        "X-HEXOTIMESTAMP": str(NOW),
        "X-HEXOAPIKEY": KEY,
        "X-HEXOAPISIGNATURE": sign(f"https://{HOST}{RECORDS}", changed.get("timestamp", str(NOW))),
    }
    names = dict(zip(("timestamp", "key", "signature"), headers, strict=True))
    headers |= {names[name]: text for name, text in changed.items()}
    return {name: text for name, text in headers.items() if text}


# Any request


@refused(Reason.HOST_UNKNOWN)
def foreign_host() -> Sent:
    """A host name that is not the server's"""
    return Sent(headers=basic(), host="pages.example.com")


@refused(Reason.HOST_MALFORMED)
def no_host() -> Sent:
    """A malformed Host header"""
    return Sent(headers=basic(), host="api.hexoskin.com:https")


@refused(Reason.CROSS_SITE)
def from_a_page() -> Sent:
    """A change that a browser sends for a page of another site, with a remembered login"""
    return Sent("/api/changeemail/", "POST", {**basic(), "Sec-Fetch-Site": "cross-site"})


@refused(Reason.SANDBOX_LOGIN)
def control_plane_from_afar() -> Sent:
    """A request to the control plane from another machine without a login"""
    return Sent("/_sandbox/outbox", sender="192.0.2.7")


@refused(Reason.STUDY_CLOSED)
def member_of_a_frozen_study() -> Sent:
    """A change of the team of a study that is frozen"""
    owner, admin = ada(), User.objects.create(username="admin@example.com", pk=77)
    study = Study.objects.create(pk=12, owner=owner, name="Night", uuid="NIGHT7", status=2)
    StudyMember.objects.create(study=study, user=admin)
    return Sent(f"/api/studymember/{admin.pk}/study/{study.pk}/", "DELETE", basic())


@refused(Reason.NO_CREDENTIALS)
def nothing() -> Sent:
    """No credentials at all"""
    return Sent()


@refused(Reason.MALFORMED_AUTHORIZATION)
def no_colon() -> Sent:
    """Basic without a colon in it"""
    return Sent(headers={"Authorization": "Basic YWRh"})


@refused(Reason.UNSUPPORTED_SCHEME)
def other_scheme() -> Sent:
    """An Authorization header of another scheme"""
    return Sent(headers={"Authorization": "ApiKey ada:0123456789"})


@refused(Reason.NOT_PERMITTED)
def by_a_user() -> Sent:
    """A user creates an account, which only programs and staff may do"""
    return Sent("/api/createuser/", "POST", basic())


@refused(Reason.IN_PERSON_ONLY)
def new_address_by_token() -> Sent:
    """A request for a new e-mail address with a token"""
    new_token(client(OAUTH2), ada())
    return Sent("/api/changeemail/", "POST", bearing())


@refused(Reason.IN_PERSON_ONLY)
def new_address_by_key() -> Sent:
    """The same with a signed key alone"""
    path = "/api/changeemail/"
    headers = signed(signature=sign(f"https://{HOST}{path}", str(NOW)))
    return Sent(path, "POST", headers)


@refused(Reason.UNAVAILABLE)
def down() -> Sent:
    """An account that is marked fail:unavailable"""
    ForcedFailure.objects.create(user=ada(), failure="fail:unavailable")
    return Sent(headers=basic())


# HTTP Basic


@refused(Reason.UNKNOWN_USER)
def unknown() -> Sent:
    """An unknown user name"""
    return Sent(headers=basic("nobody"))


@refused(Reason.WRONG_PASSWORD)
def wrong_password() -> Sent:
    """A wrong password"""
    return Sent(headers=basic("ada", "guess"))


@refused(Reason.BAD_LOGIN, public=True)
def told() -> Sent:
    """A wrong login, as the response shows it"""
    return Sent(headers=basic("ada", "guess"))


@refused(Reason.INACTIVE_USER)
def inactive() -> Sent:
    """The login of an inactive account"""
    User.objects.update(is_active=False)
    return Sent(headers=basic())


@refused(Reason.INACTIVE_USER)
def inactive_owner() -> Sent:
    """The key of an inactive account"""
    User.objects.update(is_active=False)
    return Sent(RECORDS, headers=signed())


# Signed keys


@refused(Reason.HEADER_MISSING)
def misspelt() -> Sent:
    """X-HEXOSAPISIGNATURE in place of X-HEXOAPISIGNATURE"""
    headers = signed()
    headers["X-HEXOSAPISIGNATURE"] = headers.pop("X-HEXOAPISIGNATURE")
    return Sent(RECORDS, headers=headers)


@refused(Reason.UNKNOWN_KEY)
def unknown_key() -> Sent:
    """An unknown public key"""
    return Sent(RECORDS, headers=signed(key="n0b0DyS"))


@refused(Reason.KEY_NOT_APIKEY)
def key_of_oauth() -> Sent:
    """A key whose client has the status oauth2"""
    Client.objects.filter(client_id=KEY).update(status="oauth2")
    return Sent(RECORDS, headers=signed())


@refused(Reason.SIGNATURE_MISMATCH)
def without_query() -> Sent:
    """A signature over the URL without its query"""
    url = f"https://{HOST}{RECORDS}".partition("?")[0]
    return Sent(RECORDS, headers=signed(signature=sign(url)))


@refused(Reason.SIGNATURE_MISMATCH)
def wrong_secret() -> Sent:
    """A signature with a wrong secret"""
    url = f"https://{HOST}{RECORDS}"
    return Sent(RECORDS, headers=signed(signature=sign(url, secret=SECRET[::-1])))


@refused(Reason.SIGNATURE_USED, public=True)
def change_with_old_signature() -> Sent:
    """A change with the signature of a request to read, in the public profile"""
    path = "/api/label/"
    headers = signed(signature=sign(f"https://{HOST}{path}", str(NOW)))
    assert Sent(path, headers=headers).send().status_code == 200
    return Sent(path, "POST", headers)


@refused(Reason.TIMESTAMP_MALFORMED)
def date() -> Sent:
    """A date in place of Unix seconds"""
    return Sent(RECORDS, headers=signed(timestamp="2014-05-13T16:53:20Z"))


@refused(Reason.TIMESTAMP_OUTSIDE_WINDOW)
def ticks() -> Sent:
    """A timestamp in ticks of 1/256 s"""
    return Sent(RECORDS, headers=signed(timestamp=str(NOW * 256)))


@refused(Reason.TIMESTAMP_OUTSIDE_WINDOW)
def late() -> Sent:
    """A clock that is six minutes behind"""
    return Sent(RECORDS, headers=signed(timestamp=str(NOW - 360)))


# Bearer tokens


@refused(Reason.TOKEN_MALFORMED)
def no_token() -> Sent:
    """Bearer with quotes around the token"""
    return Sent(headers={"Authorization": f'Bearer "{TOKEN}"'})


@refused(Reason.TOKEN_IN_QUERY)
def in_query() -> Sent:
    """A token in the URL"""
    return Sent(f"{ACCOUNT}?access_token={TOKEN}")


@refused(Reason.UNKNOWN_TOKEN)
def unknown_token() -> Sent:
    """A token of another server"""
    return Sent(headers=bearing())


@refused(Reason.EXPIRED_TOKEN)
def expired() -> Sent:
    """A token one second after it expired"""
    new_token(client(OAUTH2), ada(), seconds=-1)
    return Sent(headers=bearing())


@refused(Reason.REVOKED_TOKEN)
def revoked() -> Sent:
    """A token that was revoked"""
    new_token(client(OAUTH2), ada()).delete()
    return Sent(headers=bearing())


@refused(Reason.CLIENT_NOT_OAUTH2)
def of_another_scheme() -> Sent:
    """A token of a client whose status was changed to oauth1"""
    new_token(client(OAUTH1), ada())
    return Sent(headers=bearing())


@refused(Reason.SCOPE_INSUFFICIENT)
def only_reading() -> Sent:
    """Writing with a token of the scope readonly"""
    new_token(client(OAUTH2), ada(), scope="readonly")
    return Sent("/api/changeemail/", "POST", bearing())


# Limits


@refused(Reason.RATE_LIMITED, limits="tiny")
def too_often() -> Sent:
    """The sixth request within ten seconds, with HEXOSTORE_LIMITS=tiny"""
    request = Sent(headers=basic())
    assert {request.send().status_code for _ in range(5)} == {200}
    return request


@refused(Reason.RATE_LIMITED)
def ordered() -> Sent:
    """A key that is marked fail:rate"""
    Client.objects.filter(client_id=KEY).update(forced_failure="fail:rate")
    return Sent(RECORDS, headers=signed())


@refused(Reason.TOO_MANY_LOGINS, public=True)
def guessing() -> Sent:
    """The right password after ten wrong ones, in the public profile"""
    for number in range(login_throttle.PAIR.most):
        assert Sent(headers=basic("ada", f"guess {number}")).send().status_code == 401
    return Sent(headers=basic("ada", PASSWORD))
