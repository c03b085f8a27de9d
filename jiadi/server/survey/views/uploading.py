"""Files come in (上传): by a plain form, or in pieces that a broken connection does not lose."""

from __future__ import annotations

from functools import partial
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.parse import unquote
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from jiadi.server.accounts.gate import allowed
from jiadi.server.environment import value
from jiadi.server.refusals import refuse
from jiadi.server.survey import queries
from jiadi.server.survey.actions import uploading
from jiadi.server.words import say

if TYPE_CHECKING:
    from jiadi.server.accounts.middleware import Request

UPLOADS = "application/offset+octet-stream"


@allowed(queries.RIGHT)
@require_POST
def files(request: Request, held: UUID) -> HttpResponse:
    """Files of a plain form: all of them or none."""
    found = queries.one(request.access, held)
    if code := getattr(request, "upload_refused", ""):
        raise refuse(code, most=value("JIADI_UPLOAD_MB"))
    sent = request.FILES.getlist("files")
    if not sent:
        raise refuse("no_files")
    for one in sent:
        uploading.take(request.access, found, one.name or "", one.size or 0, cast(IO[bytes], one))
    messages.success(request, say("import.taken", count=len(sent)))
    return redirect("import", held)


@allowed(queries.RIGHT)
@require_POST
def uploads(request: Request, held: UUID) -> HttpResponse:
    """Announce a file that comes in pieces: `Upload-Length` in bytes, `Upload-Name` percent-encoded. Its address is in `Location`."""
    found = queries.one(request.access, held)
    size = _number(request, "Upload-Length")
    file = uploading.begin(request.access, found, unquote(request.headers.get("Upload-Name", "")), size)
    return _at(file, 201, Location=reverse("import_upload", args=[held, file.pk]))


@allowed(queries.RIGHT)
@require_http_methods(["HEAD", "PATCH"])
def upload(request: Request, held: UUID, file: UUID) -> HttpResponse:
    """Where to go on (HEAD), or the next piece (PATCH, `Upload-Offset` says where it begins)."""
    found = queries.file(request.access, held, file)
    if request.method == "HEAD":
        return _at(found, 200)
    if request.content_type != UPLOADS:
        raise refuse("bad_request")
    return _at(uploading.add(request.access, found, _number(request, "Upload-Offset"), cast(IO[bytes], Body(request))), 204)


class Body:
    """A request's body as a file whose end may come too early (请求体)."""

    def __init__(self, request: HttpRequest) -> None:
        self.read = partial(_piece, request)


def _piece(request: HttpRequest, size: int) -> bytes:
    try:
        return request.read(size)
    except UnreadablePostError:
        return b""


def _number(request: Request, header: str) -> int:
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise refuse("bad_request")
    return int(text)


def _at(file: Any, status: int, **headers: str) -> HttpResponse:
    """Where a file is: how much of it is here, and of how much."""
    held = {"Upload-Offset": str(file.received), "Upload-Length": str(file.bytes), **headers}
    return HttpResponse(status=status, headers=held)


@allowed(queries.RIGHT)
@require_POST
def remove(request: Request, held: UUID, file: UUID) -> HttpResponse:
    """Take a file out again."""
    uploading.remove(request.access, queries.file(request.access, held, file))
    return redirect("import", held)
