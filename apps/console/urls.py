"""The URLs of the console; only the sandbox profile answers at them."""

from django.urls import path

from apps.console.files import send_file
from apps.console.start import show_start
from apps.sandbox.door import guard_view

urlpatterns = [
    path("", guard_view(show_start)),
    path("console/files/<str:name>", send_file),
]
