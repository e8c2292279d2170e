"""``thirdwatt data dedup`` as its users call it; killed at any moment, and on a disk that is full."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")

from tests.cli.data.calling import call, process
from tests.cli.data.killing import killed
from tests.data.fix.test_dedup import contents, parquet, removed_of, rows_of
from tests.data.near.test_words import planted
from tests.documents import keeps_to


def test_words_and_data(tmp_path: Path) -> None:
    parquet(tmp_path / "d.parquet", [*(each.decode() for each in planted(2)), None])
    done = process(tmp_path, "data", "dedup", str(tmp_path / "d.parquet"), "--out", str(tmp_path / "out"), "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    keeps_to(found, "dedup")
    assert found["before"]["rows"] == found["after"]["rows"] + sum(each["rows"] for each in found["removed"].values())
    text = call(tmp_path, "data", "dedup", str(tmp_path / "d.parquet"), "--out", str(tmp_path / "again")).stdout
    assert f"{found['after']['rows']:,} documents" in text
    assert "1 rows are no documents" in text
    assert "near duplicates" in text
    assert "what is there and what went is what was read" in text
    assert max(len(line) for line in text.splitlines() if str(tmp_path) not in line) <= 100
    scanned = call(tmp_path, "data", "scan", str(tmp_path / "out"), "--scenario", "gpt-4o").stdout
    assert "after dedup" in scanned
    assert "What went would have taken, in the run priced below:" in scanned


def test_flags_say_what_is_looked_for(tmp_path: Path) -> None:
    base = " ".join(f"w{number}" for number in range(100))
    texts = [base, f"{base} x", base, "a line that stands in two of them\nx", "y\na line that stands in two of them"]
    parquet(tmp_path / "d.parquet", texts)
    for flags, rows in (
        (["--exact"], [0, 1, 3, 4]),
        (["--near"], [0, 3, 4]),
        ([], [0, 3, 4]),
        (["--lines"], [0, 1, 3, 4]),
    ):
        out = tmp_path / "-".join(["out", *flags])
        done = call(tmp_path, "data", "dedup", str(tmp_path / "d.parquet"), "--out", str(out), *flags)
        assert done.returncode == 0, done.stderr
        assert [row["id"] for row in rows_of(out)] == rows
    out = tmp_path / "all"
    call(tmp_path, "data", "dedup", str(tmp_path / "d.parquet"), "--out", str(out), "--exact", "--near", "--lines")
    assert [row["text"] for row in rows_of(out)] == [base, texts[3], "y"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere"], "holds no files"),
        (["d.parquet", "--out", "there"], "is there already"),
        (["d.parquet", "--keep", "age"], "column age is nowhere"),
        (["d.parquet", "--column", "age"], "no file that can be read"),
        (["d.parquet", "--out", "d.parquet/out"], "Not a directory"),
        (["twice.csv"], "twice.csv: column text is there twice"),
        (["d.parquet", "--keep", "age", "--column", "age"], "column age is not there"),
        (["bytes.parquet", "--format", "jsonl", "--column", "text"], "dedup --format parquet"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, arguments: list[str], told: str) -> None:
    parquet(tmp_path / "d.parquet", ["one", "two"])
    parquet(tmp_path / "bytes.parquet", ["one"], picture=[b"\xff"])
    (tmp_path / "twice.csv").write_text("id,text,text\n1,one,eins\n")
    (tmp_path / "there").mkdir()
    (tmp_path / "there/mine").write_text("mine")
    given = [str(tmp_path / each) if (tmp_path / each).exists() or "/" in each else each for each in arguments]
    if "--out" not in given:
        given += ["--out", str(tmp_path / "out")]
    done = call(tmp_path, "data", "dedup", *given)
    assert done.returncode == 2, done.stdout
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("verb", ["dedup", "convert"])
def test_an_interruption_says_what_is_true(tmp_path: Path, verb: str) -> None:
    """Interrupted where a file is read back: what was noted of reading is of no use then."""
    parquet(tmp_path / "d.parquet", ["one", "two"])
    code = (
        "import sys; from thirdwatt.cli import main; from thirdwatt.data.fix import convert, writing\n"
        "def stop(*_): raise KeyboardInterrupt\n"
        "writing.proof = convert.in_order = stop; sys.argv = ['thirdwatt', *sys.argv[1:]]; main()"
    )
    command = [sys.executable, "-c", code, "data", verb, str(tmp_path / "d.parquet"), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode not in (0, 2)
    assert "behind the last file that was whole" in done.stderr
    assert "ten seconds" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_full_disk_leaves_nothing_half_done(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk: the system refuses to write on, as a full one does."""
    draw = random.Random(3)
    texts = [" ".join(f"{draw.getrandbits(40):x}" for _ in range(200)) for _ in range(400)]
    parquet(tmp_path / "d.parquet", texts)
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000));"
        "from thirdwatt.cli import main; sys.argv = ['thirdwatt', *sys.argv[1:]]; main()"
    )
    command = [sys.executable, "-c", code, "data", "dedup", str(tmp_path / "d.parquet"), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2, done.stderr
    assert "whether there is room" in done.stderr
    assert not (tmp_path / "out").exists()
    again = call(tmp_path, "data", "dedup", str(tmp_path / "d.parquet"), "--out", str(tmp_path / "out"))
    assert again.returncode == 0, again.stderr
    assert len(rows_of(tmp_path / "out")) == 400


@pytest.mark.slow
def test_a_hundred_kills_leave_nothing_that_looks_whole_and_is_not(tmp_path: Path) -> None:
    texts = [each.decode() for each in planted(4, 3000)]
    path = parquet(tmp_path / "d.parquet", texts)
    before = path.read_bytes()
    arguments = ["data", "dedup", str(path), "--shard-size", "20kB", "--workers", "2", "--out"]
    since = time.monotonic()
    done = process(tmp_path, *arguments, str(tmp_path / "whole"))
    took_s = time.monotonic() - since
    assert done.returncode == 0, done.stderr
    whole = contents(tmp_path / "whole")
    assert len(whole) > 20
    out = tmp_path / "out"
    assert killed(arguments, out, whole, 100, (0.3 * took_s, 1.1 * took_s)) >= 3
    done = call(tmp_path, *arguments, str(out))
    assert done.returncode == 0, done.stderr
    assert contents(out) == whole
    assert path.read_bytes() == before
    assert {each["why"] for each in removed_of(out)} == {"exact", "near"}
