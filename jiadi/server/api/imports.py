"""Imports as programs make them (接口导入): the same acts as on the pages, each done once for its key."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Annotated, Any, Final, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Header

from jiadi.server.api import schemas
from jiadi.server.api.asking import WRITING, After, Division, Key, Limit, answers, page, v1, within
from jiadi.server.api.once import once
from jiadi.server.api.permits import Token
from jiadi.server.survey import queries
from jiadi.server.survey.actions import moving, uploading
from jiadi.server.survey.models import Import
from jiadi.server.survey.views.uploading import Body
from jiadi.server.words import language

READ, WRITE, ACCEPT = "read_imports", "write_imports", "accept_imports"
MOVED: Final = (*WRITING, "not_found", "import_moved")
BYTES: Final = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}

Offset = Annotated[int, Header(alias="Upload-Offset", ge=0, le=2**53, description="where the piece begins: `received` of the file")]


def _do(request: Any, key: str, held: Import, act: Callable[[Import], None]) -> HttpResponse:
    """Do something with an import, once; the answer is the import as it is then."""

    def done() -> tuple[int, schemas.Import]:
        act(held)
        held.refresh_from_db()
        return 202, schemas.Import.from_orm(held)

    return once(request, key, done)


@v1.get("/imports", auth=Token(READ), **answers({200: schemas.Page[schemas.Import]}, "division_code"))
def imports(request: HttpRequest, division: Division = "", limit: Limit = 100, after: After = None) -> Any:
    """Imports, the newest first."""
    found = queries.imports(request.access).filter(within(request, division, queries.RIGHT).where())  # type: ignore[attr-defined]
    return page(found.filter(id__lt=after) if after else found, limit)


@v1.get("/imports/{held}", auth=Token(READ), **answers({200: schemas.Import}, "not_found"))
def import_(request: Any, held: UUID) -> Any:
    """One import, and how far it is."""
    return queries.one(request.access, held)


@v1.post("/imports", auth=Token(WRITE), **answers({201: schemas.Import}, *WRITING, "outside_scope", "division_code"))
def new_import(request: Any, wanted: schemas.NewImport, key: Key) -> HttpResponse:
    """Make an import."""

    def done() -> tuple[int, schemas.Import]:
        return 201, schemas.Import.from_orm(moving.create(request.access, wanted.division, wanted.title.strip()))

    return once(request, key, done)


@v1.get("/imports/{held}/files", auth=Token(READ), **answers({200: list[schemas.File]}, "not_found"))
def files(request: Any, held: UUID) -> Any:
    """Files of an import, those on their way as well."""
    return queries.files(queries.one(request.access, held))


BEGIN = (*MOVED, "file_name", "file_empty", "file_too_large", "files_too_many")


@v1.post("/imports/{held}/files", auth=Token(WRITE), **answers({201: schemas.File}, *BEGIN))
def new_file(request: Any, held: UUID, wanted: schemas.NewFile, key: Key) -> HttpResponse:
    """Announce a file; its bytes come in pieces, to its own address."""
    found = queries.one(request.access, held)

    def done() -> tuple[int, schemas.File]:
        return 201, schemas.File.from_orm(uploading.begin(request.access, found, wanted.name, wanted.bytes))

    return once(request, key, done)


@v1.get("/imports/{held}/files/{file}", auth=Token(READ), **answers({200: schemas.File}, "not_found"))
def file(request: Any, held: UUID, file: UUID) -> Any:
    """One file, and where to go on with it."""
    return queries.file(request.access, held, file)


SEND = ("form_expired", "not_found", "import_moved", "upload_offset", "upload_done", "disk_full")
SENDING = answers({200: schemas.File}, *SEND)
SENDING["openapi_extra"] |= {"requestBody": {"required": True, "content": BYTES}}


@v1.patch("/imports/{held}/files/{file}", auth=Token(WRITE), **SENDING)
def piece(request: Any, held: UUID, file: UUID, offset: Offset) -> Any:
    """The next piece of a file. It needs no key: a piece that is here already is refused, with where to go on."""
    return uploading.add(request.access, queries.file(request.access, held, file), offset, cast(IO[bytes], Body(request)))


@v1.delete("/imports/{held}/files/{file}", auth=Token(WRITE), **answers({204: None}, "form_expired", "not_found", "import_moved"))
def remove(request: Any, held: UUID, file: UUID) -> HttpResponse:
    """Take a file out again. It needs no key: a file that is gone is not found."""
    uploading.remove(request.access, queries.file(request.access, held, file))
    return HttpResponse(status=204)


@v1.post("/imports/{held}/check", auth=Token(WRITE), **answers({202: schemas.Import}, *MOVED, "no_files"))
def check(request: Any, held: UUID, key: Key) -> HttpResponse:
    """Have an import checked."""
    return _do(request, key, queries.one(request.access, held), lambda found: moving.check(request.access, found, language()))


@v1.post("/imports/{held}/cancel", auth=Token(WRITE), **answers({202: schemas.Import}, *MOVED))
def cancel(request: Any, held: UUID, key: Key) -> HttpResponse:
    """Take an order back; one to accept or to undo takes the permit for these."""
    return _do(request, key, queries.one(request.access, held), lambda found: moving.cancel(request.access, found))


@v1.post("/imports/{held}/discard", auth=Token(WRITE), **answers({202: schemas.Import}, *MOVED))
def discard(request: Any, held: UUID, key: Key) -> HttpResponse:
    """Give an import up that is not in the register."""
    return _do(request, key, queries.one(request.access, held), lambda found: moving.discard(request.access, found))


@v1.post("/imports/{held}/accept", auth=Token(ACCEPT), **answers({202: schemas.Import}, *MOVED, "reason_missing"))
def accept(request: Any, held: UUID, wanted: schemas.Accept, key: Key) -> HttpResponse:
    """Have an import put into the register; whether that could be done is said by its state later."""
    keep = [str(one) for one in wanted.keep]
    return _do(request, key, queries.one(request.access, held), lambda found: moving.accept(request.access, found, wanted.why, keep))


@v1.post("/imports/{held}/undo", auth=Token(ACCEPT), **answers({202: schemas.Import}, *MOVED, "reason_missing"))
def undo(request: Any, held: UUID, wanted: schemas.Why, key: Key) -> HttpResponse:
    """Have an import taken back whole."""
    return _do(request, key, queries.one(request.access, held), lambda found: moving.undo(request.access, found, wanted.why))
