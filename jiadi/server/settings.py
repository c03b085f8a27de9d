"""Settings of Django (Django 设置); what may be chosen is in `environment`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jiadi.server.database.url import connection
from jiadi.server.environment import value

HERE = Path(__file__).parent
VAR: Path = value("JIADI_VAR").resolve()
DEMO: bool = value("JIADI_DEMO")
DEBUG: bool = value("JIADI_DEBUG")
HTTPS: bool = value("JIADI_HTTPS")

SECRET_KEY: str = value("JIADI_SECRET_KEY") or "demo-only-" * 6
ALLOWED_HOSTS: list[str] = value("JIADI_HOSTS")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "jiadi.server.database",
    "jiadi.server.jobs",
    "jiadi.server.accounts",
    "jiadi.server.cases",
    "jiadi.server.hooks",
    "jiadi.server.register",
    "jiadi.server.survey",
    "jiadi.server.policy",
    "jiadi.server.api",
    "jiadi.server.persons",
    "jiadi.server.exports",
]
# A worker alone loads what jobs do: pages order them by name, and start in a third of the time without it.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""
PROCRASTINATE_IMPORT_PATHS = [f"{app}.tasks" for app in INSTALLED_APPS if (HERE.parents[1] / app.replace(".", "/") / "tasks.py").is_file()]
MIDDLEWARE = [
    "jiadi.server.logs.log_access",
    "django.middleware.security.SecurityMiddleware",
    "jiadi.server.accounts.middleware.guarded",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "jiadi.server.accounts.middleware.kept_sign_in",
    "jiadi.server.accounts.middleware.programs",
    "jiadi.server.accounts.middleware.within_scope",
    "jiadi.server.accounts.middleware.spoken",
    "jiadi.server.accounts.middleware.Gate",
    "jiadi.server.refusals.Refusals",
]
ROOT_URLCONF = "jiadi.server.urls"
WSGI_APPLICATION = "jiadi.server.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "builtins": ["jiadi.server.words", "jiadi.server.navigation"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "jiadi.server.words.of_request",
            ],
        },
    }
]

# Transactions are opened by the middleware of accounts, which says in each whose divisions it may see.
DATABASES = {"default": connection(value("JIADI_DATABASE_URL"), value("JIADI_CONNECTIONS"))}
if value("JIADI_OWNER_DATABASE_URL"):
    DATABASES["owner"] = connection(value("JIADI_OWNER_DATABASE_URL"), 0)
DATABASE_ROUTERS: list[str] = []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "sign_in"
CSRF_FAILURE_VIEW = "jiadi.server.refusals.csrf_failed"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "full_name")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "jiadi.server.accounts.passwords.NotOfHere"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

LANGUAGE_CODE: str = {"zh": "zh-hans", "en": "en"}[value("JIADI_LANG")]
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATICFILES_DIRS = [HERE / "static"]
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = VAR / "media"
EXPORTS_ROOT = VAR / "exports"
EXPORT_DAYS: int = value("JIADI_EXPORT_DAYS")

IDLE_SECONDS: int = value("JIADI_IDLE_MINUTES") * 60
PROXIES: int = value("JIADI_PROXIES")
SESSION_COOKIE_AGE: int = value("JIADI_SESSION_HOURS") * 3600
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
# The proxy in front says how the page travelled; docs/guide/server.md has it overwrite what browsers claim.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 << 20
FILE_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
FILE_UPLOAD_HANDLERS = ["jiadi.server.survey.views.handler.Bounded"]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"numbered": {"()": "jiadi.server.logs.Numbered"}},
    "formatters": {"line": {"()": "jiadi.server.logs.Washed", "fmt": "{asctime} {levelname} {name} {request_id} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["numbered"]}},
    "root": {"handlers": ["console"], "level": "INFO"},
    # Each request has a line of its own already, without its query string.
    "loggers": {"django.request": {"level": "ERROR"}, "procrastinate": {"level": "WARNING"}, "splink": {"level": "WARNING"}},
}
