"""``init -o``: a new file, whole or not at all, and never over another."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from thirdwatt.cli import files
from thirdwatt.cli.files import created
from thirdwatt.scenario import InputError


def init(path: Path, before: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", "-m", "thirdwatt", "init", "--params", "7e9", "-o", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, preexec_fn=before)


def test_assumed_tokens_are_marked_and_sourced(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    assert init(path).returncode == 0
    (line,) = (line for line in path.read_text().splitlines() if line.startswith("tokens = "))
    assert 'value = 140000000000, low = 70000000000, high = 7000000000000, kind = "assumed"' in line
    assert "20 a parameter, as compute-optimal training takes (Hoffmann et al. 2022, arXiv:2203.15556, table 3)" in line
    assert line.endswith("# assumed: state your own")


def test_a_file_to_draft_from_that_is_not_there_is_no_misspelt_preset(tmp_path: Path) -> None:
    command = [sys.executable, "-B", "-m", "thirdwatt", "init", "--from", str(tmp_path / "absent.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert "absent.json: cannot be read: the file does not exist; check the path" in done.stderr
    assert "preset" not in done.stderr


def test_a_file_that_exists_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text("mine")
    done = init(path)
    assert done.returncode == 2
    assert f"{path}: exists already; name another file; nothing was changed" in done.stderr
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {"run.toml": "mine"}


def test_a_link_that_leads_nowhere_exists_too(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.symlink_to(tmp_path / "absent")
    with pytest.raises(InputError, match="exists already"):
        created(str(path), "new")
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_no_half_of_a_file(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    done = init(tmp_path / "run.toml", lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
    assert done.returncode == 2
    assert "run.toml: cannot be written: File too large; nothing was changed" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = init(tmp_path / "absent" / "run.toml")
    assert done.returncode == 2
    assert "cannot be written: No such file or directory" in done.stderr


def test_a_new_file_has_the_rights_of_any_other(tmp_path: Path) -> None:
    created(str(tmp_path / "run.toml"), "ü\n")
    (tmp_path / "other").touch()
    assert (tmp_path / "run.toml").read_bytes() == "ü\n".encode()
    assert (tmp_path / "run.toml").stat().st_mode == (tmp_path / "other").stat().st_mode
    assert (tmp_path / "run.toml").stat().st_nlink == 1


def without_links(*_: object) -> None:
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))


@pytest.mark.parametrize("links", [True, False])
def test_of_many_at_once_one_gets_the_name(links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", without_links)
    monkeypatch.setattr(files, "_umask", lambda: 0o022)  # reading it sets it, for all threads
    path = tmp_path / "run.toml"

    def wrote(number: int) -> bool:
        try:
            created(str(path), f"{number}\n" * 10_000)
        except InputError as error:
            assert "exists already" in str(error)
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        (winner,) = (number for number, won in enumerate(pool.map(wrote, range(8))) if won)
    assert path.read_text() == f"{winner}\n" * 10_000
    assert list(tmp_path.iterdir()) == [path]


def test_without_links_a_failed_rename_gives_the_name_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "hardlink_to", without_links)
    monkeypatch.setattr(Path, "replace", without_links)
    with pytest.raises(InputError, match="cannot be written: Operation not permitted; nothing was changed"):
        created(str(tmp_path / "run.toml"), "new")
    assert list(tmp_path.iterdir()) == []
