"""The URLs of the console; only the sandbox profile answers at them."""

from django.urls import path

from apps.console.controls import show_controls
from apps.console.explore import record_data
from apps.console.files import send_file
from apps.console.journal import show_request, show_requests
from apps.console.mail import show_mail, show_outbox
from apps.console.start import show_start
from apps.sandbox.door import guard_view

urlpatterns = [
    path("", guard_view(show_start)),
    path("requests/", guard_view(show_requests)),
    path("requests/controls/", guard_view(show_controls)),
    path("requests/<int:number>/", guard_view(show_request)),
    path("outbox/", guard_view(show_outbox)),
    path("outbox/<int:number>/", guard_view(show_mail)),
    path("explore/record/<int:record>/data", guard_view(record_data.send_data)),
    path("console/files/<str:name>", send_file),
]
