"""Summaries: what may be added is added, what is modelled is said, and the ledger can rest on it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.meter.scripted import Clock, Scripted, channel
from tests.meter.test_sampler import run, sampler
from thirdwatt.ledger.book import book
from thirdwatt.meter import ring, segment
from thirdwatt.meter.analysis import observed, result, store, summary, words
from thirdwatt.meter.clock import boot_id
from thirdwatt.meter.sensors.base import Channel
from thirdwatt.quantity import unit
from thirdwatt.scenario.read import observations


def node(component: str, watts_name: str, kind: str = "counter") -> Channel:
    return channel(watts_name, component, kind)


WATTS = {"gpu-0": 300.0, "gpu-1": 200.0, "package-0": 100.0, "ram": 20.0, "box": 800.0}


def record(tmp_path: Path, channels: list[Channel], steps: int = 0, seconds: int = 100) -> store.Record:
    clock = Clock()
    sensor = Scripted(channels, lambda name, now_ns: now_ns * 1e-9 * WATTS[name.split(":")[1]])
    own = sampler(tmp_path, clock, sensor)
    if steps:
        path = tmp_path / "runs/r/x.ring"
        marks = ring.Ring(os.open(path, os.O_RDWR | os.O_CREAT), str(path), clock.now_ns)
        own.config.ring = "x.ring"
        begin = clock.now_ns
        for number in range(steps):
            length = seconds * 1_000_000_000 // steps
            marks.of("step").mark(begin + number * length, begin + (number + 1) * length, 1000)
        marks.stop()
    own.begin()
    run(own, clock, seconds)
    own.end("finished")
    return store.opened("r", str(tmp_path))


PARTS = [node("accelerator", "gpu-0"), node("accelerator", "gpu-1"), node("cpu", "package-0"), node("dram", "ram")]


def test_parts_add_up_and_the_rest_is_modelled(tmp_path: Path) -> None:
    found = summary.summarised(record(tmp_path, PARTS))
    assert found["measured_j"] == pytest.approx(62_000)
    assert {each["component"] for each in found["modelled"]} == {"rest of the node"}
    [rest] = found["modelled"]
    assert found["energy_j"]["value"] == pytest.approx(62_000 + rest["energy_j"]["value"])
    assert found["measured_share"] == pytest.approx(1 / 1.18)
    assert words.shares(found) == "measured 85 % of the node, modelled 15 %"
    assert words.shares(found) in words.text(found)
    assert words.shares(found) in words.line(found)
    assert {each["component"]: each["energy_j"] for each in found["components"]} == pytest.approx(
        {"accelerator": 50_000, "cpu": 10_000, "dram": 2000}
    )


def test_a_node_that_is_read_whole_needs_no_model(tmp_path: Path) -> None:
    found = summary.summarised(record(tmp_path, [node("node", "box"), *PARTS]))
    assert found["energy_j"]["value"] == pytest.approx(80_000)
    assert found["modelled"] == []
    assert words.shares(found) == "measured 100 % of the node, modelled 0 %"
    [row] = [each for each in observed.observations(found) if each.quantity == "it_energy_kwh"]
    assert row.kind == "measured"


def test_what_has_no_sensor_gets_a_range_and_no_number(tmp_path: Path) -> None:
    found = summary.summarised(record(tmp_path, []))
    assert found["measured_j"] == 0
    assert found["measured_share"] == 0
    assert {each["component"] for each in found["modelled"]} == {"cpu", "dram", "rest of the node"}
    assert found["energy_j"] is None
    assert found["j_per_token"] is None
    assert found["modelled_j"]["low"] * 3 < found["modelled_j"]["high"]
    assert "not measured" in words.text(found)
    assert "a guess and no result" in words.text(found)
    assert "no energy was measured" in words.line(found)
    assert not [each for each in observed.observations(found) if "energy" in each.quantity or "power" in each.quantity]


def test_a_module_holds_its_processor(tmp_path: Path) -> None:
    found = summary.summarised(record(tmp_path, [node("module", "gpu-0"), node("cpu", "package-0")]))
    assert found["measured_j"] == pytest.approx(30_000)
    assert {each["component"] for each in found["modelled"]} == {"rest of the node"}
    assert not [each for each in observed.observations(found) if each.quantity == "accelerator_power_w"]


def test_observations_are_what_the_ledger_reads(tmp_path: Path) -> None:
    found = summary.summarised(record(tmp_path, PARTS, steps=50))
    seen = observed.observations(found)
    rows = {each.quantity: each for each in seen}
    assert rows["accelerator_power_w"].value == pytest.approx(250)
    assert rows["accelerator_power_w"].low < 250 < rows["accelerator_power_w"].high
    assert rows["tokens_per_s_per_accelerator"].value == pytest.approx(50_000 / 100 / 2)
    assert rows["accelerators_energy_kwh"].value == pytest.approx(50_000 / 3.6e6)
    assert rows["accelerator_hours"].value == pytest.approx(200 / 3600)
    assert rows["trained_token_count"].value == 50_000
    assert {each.scope for each in rows.values()} == {"rate", "run"}
    for each in rows.values():
        assert each.quantity in book().names
        assert each.unit == unit(each.quantity)
        assert each.low <= each.value <= each.high
    path = tmp_path / "seen.json"
    path.write_text(json.dumps(observed.observed(found)))
    as_floats = [each._replace(value=float(each.value), low=float(each.low), high=float(each.high)) for each in seen]
    assert observations(str(path)) == as_floats


def test_steps_leave_out_the_first(tmp_path: Path) -> None:
    marks = ring.Ring(-1, "", 0, capacity=64)
    marks.of("step").mark(0, 60_000_000_000, 10)
    for number in range(10):
        marks.of("step").mark(0, 100_000_000 + number % 2 * 20_000_000, 10)
    part = store.Participant(segment.parsed(b""), ring.parsed(bytes(marks.buffer)))
    found = summary._steps([part])
    assert (found["steps"], found["tokens"]) == (11, 110)
    assert found["step_s"] == pytest.approx(0.11)
    assert found["tokens_per_s"]["value"] == pytest.approx(100 / 1.1)
    assert found["tokens_per_s"]["low"] < 100 / 1.1 < found["tokens_per_s"]["high"]


def test_containers_of_one_machine_are_one(tmp_path: Path) -> None:
    clock = Clock()
    parts = []
    for name in ("pod-a", "pod-b"):
        sensor = Scripted([node("accelerator", "gpu-0")], lambda _, now_ns: now_ns * 1e-9 * 300)
        parts.append(sampler(tmp_path / name, Clock(), sensor, "job", (name, boot_id())))
    for own in parts:
        clock = own.clock  # type: ignore[assignment]
        own.begin()
        run(own, clock, 10)
        own.end("finished")
    store.merge([str(tmp_path / name) for name in ("pod-a", "pod-b")], str(tmp_path / "all"))
    found = summary.summarised(store.opened("job", str(tmp_path / "all")))
    assert found["hosts"] == ["pod-a", "pod-b"]
    assert found["measured_j"] == pytest.approx(3000)


def test_two_machines_are_two(tmp_path: Path) -> None:
    for name, boot in (("a", "1111aaaa-0"), ("b", "2222bbbb-0")):
        clock = Clock()
        sensor = Scripted([node("accelerator", "gpu-0")], lambda _, now_ns: now_ns * 1e-9 * 300)
        own = sampler(tmp_path / name, clock, sensor, name, (name, boot))
        own.begin()
        run(own, clock, 10)
        own.end("finished")
    store.merge([str(tmp_path / "a"), str(tmp_path / "b")], str(tmp_path / "all"), "job")
    assert store.ids(str(tmp_path / "all")) == ["job"]
    found = summary.summarised(store.opened("job", str(tmp_path / "all")))
    assert found["measured_j"] == pytest.approx(6000)
    assert found["accelerators"] == 2
    assert found["duration_s"] == pytest.approx(10)


def test_names_of_runs(tmp_path: Path) -> None:
    for name in ("train-1", "train-2", "eval-1"):
        (tmp_path / "runs" / name).mkdir(parents=True)
    where = str(tmp_path)
    assert result.named("train-1", where) == ["train-1"]
    assert result.named("e", where) == ["eval-1"]
    assert result.named("train", where) == ["train-1", "train-2"]
    assert result.named("nope", where) == []
    assert result.named("../runs", where) == []
    assert len(result.every(where)) == 3
    assert words.text(summary.summarised(store.opened("train-1", where)))
    assert store.ids(str(tmp_path / "none")) == []
