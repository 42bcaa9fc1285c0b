"""Files that are there whole, or as before, whatever is killed meanwhile; for their owner alone."""

import os
import tempfile
from pathlib import Path


def write(path: Path, content: str | bytes, *, lasting: bool = False) -> None:
    """In place of what is there. `lasting`: after a power cut too. Raises OSError."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
