"""WebDataset: samples and their columns, headers of all kinds, damaged places."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

pytest.importorskip("orjson", reason="orjson is not installed: the extra data has it")
from tests.data.formats import made
from thirdwatt.data.formats import streams
from thirdwatt.data.formats.webdataset import DAMAGED

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 3000


def write(path: Path, members: list[tuple[str, bytes]], kind: int = tarfile.PAX_FORMAT) -> Path:
    with tarfile.open(path, "w", format=kind) as into:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            if name.endswith("/"):
                info.type, info.size = tarfile.DIRTYPE, 0
            into.addfile(info, io.BytesIO(data))
    return path


def read(path: Path, column: str = "") -> tuple[list[tuple[int, bytes]], list[tuple[int, str]]]:
    found, bad = made.read(path, column)
    return found, [(each.row, each.reason) for each in bad]


def test_columns_of_samples(tmp_path: Path) -> None:
    members = [("d/", b"")]
    for each in range(3):
        members += [(f"d/{each}.png", PNG), (f"d/{each}.json", b'{"caption": "c%d", "n": 1}' % each),
                    (f"d/{each}.en.txt", b"text %d" % each), (f"d/{each}.cls", b"1")]  # fmt: skip
    path = write(tmp_path / "a.tar", members)
    source = made.source(path)
    assert (source.column, source.kind) == ("png", "image")
    assert source.columns == {"png": 3 * len(PNG), "en.txt": 18, "json.caption": 6}
    assert read(path) == ([(each, PNG) for each in range(3)], [])
    assert read(path, "json.caption") == ([(each, b"c%d" % each) for each in range(3)], [])
    assert read(path, "en.txt") == ([(each, b"text %d" % each) for each in range(3)], [])
    with pytest.raises(ValueError, match="not there"):
        read(path, "txt")


@pytest.mark.parametrize("kind", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_in_every_form(tmp_path: Path, kind: int) -> None:
    folder = "deep/" * 25 if kind == tarfile.USTAR_FORMAT else "ö" * 120 + "/"
    members = [(f"{folder}{each}.{end}", f"{each} {end}".encode()) for each in range(40) for end in ("md", "txt")]
    path = write(tmp_path / "a.tar", members, kind)
    assert read(path, "txt") == ([(each, f"{each} txt".encode()) for each in range(40)], [])


def test_samples_that_lack_the_column_or_hold_something_else(tmp_path: Path) -> None:
    members = [("0.txt", b"a"), ("1.json", b"{}"), ("2.txt", b"\xff"), ("3.txt", b"b"), ("4.jpg", b"none")]
    path = write(tmp_path / "a.tar", members)
    assert read(path, "txt") == (
        [(0, b"a"), (3, b"b")], [(1, "no member txt"), (2, "invalid UTF-8"), (4, "no member txt")]
    )  # fmt: skip
    assert read(path, "jpg")[1][-1] == (4, "no image")
    members = [("0.json", b'{"a": "x"}'), ("1.json", b"{torn"), ("2.json", b'{"b": 1}')]
    assert read(write(tmp_path / "b.tar", members), "json.a") == (
        [(0, b"x")], [(1, "broken JSON"), (2, "no member json.a")]
    )  # fmt: skip


def test_behind_a_damaged_header_it_goes_on(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tar", [(f"{each}.txt", b"%d" % each * 600) for each in range(10)])
    data = bytearray(path.read_bytes())
    data[4 * 1536 : 4 * 1536 + 100] = b"?" * 100
    path.write_bytes(data)
    found, bad = read(path, "txt")
    assert [text[:1] for _, text in found] == [b"%d" % each for each in range(10) if each != 4]
    assert bad == [(3, DAMAGED)]


def test_a_tar_that_was_not_closed_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tar", [("0.txt", b"a"), ("1.txt", b"b" * 600)])
    data = path.read_bytes()
    for end in (1024, 2000, 2560):
        path.write_bytes(data[:end])
        found, bad = read(path, "txt")
        assert found == [(0, b"a"), (1, b"b" * 600)][: 1 if end < 2200 else 2]
        assert [reason for _, reason in bad] == [streams.UNREADABLE]


def test_tars_one_behind_the_other(tmp_path: Path) -> None:
    one = write(tmp_path / "1.tar", [("0.txt", b"a")]).read_bytes()
    two = write(tmp_path / "2.tar", [("1.txt", b"b")]).read_bytes()
    path = tmp_path / "a.tar"
    path.write_bytes(one + two)
    assert read(path) == ([(0, b"a"), (1, b"b")], [])


@pytest.mark.parametrize("block", [512, 700, 1024, 5000])
def test_blocks_cut_at_any_place_hold_every_sample_once(
    tmp_path: Path, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "BLOCK_BYTES", block)
    members = [
        (f"{each}.{end}", f"{each}".encode() * (each * 37 % 900)) for each in range(60) for end in ("cls", "txt")
    ]
    path = write(tmp_path / "a.tar", members)
    source = made.source(path, "txt")
    found = [text for part in source.parts() for _, text in made.rows(source.part(part, made.none_bad))]
    assert found == [data for name, data in members if name.endswith("txt")]


@pytest.mark.parametrize("data", [b"no tar", b"\0" * 2048, b"x" * 5000])
def test_what_is_no_tar_is_said(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(data)
    with pytest.raises(ValueError, match="no tar"):
        made.source(path)
