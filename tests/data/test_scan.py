"""A scan of files of several formats, with copies, likenesses, links and rows that are none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")
import pyarrow as pa
import pyarrow.parquet as pq

from tests.data.near.test_words import planted
from thirdwatt.data.files import files
from thirdwatt.data.near import words_numpy
from thirdwatt.data.scan import Scan, scan
from thirdwatt.report.schemas import schema


def dataset(where: Path) -> list[bytes]:
    """A folder of two files, and the documents in them."""
    where.mkdir(exist_ok=True)
    texts = [*planted(8, 200), b"", b"short", b"short"]
    pq.write_table(pa.table({"text": [each.decode() for each in texts[:100]]}), where / "a.parquet")
    rows = [json.dumps({"text": each.decode()}) for each in texts[100:]]
    (where / "b.jsonl").write_text("\n".join([*rows, "{torn"]))
    (where / "notes.xyz").write_text("no dataset")
    (where / "again.parquet").symlink_to(where / "a.parquet")
    os.link(where / "b.jsonl", where / "c.jsonl")
    return texts


def scanned(where: Path) -> Scan:
    return scan(files(str(where)).paths, words_numpy)


def test_what_is_in_a_folder(tmp_path: Path) -> None:
    texts = dataset(tmp_path / "d")
    found = scanned(tmp_path / "d")
    assert (found.rows, found.byte) == (len(texts), sum(map(len, texts)))
    assert found.bad.counts == {"broken JSON": 1}
    assert [Path(each).name for each in found.unread] == ["notes.xyz"]
    assert found.columns == ("text",)
    assert found.lengths["p0"] == 0
    assert found.lengths["p100"] == max(map(len, texts))
    assert files(str(tmp_path / "d")).links == 2


def test_copies_are_counted_once_and_apart_from_likenesses(tmp_path: Path) -> None:
    texts = dataset(tmp_path / "d")
    found = {each.id: each for each in scanned(tmp_path / "d").findings}
    full = [each for each in texts if each]
    assert found["exact_duplicates"].rows == len(full) - len(set(full))
    assert found["exact_duplicates"].byte == sum(map(len, full)) - sum(map(len, set(full)))
    assert found["empty_documents"].rows == 1
    assert found["near_duplicates"].rows > 10
    assert found["near_duplicates"].verified
    flagged = found["flagged_duplicates"]
    assert not flagged.verified
    assert flagged.rows >= found["near_duplicates"].rows + found["exact_duplicates"].rows


def test_files_may_be_named_by_a_pattern(tmp_path: Path) -> None:
    dataset(tmp_path / "d")
    assert [Path(each).name for each in files(str(tmp_path / "d/*.parquet")).paths] == ["a.parquet"]
    assert [Path(each).name for each in files(str(tmp_path / "d/again.parquet")).paths] == ["again.parquet"]
    assert files(str(tmp_path / "nothing")).paths == ()


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "thirdwatt", *arguments], capture_output=True, text=True, timeout=60)


def test_the_command(tmp_path: Path) -> None:
    dataset(tmp_path / "d")
    done = call("data", "scan", str(tmp_path / "d"), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    jsonschema.validate(told, schema("scan"))
    assert (told["rows"], told["tokens"], told["links"]) == (203, None, 2)
    assert told["bad_rows"]["samples"][0]["sample"] == "{torn"
    text = call("data", "scan", str(tmp_path / "d")).stdout
    assert "203 documents" in text
    assert "not verified" in text


@pytest.mark.parametrize("name", ["nothing", "only.xyz"])
def test_what_is_no_dataset_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "only.xyz").write_text("x")
    done = call("data", "scan", str(tmp_path / name))
    assert done.returncode == 2
    assert "1 mistake" in done.stderr
