"""Results kept by content: a folder with one JSON file for each key, written whole, read with care, never needed."""

from __future__ import annotations

import json
import os
import warnings
from hashlib import sha256
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from derivations.errors import CellError
from derivations.files import write_whole


def default_folder() -> Path:
    """GATEPROOF_CACHE, or the user's folder for what can be computed again."""
    return Path(os.environ.get("GATEPROOF_CACHE") or user_cache_path("gateproof"))


class Store:
    """What was found before, by key; a folder that cannot be written to gives one warning and keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder  # None: nothing is kept

    def path(self, key: str) -> Path:
        """The file of a key."""
        assert self.folder is not None
        return self.folder / key[:2] / f"{key}.json"

    def get(self, key: str) -> list[dict[str, Any]] | None:
        """The results of a key; None if there are none, or if the file does not hold what was written."""
        if self.folder is None:
            return None
        try:
            data = json.loads(self.path(key).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        found = data.get("results") if isinstance(data, dict) and data.get("key") == key else None
        return found if isinstance(found, list) and found and data.get("digest") == _digest(found) else None

    def put(self, key: str, results: list[dict[str, Any]]) -> None:
        """Keep the results of a key."""
        if self.folder is None:
            return
        path = self.path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, json.dumps({"key": key, "digest": _digest(results), "results": results}, ensure_ascii=False))
        except (OSError, CellError) as error:
            warnings.warn(f"results are not kept: {error}", stacklevel=2)
            self.folder = None


def _digest(results: list[dict[str, Any]]) -> str:
    """What tells results that were cut or changed from those that were written."""
    return sha256(json.dumps(results, sort_keys=True).encode()).hexdigest()
