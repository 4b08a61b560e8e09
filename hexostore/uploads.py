"""No view accepts files: nothing that is sent may be written to disk or read as multipart.

The exception, imports of activity files, reads the body itself (apps/exchange/sent_files.py).
"""

from typing import Any, NoReturn

from django.core.files.uploadhandler import FileUploadHandler
from django.http.multipartparser import MultiPartParserError


class Refusing(FileUploadHandler):
    """Stops the reading of multipart before its first byte. Django then responds with 400.

    Views with forms refuse such a body themselves (apps/credentials/forms.py). This is for views
    that forget it.
    """

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise MultiPartParserError."""
        raise MultiPartParserError("This server does not accept multipart bodies.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> NoReturn:
        """Do nothing: it is never called, since nothing is read."""
        raise NotImplementedError

    def file_complete(self, file_size: int) -> NoReturn:
        """Do nothing: it is never called, since nothing is read."""
        raise NotImplementedError
