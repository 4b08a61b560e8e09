"""The URLs at which programs get and use their access."""

from django.urls import path, re_path

from apps.credentials import oauth2_authorize, oauth2_endpoints
from apps.credentials.metadata import describe
from apps.credentials.oauth1_authorize import authorize
from apps.credentials.oauth1_views import access_token, request_token

_CONNECT = r"^api/(?:v1/)?connect/oauth2"

_OAUTH2 = [
    path(".well-known/oauth-authorization-server", describe),
    re_path(rf"{_CONNECT}/auth/$", oauth2_authorize.authorize, name="oauth2-authorize"),
    re_path(rf"{_CONNECT}/token/$", oauth2_endpoints.token, name="oauth2-token"),
    re_path(rf"{_CONNECT}/revoke/$", oauth2_endpoints.revoke, name="oauth2-revoke"),
    re_path(rf"{_CONNECT}/introspect/$", oauth2_endpoints.introspect, name="oauth2-introspect"),
]
_OAUTH1 = [
    re_path(r"^oauth/request_token/?$", request_token),
    re_path(r"^oauth/authorize/?$", authorize),
    re_path(r"^oauth/access_token/?$", access_token),
]
urlpatterns = [*_OAUTH2, *_OAUTH1]
