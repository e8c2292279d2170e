"""The same documents in every format, made by the libraries that people make them with."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
import zstandard

from thirdwatt.data import formats
from thirdwatt.data.formats.base import BadRow, Source, Texts

SPAN = 3
"""Rows of a row group and of a record batch."""


def table(texts: list[str]) -> pa.Table:
    return pa.table({"id": pa.array(range(len(texts))), "text": pa.array(texts, pa.string())})


def jsonl(path: Path, texts: list[str]) -> None:
    rows = [json.dumps({"id": number, "text": text}) for number, text in enumerate(texts)]
    path.write_bytes(packed(path, "".join(f"{each}\n" for each in rows).encode()))


def array(path: Path, texts: list[str]) -> None:
    path.write_bytes(packed(path, json.dumps([{"id": n, "text": each} for n, each in enumerate(texts)]).encode()))


def nested(path: Path, texts: list[str]) -> None:
    rows = [{"id": n, "text": each} for n, each in enumerate(texts)]
    path.write_text(json.dumps({"version": [1, "2"], "data": rows, "end": {}}, indent=2, ensure_ascii=False))


def separated(path: Path, texts: list[str]) -> None:
    held = io.StringIO(newline="")
    writer = csv.writer(held, delimiter="\t" if ".tsv" in path.name else ",")
    writer.writerows([("id", "text"), *enumerate(texts)])
    path.write_bytes(packed(path, held.getvalue().encode()))


def stream(path: Path, texts: list[str]) -> None:
    found = table(texts)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, found.schema) as writer:
        writer.write_table(found, SPAN)


def file(path: Path, texts: list[str]) -> None:
    feather.write_feather(table(texts), path, chunksize=SPAN, compression="lz4")


def parquet(path: Path, texts: list[str]) -> None:
    pq.write_table(table(texts), path, row_group_size=SPAN, compression="zstd")


def tar(path: Path, texts: list[str]) -> None:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as into:
        for number, text in enumerate(texts):
            for ending, data in (("json", b'{"n": 1}'), ("txt", text.encode())):
                info = tarfile.TarInfo(f"train/{number:06d}.{ending}")
                info.size, info.mtime = len(data), number + 0.5  # which needs an extended header
                into.addfile(info, io.BytesIO(data))
    path.write_bytes(packed(path, held.getvalue()))


def packed(path: Path, data: bytes) -> bytes:
    how: dict[str, Callable[[bytes], bytes]] = {
        ".gz": gzip.compress, ".zst": zstandard.ZstdCompressor().compress, ".bz2": bz2.compress, ".xz": lzma.compress,
    }  # fmt: skip
    return how.get(path.suffix, bytes)(data)


WRITERS: dict[str, Callable[[Path, list[str]], None]] = {
    "a.jsonl": jsonl, "a.jsonl.gz": jsonl, "a.jsonl.zst": jsonl, "a.ndjson.bz2": jsonl, "a.jsonl.xz": jsonl,
    "lines.json": jsonl, "array.json": array, "array.json.gz": array, "nested.json": nested,
    "a.csv": separated, "a.csv.gz": separated, "a.tsv": separated, "a.tsv.zst": separated,
    "a.arrow": stream, "a.feather": file, "a.parquet": parquet,
    "a.tar": tar, "a.tar.gz": tar,
}  # fmt: skip


def write(where: Path, name: str, texts: list[str]) -> Path:
    path = where / name
    WRITERS[name](path, texts)
    return path


def source(path: Path | str, column: str = "") -> Source:
    found = formats.source(str(path), column)
    assert found is not None
    return found


def rows(batches: Any) -> list[tuple[int, bytes]]:
    """Documents with their rows."""
    found: list[tuple[int, bytes]] = []
    for batch in batches:
        assert isinstance(batch, Texts)
        assert len(batch.offsets) == len(batch.rows) + 1
        data = batch.data.tobytes()
        ends = zip(batch.rows.tolist(), batch.offsets[:-1].tolist(), batch.offsets[1:].tolist(), strict=True)
        found += [(row, data[begin:end]) for row, begin, end in ends]
    return found


def none_bad(row: BadRow) -> None:
    """Takes in bad rows where there must be none."""
    pytest.fail(str(row))


def read(path: Path | str, column: str = "", first: int = 0) -> tuple[list[tuple[int, bytes]], list[BadRow]]:
    """Documents of a file with their rows, and its bad rows."""
    bad: list[BadRow] = []
    return rows(source(path, column).texts(bad.append, first)), bad
