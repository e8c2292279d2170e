"""Results land whole where they were meant to, and nothing that is no file is replaced by one."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from thirdwatt.cli.files import text_of, written
from thirdwatt.scenario import InputError


def test_a_file_is_replaced_whole_and_keeps_its_rights(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    path.chmod(0o640)
    written(str(path), "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]


def test_a_link_goes_on_leading_to_its_file(tmp_path: Path) -> None:
    target, link = tmp_path / "target.html", tmp_path / "link.html"
    target.write_text("old")
    link.symlink_to(target)
    written(str(link), "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    pipe, got = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    written(str(pipe), "through")
    reader.join(timeout=10)
    assert got == [b"through"]
    assert pipe.is_fifo()


def test_a_read_only_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mine.html"
    path.write_text("old")
    path.chmod(0o444)
    with pytest.raises(InputError, match="read-only"):
        written(str(path), "new")
    assert path.read_text() == "old"


@pytest.mark.parametrize("name", ["", "folder", "nowhere/report.html", "a\0b"])
def test_what_cannot_be_written_says_so(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError):
        written(str(tmp_path / name) if name else str(tmp_path), "new")
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


def test_text_is_read_as_it_stands(tmp_path: Path) -> None:
    """What is not changed in a card must be written back as it was: line ends, and a mark of the byte order."""
    path = tmp_path / "README.md"
    path.write_bytes("\ufeffa\r\nb\n".encode())
    assert text_of(str(path)) == "\ufeffa\r\nb\n"
