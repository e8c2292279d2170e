"""``thirdwatt data pack`` as its users call it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")

from tests.cli.data import calling
from tests.cli.data.killing import killed
from tests.data.fix import tokens_made as made
from tests.documents import keeps_to


def command(where: Path, *more: str) -> list[str]:
    start = [sys.executable, "-m", "thirdwatt", "data", "pack", str(where / "d"), "--out", str(where / "o")]
    return [*start, *("--context", "128"), *more]


def call(where: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return calling.call(where, *command(where, *more)[3:])


def test_words_and_data(tmp_path: Path) -> None:
    made.dataset(tmp_path / "d", [*made.texts(100), ""])
    own = made.tokenizer(tmp_path, "</s>")
    done = calling.process(tmp_path, *command(tmp_path, "--tokenizer", own.name)[3:])
    assert done.returncode == 0, done.stderr
    for each in (
        "101 documents", "each with </s> behind it", "sequences", "of 128 tokens, in 1 files",
        "no packing has less than",
        "left out   1 documents without a token", "bad rows   2 × broken JSON", "Load ",
    ):  # fmt: skip
        assert each in done.stdout
    shutil.rmtree(tmp_path / "o")
    found = call(tmp_path, "--tokenizer", own.name, "--end", "none", "--format", "arrow", "--json")
    assert found.returncode == 0, found.stderr
    report = json.loads(found.stdout)
    assert json.loads((tmp_path / "o" / "report.json").read_text()).items() <= report.items()
    keeps_to(report, "pack")
    assert report["end"] is None
    assert [each["name"] for each in report["files"]] == ["00000.arrow"]


def test_a_scan_of_packed_rows_says_that_they_are_no_text(tmp_path: Path) -> None:
    made.dataset(tmp_path / "d", made.texts(20))
    assert call(tmp_path, "--tokenizer", "bytes").returncode == 0
    environ = {**os.environ, "THIRDWATT_DIR": str(tmp_path / "kept")}
    for more in ([], ["--scenario", "gpt-4o"]):
        command = [sys.executable, "-m", "thirdwatt", "data", "scan", str(tmp_path / "o"), *more]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environ)
        assert done.returncode == 0, done.stderr
        assert "no column of text" in done.stdout


def test_few_long_documents_and_little_memory(tmp_path: Path) -> None:
    made.dataset(tmp_path / "d", ["long " * 20_000, "other " * 20_000])
    done = call(tmp_path, "--tokenizer", "bytes", "--memory", "1MB")
    assert done.returncode == 0, done.stderr


def test_what_can_be_wrong(tmp_path: Path) -> None:
    made.dataset(tmp_path / "d", made.texts(20))
    own = made.tokenizer(tmp_path, "</s>")
    done = call(tmp_path, "--tokenizer", own.name, "--end", "<x>")
    assert done.returncode == 2
    assert "--end: " in done.stderr
    assert "has no special token <x>; it has </s>" in done.stderr
    done = call(tmp_path, "--tokenizer", str(tmp_path / "none.json"))
    assert done.returncode == 2
    assert "--tokenizer: " in done.stderr
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "mine").write_text("x")
    done = call(tmp_path, "--tokenizer", "bytes")
    assert done.returncode == 2
    assert "is there already; name another folder, or remove what is there" in done.stderr
    assert made.files(tmp_path / "o") == {"mine": b"x"}
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_killed_at_any_moment_it_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    made.dataset(tmp_path / "d", made.texts(12_000, longest=80), 3)
    before = made.files(tmp_path / "d")
    own = made.tokenizer(tmp_path, "</s>")
    asked = ("--tokenizer", own.name, "--shard-size", "100KB")
    since = time.monotonic()
    assert calling.process(tmp_path, *command(tmp_path, *asked)[3:]).returncode == 0
    took_s = time.monotonic() - since
    whole = made.files(tmp_path / "o")
    assert len(whole) > 10
    shutil.rmtree(tmp_path / "o")
    arguments = ["data", *command(tmp_path, *asked)[4:]]
    out = arguments.index("--out")
    del arguments[out : out + 2]
    results = killed([*arguments, "--workers", "2", "--out"], tmp_path / "o", whole, 30, (0.2 * took_s, 1.1 * took_s))
    assert results >= 3
    assert made.files(tmp_path / "d") == before
    done = call(tmp_path, *asked)
    assert done.returncode == 0, done.stderr
    assert made.files(tmp_path / "o") == whole
    assert not (tmp_path / ".o.part").exists()
