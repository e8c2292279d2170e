"""Readers: every document with its row, every row that is none with its reason, whatever the file."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")
import pyarrow.parquet as pq  # noqa: E402
import zstandard  # noqa: E402

from thirdwatt.data import formats  # noqa: E402
from thirdwatt.data.formats import base, parquet, streams  # noqa: E402

TEXTS = ["one two", "", "größer", '東京\n"quoted"', "x" * 5000]


def read(path: Path, column: str = "") -> tuple[dict[int, str], list[tuple[int, str]]]:
    """Documents by row, and bad rows with their reasons."""
    source = formats.source(str(path), column)
    assert source is not None
    bad: list[base.BadRow] = []
    found = {}
    for batch in source.texts(bad.append):
        data = batch.data.tobytes()
        for row, begin, end in zip(batch.rows.tolist(), batch.offsets[:-1], batch.offsets[1:], strict=True):
            found[row] = data[begin:end].decode()
    return found, [(each.row, each.reason) for each in bad]


def lines(rows: list[Any]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in rows)


@pytest.mark.parametrize("kind", ["string", "large_string", "string_view", "dictionary"])
@pytest.mark.parametrize("group", [2, 1000])
def test_parquet_of_every_kind_of_text(tmp_path: Path, kind: str, group: int) -> None:
    column = pa.array(TEXTS * 3)
    kinds = {"string": pa.string(), "large_string": pa.large_string(), "string_view": pa.string_view()}
    column = column.cast(kinds[kind]) if kind in kinds else column.dictionary_encode()
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": range(15), "text": column}), path, row_group_size=group, compression="zstd")
    found, bad = read(path)
    assert found == dict(enumerate(TEXTS * 3))
    assert bad == []


def test_parquet_without_a_text_in_a_row(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["a", None, "b", None]}), path)
    assert read(path) == ({0: "a", 2: "b"}, [(1, "no text"), (3, "no text")])


@pytest.mark.parametrize(("column", "reason"), [("nope", "is not there"), ("id", "is no text")])
def test_a_column_that_holds_no_text_is_said(tmp_path: Path, column: str, reason: str) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": [1], "text": ["a"]}), path)
    with pytest.raises(ValueError, match=reason):
        formats.source(str(path), column)


def test_a_row_group_that_is_torn_costs_its_rows_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": [f"text {each} " * 50 for each in range(30)]}), path, row_group_size=10,
                   compression="zstd", use_dictionary=False)  # fmt: skip
    place = pq.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    raw = bytearray(path.read_bytes())
    raw[place : place + 20] = b"\xff" * 20
    path.write_bytes(raw)
    found, bad = read(path)
    assert set(found) == {*range(10), *range(20, 30)}
    assert bad == [(10, parquet.TORN)]
    lost: list[base.BadRow] = []
    source = formats.source(str(path))
    assert source is not None
    list(source.texts(lost.append, 13))
    assert [(each.row, each.rows) for each in lost] == [(13, 7)]


@pytest.mark.parametrize("how", ["plain", "gz", "zst"])
def test_json_lines(tmp_path: Path, how: str) -> None:
    raw = lines([{"id": each, "text": text} for each, text in enumerate(TEXTS)])
    path = tmp_path / {"plain": "a.jsonl", "gz": "a.jsonl.gz", "zst": "a.jsonl.zst"}[how]
    packers: dict[str, Any] = {"plain": bytes, "gz": gzip.compress, "zst": zstandard.ZstdCompressor().compress}
    path.write_bytes(packers[how](raw))
    assert read(path) == (dict(enumerate(TEXTS)), [])


def test_every_bad_line_is_named_and_costs_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LONGEST_BYTES", 1000)
    path = tmp_path / "a.jsonl"
    path.write_bytes(
        b'{"text": "first"}\n{"text": "torn\n{"text": "\xff"}\n{"other": 1}\n{"text": 7}\n[1]\n\n'
        + b'{"text": "' + b"x" * 5000 + b'"}\n{"text": "last"}'
    )  # fmt: skip
    found, bad = read(path, "text")
    assert found == {0: "first", 8: "last"}
    assert bad == [(1, "broken JSON"), (2, "invalid UTF-8"), (3, "no member text"), (4, "no text"), (5, "no object"),
                   (7, "longer than 256 MB")]  # fmt: skip


@pytest.mark.parametrize("how", ["gz", "zst"])
def test_what_is_before_a_torn_end_is_read(tmp_path: Path, how: str) -> None:
    raw = lines([{"text": f"{each} " * 40} for each in range(5000)])
    packed = gzip.compress(raw) if how == "gz" else zstandard.ZstdCompressor().compress(raw)
    path = tmp_path / f"a.jsonl.{how}"
    path.write_bytes(packed[: len(packed) // 2])
    found, bad = read(path, "text")
    assert found
    assert found == {each: f"{each} " * 40 for each in range(len(found))}
    assert bad[-1] == (len(found), "rest of the file cannot be read")
    assert len(bad) == 1


def test_frames_of_zstd_follow_each_other(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.zst"
    pack = zstandard.ZstdCompressor().compress
    path.write_bytes(b"".join(pack(lines([{"text": f"{each}"}])) for each in range(5)))
    assert read(path) == ({each: f"{each}" for each in range(5)}, [])


def test_a_plain_file_is_a_document(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("größer")
    (tmp_path / "b.txt").write_bytes(b"\xff")
    assert read(tmp_path / "a.txt") == ({0: "größer"}, [])
    assert read(tmp_path / "b.txt") == ({}, [(0, "invalid UTF-8")])
    assert formats.source(str(tmp_path / "c.exe")) is None


@pytest.mark.parametrize(
    ("sizes", "column"),
    [({"url": [90, 90], "Text": [5, 5]}, "Text"), ({"a": [1], "b": [100]}, "b"), ({"a": [0]}, ""), ({}, "")],
)
def test_the_column_of_documents_is_found(sizes: dict[str, list[int]], column: str) -> None:
    assert base.likely(sizes) == column


def test_a_file_of_one_large_value_is_no_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(json.dumps({"a": [1, 2], "b": "x"}, indent=1).encode()))
    with pytest.raises(ValueError, match="no line is a JSON object"):
        formats.source(str(path))
