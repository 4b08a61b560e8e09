"""The URLs of the control plane; only the sandbox profile answers at them."""

from django.urls import re_path

from apps.sandbox import outbox

urlpatterns = [re_path(r"^outbox/?$", outbox.view)]
