"""The URLs of the documents."""

from django.urls import path

from apps.documents import views

urlpatterns = [
    path("docs/", views.show_index),
    path("docs/api/", views.show_swagger),
    *(path(f"docs/api/{name}", views.swagger_return, {"name": name}) for name in views.RETURN),
    path("docs/files/<str:name>", views.send_file),
    path("docs/resource/<slug:name>/", views.show_published),
    path("docs/<slug:name>/", views.show_resource),
    path("api/openapi.json", views.OpenApiView.as_view(), {"prefix": "api"}),
    path("api/v1/openapi.json", views.OpenApiView.as_view(), {"prefix": "api/v1"}),
]
