"""Files of a dataset: each once, whatever leads to it, and not what only describes it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from thirdwatt.data.files import files


def made(where: Path, *names: str) -> Path:
    for number, each in enumerate(names):
        path = where / each
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * (number + 1))
    return where


def named(where: Path | str, top: Path) -> list[str]:
    return [str(Path(each).relative_to(top)) for each in files(str(where)).paths]


def test_a_file_a_folder_and_a_pattern(tmp_path: Path) -> None:
    made(tmp_path, "a.txt", "sub/b.txt", ".hidden.txt", ".git/c.txt", "sub/deep/d.csv")
    assert named(tmp_path, tmp_path) == ["a.txt", "sub/b.txt", "sub/deep/d.csv"]
    assert named(tmp_path / "*.txt", tmp_path) == ["a.txt"]
    assert named(tmp_path / "**/*.txt", tmp_path) == ["a.txt", "sub/b.txt"]
    assert named(tmp_path / ".hidden.txt", tmp_path) == [".hidden.txt"]
    assert named(f"file://{tmp_path}/a.txt", tmp_path) == ["a.txt"]
    assert files(str(tmp_path / "nothing")).paths == ()
    found = files(str(tmp_path))
    assert (found.sizes, found.byte) == ((1, 2, 5), 8)


def test_links_are_no_copies(tmp_path: Path) -> None:
    made(tmp_path, "d/a.txt", "d/b.txt", "out/c.txt", "out/sub/e.txt")
    top = tmp_path / "d"
    (top / "again.txt").symlink_to(top / "a.txt")
    os.link(top / "b.txt", top / "hard.txt")
    (top / "nowhere.txt").symlink_to(tmp_path / "gone")
    (top / "outside.txt").symlink_to(tmp_path / "out/c.txt")
    (top / "loop").symlink_to(top)
    (top / "linked").symlink_to(tmp_path / "out")
    found = files(str(top))
    named_once = {Path(each).resolve() for each in found.paths}
    assert len(named_once) == len(found.paths) == 4
    assert named_once == {top / "a.txt", top / "b.txt", tmp_path / "out/c.txt", tmp_path / "out/sub/e.txt"}
    assert found.links == 4  # again, hard, nowhere, and c.txt by one of its two names


def test_the_cache_of_the_hub_is_read_by_the_names_of_its_links(tmp_path: Path) -> None:
    made(tmp_path, "blobs/5f1d", "blobs/77aa", "refs/main")
    data = tmp_path / "snapshots/abc/data"
    data.mkdir(parents=True)
    (data / "train.parquet").symlink_to(tmp_path / "blobs/5f1d")
    (data.parent / "README.md").symlink_to(tmp_path / "blobs/77aa")
    assert named(tmp_path / "snapshots/abc", tmp_path) == ["snapshots/abc/data/train.parquet"]
    assert named(tmp_path, tmp_path) == ["refs/main", "snapshots/abc/data/train.parquet"]


def test_what_describes_a_dataset_is_left_out_and_named(tmp_path: Path) -> None:
    made(tmp_path, "data/a.parquet", "README.md", "LICENSE", "dataset_infos.json", "data/_SUCCESS", "x.parquet.lock")
    found = files(str(tmp_path))
    assert named(tmp_path, tmp_path) == ["data/a.parquet"]
    assert len(found.descriptions) == 5
    assert named(tmp_path / "dataset_infos.json", tmp_path) == ["dataset_infos.json"]


def test_a_folder_of_pages_keeps_its_readme(tmp_path: Path) -> None:
    made(tmp_path, "a.md", "README.md")
    assert named(tmp_path, tmp_path) == ["README.md", "a.md"]


DATA = "data-00000-of-00001.arrow"


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        ([DATA, "state.json", "dataset_info.json", "cache-1a2b.arrow"], [DATA]),
        (["cache-1a2b.arrow", "dataset_info.json"], ["cache-1a2b.arrow"]),
        (["dataset_dict.json", f"train/{DATA}", "train/state.json"], [f"train/{DATA}"]),
    ],
)
def test_an_arrow_cache_is_its_data(tmp_path: Path, names: list[str], kept: list[str]) -> None:
    assert named(made(tmp_path, *names), tmp_path) == kept
