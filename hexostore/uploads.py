"""No view takes files: nothing that is sent may be written to disk or read as multipart."""

from typing import Any, NoReturn

from django.core.files.uploadhandler import FileUploadHandler
from django.http.multipartparser import MultiPartParserError


class Refusing(FileUploadHandler):
    """Ends the reading of multipart before its first byte; Django answers 400 then.

    Views that take forms refuse such a body themselves (apps/credentials/forms.py). This is
    for whoever forgets it.
    """

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise MultiPartParserError."""
        raise MultiPartParserError("This server does not accept multipart bodies.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> NoReturn:
        """Never called, as nothing is read."""
        raise NotImplementedError

    def file_complete(self, file_size: int) -> NoReturn:
        """Never called, as nothing is read."""
        raise NotImplementedError
