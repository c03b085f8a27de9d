"""Settings while pages are served: static files bear their hash in their name, and are kept by browsers for good (服务时的设置)."""

from __future__ import annotations

from jiadi.server.settings import *  # noqa: F403  Django takes one module, and this is the same one and three lines more
from jiadi.server.settings import VAR

STATIC_ROOT = VAR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = False
