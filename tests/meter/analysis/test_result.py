"""The result of a run as a file: made once, made again where anything it came from has changed."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import jsonschema
import pytest

import thirdwatt
from tests.meter.scripted import Clock, Scripted, channel, machine
from tests.meter.test_sampler import counted, run, sampler
from thirdwatt.meter.analysis import result, store, summary, words
from thirdwatt.report.schemas import schema


def recording(where: Path, seconds: int = 10) -> Path:
    clock = Clock()
    own = sampler(where, clock, counted())
    own.begin()
    run(own, clock, seconds)
    own.end("finished")
    return where / "runs/r" / result.FILE


def test_it_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = recording(tmp_path)
    first = result.of("r", str(tmp_path))
    assert json.loads(path.read_text())["said"] == words.shares(first)
    jsonschema.validate(json.loads(path.read_text()), schema("summary"))
    monkeypatch.setattr(summary, "summarised", lambda _: pytest.fail("it was made again"))
    assert result.of("r", str(tmp_path)) == first
    assert result.every(str(tmp_path)) == [first]
    assert result.named("latest", str(tmp_path)) == ["r"]
    assert result.running(str(tmp_path)) == []


@pytest.mark.parametrize("change", ["grown", "formulas", "torn", "other", "gone"])
def test_it_is_made_again_where_something_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    path = recording(tmp_path)
    first = result.of("r", str(tmp_path))
    path.write_text(path.read_text().replace('"name": "r"', '"name": "old"'))
    assert result.of("r", str(tmp_path))["name"] == "old"
    if change == "grown":
        [node] = (tmp_path / "nodes").glob("*/*.seg")
        with node.open("a") as file:
            file.write("\n")
    elif change == "formulas":
        monkeypatch.setattr(result, "_formulas", lambda: 1)
    elif change == "torn":
        path.write_text(path.read_text()[:100])
    elif change == "other":
        path.write_text("[1]")
    else:
        path.unlink()
    assert result.of("r", str(tmp_path)) == first


def test_what_runs_has_no_file(tmp_path: Path) -> None:
    with machine(tmp_path / "root") as root, thirdwatt.measure("a", tmp_path / "d", root=str(root), report="") as live:
        time.sleep(0.3)
        assert result.of(live.id, str(tmp_path / "d"))["state"] == "running"
        [on] = result.running(str(tmp_path / "d"))
        assert on["id"] == live.id
        assert not (tmp_path / "d/runs" / live.id / result.FILE).exists()
    assert result.of(live.id, str(tmp_path / "d"))["state"] == "finished"
    assert result.running(str(tmp_path / "d")) == []


def test_the_end_of_a_run_writes_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with machine(tmp_path / "root") as root, thirdwatt.measure("a", tmp_path / "d", root=str(root)) as live:
        time.sleep(0.3)
    told = json.loads((tmp_path / "d/runs" / live.id / result.FILE).read_text())
    assert told["said"] in capfd.readouterr().err


def test_a_folder_that_cannot_be_written_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = recording(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert result.of("r", str(tmp_path))["measured_j"] == pytest.approx(1000)
    assert not path.exists()
    assert list(path.parent.glob("*.part")) == []


def test_a_merge_makes_it_anew(tmp_path: Path) -> None:
    for name in ("a", "b"):
        clock = Clock()
        own = sampler(
            tmp_path / name, clock, Scripted([channel(name)], lambda _, t: t * 1e-8), names=(name, f"{name * 8}-0")
        )
        own.begin()
        run(own, clock, 10)
        own.end("finished")
    store.merge([str(tmp_path / "a")], str(tmp_path / "c"))
    assert result.of("r", str(tmp_path / "c"))["measured_j"] == pytest.approx(100)
    store.merge([str(tmp_path / "b")], str(tmp_path / "c"))
    assert result.of("r", str(tmp_path / "c"))["measured_j"] == pytest.approx(200)
