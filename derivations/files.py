"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from derivations.errors import CellError


def write_whole(path: Path, content: bytes | str) -> Path:
    """Write a file so that a reader sees the old content or the new one, never a part; text is UTF-8 with ``\\n``.

    Raises ``CellError`` where the folder does not exist or cannot be written to.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise CellError(f"{path} cannot be written: {error.strerror}", hint="the folder has to exist and to be writable") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        os.replace(name, path)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise CellError(f"{path} cannot be written: {error.strerror}") from None
        raise
    return path
