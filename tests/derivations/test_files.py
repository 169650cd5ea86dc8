"""Files appear whole or not at all."""

from pathlib import Path

import pytest

from derivations import CellError, files
from derivations.files import write_whole


def test_a_file_is_written_with_the_same_bytes_everywhere(tmp_path: Path) -> None:
    path = write_whole(tmp_path / "a.txt", "σ\n")
    assert path.read_bytes() == b"\xcf\x83\n"
    assert path.stat().st_mode & 0o777 == 0o644
    assert write_whole(path, b"new").read_bytes() == b"new"


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    path = write_whole(tmp_path / "a.txt", "old")

    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(files.os, "replace", broken)
    with pytest.raises(CellError if isinstance(error, OSError) else KeyboardInterrupt):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CellError, match="cannot be written"):
        write_whole(tmp_path / "no" / "a.txt", "x")
