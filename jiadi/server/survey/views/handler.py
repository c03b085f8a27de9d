"""Files of a plain form, as they come in (表单文件接收): not more than allowed, and a full disk is no failure of the page."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler

from jiadi.server.survey import media
from jiadi.server.survey.actions.uploading import most_bytes

FORM_BYTES = 1 << 20
"""What the other fields of a form may take beside its files."""


class Bounded(TemporaryFileUploadHandler):
    """Into a temporary file. What is refused is noted in `request.upload_refused`: the page says it, once it may (限量接收)."""

    def _refuse(self, code: str) -> None:
        self.request.upload_refused = code  # type: ignore[union-attr]
        raise StopUpload(connection_reset=True)

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: str | None = None) -> None:
        """Whether the form is too large as a whole is known before its first byte."""
        self.too_large = content_length > most_bytes() + FORM_BYTES

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """A file begins."""
        if self.too_large:
            self._refuse("file_too_large")
        with_room = self._guarded(super().new_file)
        with_room(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """A piece of it."""
        self._guarded(super().receive_data_chunk)(raw_data, start)
        return None

    def file_complete(self, file_size: int) -> Any:
        """Its end."""
        return self._guarded(super().file_complete)(file_size)

    def _guarded(self, do: Any) -> Any:
        def tried(*args: Any, **kwargs: Any) -> Any:
            try:
                return do(*args, **kwargs)
            except OSError as error:
                if error.errno not in media.FULL:
                    raise
                return self._refuse("disk_full")

        return tried
