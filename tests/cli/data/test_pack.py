"""``thirdwatt data pack`` as its users call it."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")

from tests.data.fix import tokens_made as made
from thirdwatt.report.schemas import schema


def command(where: Path, *more: str) -> list[str]:
    start = [sys.executable, "-m", "thirdwatt", "data", "pack", str(where / "d"), "--out", str(where / "o")]
    return [*start, *("--context", "128"), *more]


def call(where: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(where, *more), capture_output=True, text=True, timeout=300,
                          env={**os.environ, "COLUMNS": "100"})  # fmt: skip


def test_words_and_data(tmp_path: Path) -> None:
    made.dataset(tmp_path / "d", [*made.texts(100), ""])
    own = made.tokenizer(tmp_path, "</s>")
    done = call(tmp_path, "--tokenizer", own.name)
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
    jsonschema.validate(report, schema("pack"))
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
    assert call(tmp_path, *asked).returncode == 0
    took_s = time.monotonic() - since
    whole = made.files(tmp_path / "o")
    assert len(whole) > 10
    shutil.rmtree(tmp_path / "o")
    draw = random.Random(7)
    kills = ended = 0
    for turn in range(30):  # at moments of its own length, whatever the machine
        child = subprocess.Popen(command(tmp_path, *asked, "--workers", str(1 + turn % 2)), stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE)  # fmt: skip
        time.sleep(took_s * draw.uniform(0.2, 1.1))
        child.send_signal(signal.SIGKILL)
        code = child.wait()
        child.communicate()
        kills += code != 0
        if (tmp_path / "o").exists():
            assert made.files(tmp_path / "o") == whole
            shutil.rmtree(tmp_path / "o")
            ended += 1
        elif turn % 5 == 4:
            done = call(tmp_path, *asked)
            assert done.returncode == 0, done.stderr
            assert made.files(tmp_path / "o") == whole
            assert not (tmp_path / ".o.part").exists()
            shutil.rmtree(tmp_path / "o")
        assert made.files(tmp_path / "d") == before
    assert kills > 15
    assert ended < 20
    done = call(tmp_path, *asked)
    assert done.returncode == 0, done.stderr
    assert made.files(tmp_path / "o") == whole
