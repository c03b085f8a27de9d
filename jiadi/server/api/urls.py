"""Addresses of the interface (接口网址)."""

from django.urls import path

from jiadi.server.api.views import api, description

urlpatterns = [path("api/openapi.json", description, name="api_description"), path("api/", api.urls)]
