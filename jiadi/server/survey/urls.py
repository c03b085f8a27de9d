"""Addresses of imports (导入网址)."""

from django.urls import path

from jiadi.server.survey.views import deciding, showing, uploading

urlpatterns = [
    path("imports", showing.imports, name="imports"),
    path("imports/new", showing.new_import, name="new_import"),
    path("imports/<uuid:held>", showing.one, name="import"),
    path("imports/<uuid:held>/progress", showing.progress, name="import_progress"),
    path("imports/<uuid:held>/results/<path:name>", showing.result, name="import_result"),
    path("imports/<uuid:held>/files", uploading.files, name="import_files"),
    path("imports/<uuid:held>/uploads", uploading.uploads, name="import_uploads"),
    path("imports/<uuid:held>/uploads/<uuid:file>", uploading.upload, name="import_upload"),
    path("imports/<uuid:held>/files/<uuid:file>/remove", uploading.remove, name="remove_import_file"),
    path("imports/<uuid:held>/check", showing.check, name="check_import"),
    path("imports/<uuid:held>/cancel", showing.cancel, name="cancel_import"),
    path("imports/<uuid:held>/discard", showing.discard, name="discard_import"),
    path("imports/<uuid:held>/mapping", deciding.mapping, name="import_mapping"),
    path("imports/<uuid:held>/review", deciding.review, name="import_review"),
    path("imports/<uuid:held>/review/workbook", deciding.workbook, name="import_workbook"),
    path("imports/<uuid:held>/preview", deciding.preview, name="import_preview"),
    path("imports/<uuid:held>/accept", deciding.accept, name="accept_import"),
    path("imports/<uuid:held>/undo", deciding.undo, name="undo_import"),
]
