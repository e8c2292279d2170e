"""``thirdwatt data scan`` as its users call it."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")

from tests.cli.data.calling import call, process
from tests.data.test_scan import dataset
from tests.documents import keeps_to
from thirdwatt.cli.data.options import Size


def test_data_and_words(tmp_path: Path) -> None:
    dataset(tmp_path / "d")
    done = process(tmp_path, "data", "scan", str(tmp_path / "d"), "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    keeps_to(found, "scan")
    assert (found["rows"], found["links"]) == (203, 2)
    kept = tmp_path / "kept" / "scans" / found["id"]
    assert sorted(each.name for each in kept.iterdir()) == ["bad_rows.jsonl", "scan.json"]
    assert json.loads((kept / "scan.json").read_text())["findings"] == found["findings"]
    assert [json.loads(row)["sample"] for row in (kept / "bad_rows.jsonl").read_text().splitlines()] == [
        "[torn\n",
        "{torn",
    ]
    text = call(tmp_path, "data", "scan", str(tmp_path / "d")).stdout
    assert "203 documents" in text
    assert "not verified" in text
    assert "bad rows: 2 × broken JSON" in text
    assert f"--observed {found['id']}" in text
    lines = text.splitlines()
    assert len(lines) < 45
    assert max(len(each) for each in lines if str(tmp_path) not in each) <= 100


def test_prices_and_a_page(tmp_path: Path) -> None:
    dataset(tmp_path / "d")
    page = tmp_path / "page.html"
    arguments = [
        "data",
        "scan",
        str(tmp_path / "d"),
        "--scenario",
        "llama-3.1-8b",
        "--batching",
        "pad",
        "--html",
        str(page),
    ]
    done = call(tmp_path, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    keeps_to(found, "scan")
    assert found["padding"]["context"] == 8192
    priced = {each["id"]: each for each in found["prices"]}
    assert priced["padding"]["facility_energy_kwh"]["value"] > 0
    assert priced["near_duplicates"]["facility_energy_kwh"]["value"] > 0
    assert "<h1" in page.read_text()
    text = call(tmp_path, *arguments).stdout
    assert "Priced in the run" in text
    observed = call(tmp_path, "estimate", "llama-3.1-8b", "--observed", found["id"], "--json")
    assert observed.returncode == 0, observed.stderr
    before = json.loads(call(tmp_path, "estimate", "llama-3.1-8b", "--json").stdout)
    after = json.loads(observed.stdout)
    assert after["totals"]["energy_kwh"]["value"] > before["totals"]["energy_kwh"]["value"]


@pytest.mark.parametrize(("arguments", "why"), [
    (["nothing"], "holds no files"), (["only.xyz"], "no file of a known format"),
    (["d", "--tokenizer", "no/such.json"], "--tokenizer"), (["d", "--set", "site.pue=1.2"], "name one with --scenario"),
    (["d", "--sample", "much"], "is no size"),
    (["d", "--memory", "2"], "is less than 1 MB"), (["d", "--against", "only.xyz"], "holds no text"),
])  # fmt: skip
def test_mistakes_are_said(tmp_path: Path, arguments: list[str], why: str) -> None:
    dataset(tmp_path / "d")
    (tmp_path / "only.xyz").write_text("x")
    first, *others = arguments
    others = [str(tmp_path / each) if each == "only.xyz" else each for each in others]
    done = call(tmp_path, "data", "scan", str(tmp_path / first), *others)
    assert done.returncode == 2, done.stderr
    assert why in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_cannot_be_written_costs_the_result_alone(tmp_path: Path) -> None:
    dataset(tmp_path / "d")
    (tmp_path / "kept").write_text("a file")
    done = call(tmp_path, "data", "scan", str(tmp_path / "d"))
    assert done.returncode == 0
    assert "the result is not kept" in done.stderr
    assert "203 documents" in done.stdout


@pytest.mark.parametrize(("text", "byte"), [("2GB", 2_000_000_000), ("1GiB", 2**30), ("500 kB", 500_000), ("7", 7)])
def test_sizes(text: str, byte: int) -> None:
    assert Size().convert(text, None, None) == byte


@pytest.mark.parametrize("text", ["", "GB", "-1MB", "1XB", "1e3", "nan"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Size().convert(text, None, None)


@pytest.mark.slow
def test_a_scan_that_is_killed_goes_on(tmp_path: Path) -> None:
    """Through the command itself, with the size of a set that takes longer than the first note."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from tests.data.near.test_words import planted

    texts = [each.decode() for each in planted(5, 2000)] * 40
    (tmp_path / "d").mkdir()
    for number in range(8):
        own = [f"{number}.{place % 400} {text}" for place, text in enumerate(texts)]
        pq.write_table(pa.table({"text": own}), tmp_path / "d" / f"{number}.parquet", row_group_size=4000)
    arguments = ["data", "scan", str(tmp_path / "d"), "--json", "--without", "storage"]
    whole = json.loads(call(tmp_path, *arguments).stdout)
    environ = {**os.environ, "THIRDWATT_DIR": str(tmp_path / "kept")}
    command = [sys.executable, "-m", "thirdwatt", *arguments]

    def places() -> list[Path]:
        return list((tmp_path / "kept").glob("scans/*/begun/text/place.npz"))

    for _ in range(2):
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ)
        until = time.monotonic() + 120
        known = {each: each.stat().st_mtime_ns for each in places()}
        while child.poll() is None and time.monotonic() < until:
            if any(each.stat().st_mtime_ns != known.get(each) for each in places()):
                break
            time.sleep(0.05)
        child.send_signal(signal.SIGKILL)
        child.wait()
    found: dict[str, Any] = json.loads(call(tmp_path, *arguments).stdout)
    assert found["resumed"] or not places()
    same = ("rows", "bytes", "tokens", "findings", "lengths", "lines")
    assert {name: found[name] for name in same} == {name: whole[name] for name in same}


def test_the_commands_that_mend_a_finding_do(tmp_path: Path) -> None:
    texts = dataset(tmp_path / "d")
    menu = "a line of twenty bytes and more that stands in two pages"
    rows = [json.dumps({"text": text}) for text in (texts[0].decode(), f"{menu}\nx", f"{menu}\ny", *["twice"] * 2)]
    (tmp_path / "d/more.jsonl").write_text("\n".join(rows))
    (tmp_path / "t.jsonl").write_text(json.dumps({"text": max(texts, key=len).decode()}))
    arguments = [
        "--tokenizer",
        "bytes",
        "--batching",
        "pad",
        "--context",
        "512",
        "--against",
        str(tmp_path / "t.jsonl"),
    ]
    done = call(
        tmp_path, "data", "scan", str(tmp_path / "d"), *arguments, "--against", str(tmp_path / "t.jsonl"), "--json"
    )
    assert done.returncode == 0, done.stderr
    fixes = {each["id"]: each["fix"] for each in json.loads(done.stdout)["findings"] if each["fix"]}
    assert {"exact_duplicates", "near_duplicates", "repeated_lines", "overlap", "padding"} < fixes.keys()
    for number, fix in enumerate(sorted(set(fixes.values()))):
        program, *command = shlex.split(fix)
        assert program == "thirdwatt"
        mended = call(tmp_path, *[str(tmp_path / f"out{number}") if each == "DIR" else each for each in command])
        assert mended.returncode == 0, (fix, mended.stderr)
        assert (tmp_path / f"out{number}/report.json").is_file()
