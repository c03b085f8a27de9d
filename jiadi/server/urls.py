"""Every address of the server (网址); `tests/server/matrix.yaml` says of each who gets what."""

from django.urls import URLPattern, URLResolver, include, path

from jiadi.server.health import healthz, readyz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("", include("jiadi.server.accounts.urls")),
    path("", include("jiadi.server.hooks.urls")),
    path("", include("jiadi.server.register.urls")),
    path("", include("jiadi.server.survey.urls")),
    path("", include("jiadi.server.policy.urls")),
    path("", include("jiadi.server.persons.urls")),
    path("", include("jiadi.server.audit.urls")),
    path("", include("jiadi.server.exports.urls")),
    path("", include("jiadi.server.api.urls")),
]

handler400 = "jiadi.server.refusals.bad_request"
handler403 = "jiadi.server.refusals.forbidden"
handler404 = "jiadi.server.refusals.not_found"
handler500 = "jiadi.server.refusals.server_error"
