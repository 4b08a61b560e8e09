"""The URLs at which programs get and use their access."""

from django.urls import path

from apps.credentials.token import token

urlpatterns = [path("api/connect/oauth2/token/", token)]
