"""Every address that Ringkeep serves."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
