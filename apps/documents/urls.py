"""The URLs of the documents."""

from django.urls import path

from apps.documents import views

urlpatterns = [
    path("docs/", views.index),
    path("docs/api/", views.swagger),
    *(path(f"docs/api/{name}", views.swagger_return, {"name": name}) for name in views.RETURN),
    path("docs/files/<str:name>", views.file),
    path("docs/resource/<slug:name>/", views.published),
    path("docs/<slug:name>/", views.resource),
    path("api/openapi.json", views.OpenApiView.as_view(), {"prefix": "api"}),
    path("api/v1/openapi.json", views.OpenApiView.as_view(), {"prefix": "api/v1"}),
]
