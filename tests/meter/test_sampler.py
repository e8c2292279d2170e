"""The sampler in this process, with clocks and sensors of a test's own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.meter.scripted import Clock, Scripted, box, channel
from thirdwatt.meter import ring, segment
from thirdwatt.meter.analysis import store, summary
from thirdwatt.meter.clock import lineage, started_ticks
from thirdwatt.meter.sampler import Config, Sampler


def sampler(
    where: Path, clock: Clock, sensor: Scripted, name: str = "r", names: tuple[str, str] | None = None
) -> Sampler:
    (where / "runs" / name).mkdir(parents=True, exist_ok=True)
    config = Config(
        folder=str(where), run=name, name=name, interval_s="1", pid=str(os.getpid()),
        begin_ns=str(clock.now_ns), root=str(box(where / "box")),
    )  # fmt: skip
    return Sampler(config, clock, lambda: [sensor], names=names)


def counted(watts: float = 100.0, zero_ns: int = 0) -> Scripted:
    return Scripted([channel("gpu")], lambda _, now_ns: (now_ns - zero_ns) * 1e-9 * watts)


def joules(where: Path, name: str = "r") -> float:
    [device] = summary.summarised(store.opened(name, str(where)))["devices"]
    value = device["energy_j"]["value"]
    assert isinstance(value, float)
    return value


def run(own: Sampler, clock: Clock, seconds: int) -> None:
    for _ in range(seconds):
        clock.now_ns += 1_000_000_000
        own.sample()


@pytest.mark.parametrize("hours", [-1, 1, 24 * 365])
def test_a_step_of_the_wall_clock_changes_nothing(tmp_path: Path, hours: int) -> None:
    clock = Clock()
    own = sampler(tmp_path, clock, counted())
    own.begin()
    run(own, clock, 10)
    clock.wall_offset_ns += hours * 3_600_000_000_000
    run(own, clock, 10)
    own.end("finished")
    found = summary.summarised(store.opened("r", str(tmp_path)))
    assert found["duration_s"] == pytest.approx(20)
    assert joules(tmp_path) == pytest.approx(2000, abs=1e-6)
    assert found["clock_jumps"] == 1
    assert found["start_s"] == pytest.approx(1_700_001_000)
    assert found["slept_s"] == 0


def test_sleep_of_the_machine_is_in_no_duration(tmp_path: Path) -> None:
    clock = Clock()
    sensor = Scripted([channel("gpu", kind="gauge")], lambda *_: 50.0)
    own = sampler(tmp_path, clock, sensor)
    own.begin()
    run(own, clock, 5)
    clock.slept_ns += 7_200_000_000_000
    clock.wall_offset_ns += 7_200_000_000_000
    run(own, clock, 5)
    own.end("finished")
    found = summary.summarised(store.opened("r", str(tmp_path)))
    assert joules(tmp_path) == pytest.approx(500)
    assert found["duration_s"] == pytest.approx(10)
    assert found["slept_s"] == pytest.approx(7200)


def test_a_gap_is_named_and_not_filled(tmp_path: Path) -> None:
    clock = Clock()
    own = sampler(tmp_path, clock, Scripted([channel("gpu", kind="gauge")], lambda *_: 50.0))
    own.begin()
    run(own, clock, 5)
    clock.now_ns += 60_000_000_000
    own.sample()
    run(own, clock, 5)
    own.end("finished")
    [device] = summary.summarised(store.opened("r", str(tmp_path)))["devices"]
    assert device["energy_j"]["value"] == pytest.approx(500)
    assert device["gap_s"] == pytest.approx(60)
    assert device["gaps"] == [{"begin_s": pytest.approx(5), "duration_s": pytest.approx(60)}]
    assert device["energy_j"]["high"] == pytest.approx((500 + 60 * 50) * 1.05)


def test_a_counter_loses_nothing_to_a_late_reading(tmp_path: Path) -> None:
    clock = Clock()
    own = sampler(tmp_path, clock, counted())
    own.begin()
    clock.now_ns += 60_000_000_000
    own.sample()
    own.end("finished")
    assert joules(tmp_path) == pytest.approx(6000, abs=1e-6)


def test_wraps_and_resets(tmp_path: Path) -> None:
    clock = Clock()
    wrapping = Scripted([channel("gpu", wrap=1000.0)], lambda _, now_ns: (now_ns * 1e-9 * 100) % 1000)
    own = sampler(tmp_path, clock, wrapping)
    own.begin()
    run(own, clock, 25)
    own.end("finished")
    [device] = summary.summarised(store.opened("r", str(tmp_path)))["devices"]
    assert device["energy_j"]["value"] == pytest.approx(2500)
    assert device["events"] == {"wrap": 2}
    clock.now_ns += 10_000_000_000
    since = clock.now_ns + 5_000_000_000

    def say(_: str, now_ns: int) -> float:
        return (now_ns - since) * 1e-7 if now_ns > since else now_ns * 1e-7

    own = sampler(tmp_path / "b", clock, Scripted([channel("gpu")], say))
    own.begin()
    run(own, clock, 10)
    own.end("finished")
    [device] = summary.summarised(store.opened("r", str(tmp_path / "b")))["devices"]
    assert device["events"] == {"reset": 1}
    assert device["energy_j"]["value"] == pytest.approx(900)
    assert device["gap_s"] == pytest.approx(1)


def test_a_frozen_counter_gives_way_to_power(tmp_path: Path) -> None:
    clock = Clock()
    both = [channel("gpu"), channel("gpu", kind="gauge")]
    sensor = Scripted(both, lambda name, _: 5.0 if "counter" in name else 80.0)
    own = sampler(tmp_path, clock, sensor)
    own.begin()
    run(own, clock, 20)
    own.end("finished")
    [device] = summary.summarised(store.opened("r", str(tmp_path)))["devices"]
    assert device["energy_j"]["value"] == pytest.approx(1600)
    assert device["events"] == {"frozen": 1}
    assert device["source"] == "scripted gauge"


def test_a_sensor_that_raises_costs_its_own_values_alone(tmp_path: Path) -> None:
    clock = Clock()

    def fail(*_: object) -> float:
        raise RuntimeError("broken")

    own = sampler(tmp_path, clock, Scripted([channel("bad")], fail))
    own._found = lambda: [Scripted([channel("bad")], fail), counted()]
    own.begin()
    run(own, clock, 3)
    own.end("finished")
    found = {each["device"]: each for each in summary.summarised(store.opened("r", str(tmp_path)))["devices"]}
    assert found["gpu"]["energy_j"]["value"] == pytest.approx(300)
    assert found["bad"]["measured_s"] == 0


def test_two_trackers_of_one_folder_elect_one(tmp_path: Path) -> None:
    clock = Clock()
    first, second = (sampler(tmp_path, clock, counted(), name) for name in ("a", "b"))
    first.begin()
    second.begin()
    assert (first.leads, second.leads) == (True, False)
    for _ in range(10):
        run(first, clock, 1)
        second.sample()
    first.end("finished")
    run(second, clock, 10)
    assert second.leads
    second.end("finished")
    assert joules(tmp_path, "a") == pytest.approx(1000, abs=1e-6)
    assert joules(tmp_path, "b") == pytest.approx(2000, abs=1e-6)


def test_two_folders_of_one_machine_are_counted_once(tmp_path: Path) -> None:
    clock = Clock()
    both = [sampler(tmp_path / name, clock, counted(), "job") for name in ("a", "b")]
    for each in both:
        each.config.begin_ns = clock.now_ns
        each.begin()
    for _ in range(10):
        clock.now_ns += 700_000_000
        both[0].sample()
        clock.now_ns += 300_000_000
        both[1].sample()
    for each in both:
        each.end("finished")
    store.merge([str(tmp_path / "a"), str(tmp_path / "b")], str(tmp_path / "c"))
    assert joules(tmp_path / "c", "job") == pytest.approx(1000, abs=1e-6)
    store.merge([str(tmp_path / "a"), str(tmp_path / "c")], str(tmp_path / "c"))
    assert joules(tmp_path / "c", "job") == pytest.approx(1000, abs=1e-6)


def test_a_new_file_every_hour_loses_nothing(tmp_path: Path) -> None:
    clock = Clock()
    own = sampler(tmp_path, clock, Scripted([channel("gpu", kind="gauge")], lambda *_: 10.0))
    own.begin()
    run(own, clock, 7300)
    own.end("finished")
    assert len(list((tmp_path / "nodes").glob("*/*.seg"))) == 3
    assert joules(tmp_path) == pytest.approx(73_000)


def test_a_lost_header_is_made_good_by_the_next(tmp_path: Path) -> None:
    clock = Clock()
    own = sampler(tmp_path, clock, counted())
    own.begin()
    run(own, clock, 700)
    own.end("finished")
    [path] = (tmp_path / "nodes").glob("*/*.seg")
    raw = bytearray(path.read_bytes())
    raw[20] ^= 1
    path.write_bytes(raw)
    assert segment.read(str(path)).bad == 1
    assert joules(tmp_path) == pytest.approx(70_000, abs=1e-6)


def test_who_wants_more_samples_takes_them_itself(tmp_path: Path) -> None:
    clock = Clock()
    gauge = Scripted([channel("gpu", kind="gauge")], lambda _, now_ns: 100.0 if now_ns % 10**9 < 5 * 10**8 else 0.0)
    slow = sampler(tmp_path, clock, gauge, "slow")
    fast = sampler(tmp_path, clock, gauge, "fast")
    fast.config.interval_s = 0.01
    slow.begin()
    fast.begin()
    assert slow.leads
    assert fast.leads
    for tick in range(1, 1001):
        clock.now_ns += 10_000_000
        fast.sample()
        if tick % 100 == 0:
            slow.sample()
    fast.end("finished")
    slow.end("finished")
    assert joules(tmp_path, "fast") == pytest.approx(500, rel=0.02)
    assert joules(tmp_path, "slow") == pytest.approx(500, rel=0.02)


def test_a_folder_that_is_removed_is_made_again(tmp_path: Path) -> None:
    clock = Clock()
    own = sampler(tmp_path / "d", clock, counted())
    path = tmp_path / "d/runs/r/marks.ring"
    marks = ring.Ring(os.open(path, os.O_RDWR | os.O_CREAT), str(path), clock.now_ns)
    own = Sampler(own.config, clock, lambda: [counted()], spares=(-1, -1, marks.fd))
    own.config.ring = path.name
    own.begin()
    marks.of("step").mark(1, 2, 5)
    run(own, clock, 20)
    shutil.rmtree(tmp_path / "d")
    marks.of("step").mark(2, 3, 5)
    run(own, clock, 40)
    own.end("finished")
    marks.stop()
    found = summary.summarised(store.opened("r", str(tmp_path / "d")))
    assert (found["state"], found["steps"], found["tokens"]) == ("finished", 2, 10)
    assert joules(tmp_path / "d") == pytest.approx(6000)


def test_a_lineage_leads_to_the_first_process() -> None:
    above = lineage(os.getpid())
    assert above[0][0] == os.getppid()
    assert all(started_ticks(pid) == started > 0 for pid, started in above)
    assert lineage(2**22 + 1) == []
