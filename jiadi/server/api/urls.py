"""Addresses of the interface (接口网址)."""

from django.urls import path

from jiadi.server.api.views import api

urlpatterns = [path("api/", api.urls)]
