"""What is taken of a file that somebody sends: no more than the largest that is accepted, and in memory."""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

MOST_BYTES = 1024 * 1024
LARGEST_SOUND = 8 * MOST_BYTES
LARGEST_SPREADSHEET = 15 * MOST_BYTES
LARGER = {
    "spreadsheet": LARGEST_SPREADSHEET,
    "greeting": LARGEST_SOUND,
    "music": LARGEST_SOUND,
    "file": LARGEST_SOUND,  # of an announcement
}  # by the field's name, as it is read before there is a form


class SmallFiles(FileUploadHandler):
    """Of a larger file the beginning is kept, and its size: enough to refuse it by."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.kept, self.most = BytesIO(), LARGER.get(self.field_name or "", MOST_BYTES)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.kept.write(raw_data[: max(0, self.most - start)])

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        self.kept.seek(0)
        return InMemoryUploadedFile(
            self.kept,
            self.field_name,
            self.file_name or "",
            self.content_type or "",
            file_size,
            self.charset,
            self.content_type_extra,
        )
