"""The URLs at which programs get and use their access."""

from django.urls import path, re_path

from apps.credentials.oauth1 import authorize as oauth1_authorize
from apps.credentials.oauth1 import endpoints as oauth1_endpoints
from apps.credentials.oauth2 import authorize as oauth2_authorize
from apps.credentials.oauth2 import endpoints as oauth2_endpoints
from apps.credentials.oauth2.metadata import describe_server

_CONNECT = r"^api/(?:v1/)?connect/oauth2"

_OAUTH2 = [
    path(".well-known/oauth-authorization-server", describe_server),
    re_path(rf"{_CONNECT}/auth/$", oauth2_authorize.authorize_oauth2, name="oauth2-authorize"),
    re_path(rf"{_CONNECT}/token/$", oauth2_endpoints.issue_tokens, name="oauth2-token"),
    re_path(rf"{_CONNECT}/revoke/$", oauth2_endpoints.revoke_token, name="oauth2-revoke"),
    re_path(
        rf"{_CONNECT}/introspect/$", oauth2_endpoints.introspect_token, name="oauth2-introspect"
    ),
]
_OAUTH1 = [
    re_path(r"^oauth/request_token/?$", oauth1_endpoints.request_token),
    re_path(r"^oauth/authorize/?$", oauth1_authorize.authorize_oauth1),
    re_path(r"^oauth/access_token/?$", oauth1_endpoints.access_token),
]
urlpatterns = [*_OAUTH2, *_OAUTH1]
