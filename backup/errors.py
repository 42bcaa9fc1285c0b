class BackupError(Exception):
    """Why there is no backup, or nothing was restored: its words are a CodedText."""


def reason(error: OSError) -> str:
    """What the system says, and of which file."""
    words = error.strerror or str(error)
    return f"{words}: {error.filename}" if error.filename else words


class ArchiveError(BackupError):
    """The file is no backup that can be opened, or not as it was written."""


class RestoreError(BackupError):
    """The backup is sound, and this is no place for it."""
