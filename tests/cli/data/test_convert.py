"""``thirdwatt data convert`` as its users call it, and killed at any moment."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")

from tests.cli.data.calling import call, process
from tests.cli.data.killing import killed
from tests.data.fix.test_dedup import contents, parquet
from tests.documents import keeps_to


def test_words_and_data(tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text('{"text": "one"}\n{torn\n{"text": "two"}\n')
    done = process(tmp_path, "data", "convert", str(tmp_path / "d.jsonl"), "--out", str(tmp_path / "a"), "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    keeps_to(found, "convert")
    assert found["after"]["rows"] == 2
    text = call(tmp_path, "data", "convert", str(tmp_path / "a"), "--out", str(tmp_path / "b"), "--to", "arrow").stdout
    assert "2 rows" in text
    assert "files of arrow" in text
    scanned = call(tmp_path, "data", "scan", str(tmp_path / "b"), "--scenario", "gpt-4o").stdout
    assert "after convert" in scanned
    (tmp_path / "b/data/more.jsonl").write_text('{"text": "three"}')
    scanned = call(tmp_path, "data", "scan", str(tmp_path / "b"), "--scenario", "gpt-4o").stdout
    assert "after convert" not in scanned
    assert "This is not the result that a fix has proved: one file of it was changed" in scanned
    assert "more.jsonl" in scanned


@pytest.mark.parametrize("form", ["tokens", "megatron", "webdataset"])
def test_tokens(tmp_path: Path, form: str) -> None:
    parquet(tmp_path / "d.parquet", ["one", "", None, "three"])
    arguments = ["data", "convert", str(tmp_path / "d.parquet"), "--to", form, "--tokenizer", "bytes", "--out"]
    done = call(tmp_path, *arguments, str(tmp_path / "a"), "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    keeps_to(found, "convert")
    assert sum(each["rows"] for each in found["files"]) == 2
    assert (found["before"]["rows"], found["after"]["rows"], found["after"]["tokens"]["value"]) == (3, 2, 8)
    assert "8 tokens of uint16 by bytes" in call(tmp_path, *arguments, str(tmp_path / "b")).stdout
    assert [json.loads(each)["why"] for each in (tmp_path / "a/removed.jsonl").read_text().splitlines()] == [
        "empty", "bad row: no text",
    ]  # fmt: skip


def test_mistakes_are_told(tmp_path: Path) -> None:
    parquet(tmp_path / "d.parquet", ["one"], raw=[b"\xff"])
    for arguments, told in (
        (["d.parquet", "--to", "jsonl"], "convert --to parquet"),
        (["nowhere"], "holds no files"),
        (["d.parquet", "--column", "x"], "no file that can be read"),
        (["d.parquet", "--to", "megatron"], "needs a tokenizer"),
        (["d.parquet", "--shard-size", "0"], "is less than 1 kB"),
        (["d.parquet", "--tokenizer", "bytes"], "holds no tokens"),
        (["d.parquet", "--to", "tokens", "--tokenizer", "bytes", "--end", "</s>"], "--end"),
    ):
        done = call(
            tmp_path, "data", "convert", str(tmp_path / arguments[0]), *arguments[1:], "--out", str(tmp_path / "o")
        )
        assert (done.returncode, told in done.stderr) == (2, True), done.stderr
        assert not (tmp_path / "o").exists()


@pytest.mark.slow
def test_kills_leave_nothing_that_looks_whole_and_is_not(tmp_path: Path) -> None:
    draw = random.Random(4)
    lines = [json.dumps({"text": " ".join(f"{draw.getrandbits(40):x}" for _ in range(100))}) for _ in range(20_000)]
    lines[7::50] = ["{torn"] * len(lines[7::50])
    (tmp_path / "d.jsonl").write_text("\n".join(lines))
    arguments = ["data", "convert", str(tmp_path / "d.jsonl"), "--shard-size", "200kB", "--out"]
    since = time.monotonic()
    done = process(tmp_path, *arguments, str(tmp_path / "whole"))
    took_s = time.monotonic() - since
    assert done.returncode == 0, done.stderr
    whole, out = contents(tmp_path / "whole"), tmp_path / "out"
    assert killed(arguments, out, whole, 30, (0.2 * took_s, 0.9 * took_s)) >= 3
    assert call(tmp_path, *arguments, str(out)).returncode == 0
    assert contents(out) == whole
