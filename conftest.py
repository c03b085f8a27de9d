"""Django, set up for every test and doctest; it connects to a database only where a test asks for one."""

from __future__ import annotations

import os

import django

os.environ.update(DJANGO_SETTINGS_MODULE="jiadi.server.settings", JIADI_DEMO="true", JIADI_HTTPS="false", JIADI_LANG="zh")
django.setup()
