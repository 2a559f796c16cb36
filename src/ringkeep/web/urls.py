"""Every address that Ringkeep serves."""

from __future__ import annotations

from django.urls import path

from ringkeep.web.api import api
from ringkeep.web.pages import show_status

urlpatterns = [path("", show_status, name="status"), path("api/v1/", api.urls)]

handler404 = "ringkeep.web.api.not_found"
handler500 = "ringkeep.web.pages.failed"
