"""What of a machine is a job's, and that it never gets what is others'."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.meter.scripted import Clock, Scripted, box, channel
from tests.meter.test_sampler import run, sampler
from thirdwatt.meter.analysis import observed, store, summary, words
from thirdwatt.meter.analysis.share import WHOLE, share
from thirdwatt.meter.sampler import Sampler
from thirdwatt.meter.sensors.base import Channel

BUSY = Channel("procfs:node:cpu", "node", "node", "device", "counter", "s", 0.0, "/proc/stat")
JOB = Channel("procfs:job:cpu", "process-1", "process", "job", "counter", "s", 0.0, "the job")


def test_nothing_limits_it_and_it_is_all_ours() -> None:
    assert share(None, False, 64, 10.0, 100.0, 10.0) is WHOLE


@given(
    processors=st.one_of(st.none(), st.floats(0.1, 200)),
    contained=st.booleans(),
    threads=st.integers(0, 512),
    used_s=st.floats(0, 1e6),
    busy_s=st.one_of(st.none(), st.floats(0, 1e6)),
    duration_s=st.floats(0, 1e5),
)
def test_a_share_is_a_part(**case: Any) -> None:
    found = share(**case)
    assert 0 <= found.low <= found.value + 1e-9
    assert found.value <= found.high + 1e-9
    assert found.high <= 1 + 1e-9


def test_all_slices_of_a_machine_are_the_machine() -> None:
    """Jobs that were given all processors of a machine between them, and did all of its work."""
    given_, used = (8, 16, 40), (80.0, 10.0, 300.0)
    found = [share(one, True, 64, each, sum(used), 10.0).value for one, each in zip(given_, used, strict=True)]
    assert sum(found) == pytest.approx(1)


def test_a_container_without_limits_has_what_it_works() -> None:
    found = share(None, True, 10, 20.0, 80.0, 10.0)
    assert found.value == pytest.approx(0.25)
    assert found.low < 0.25 < found.high < 0.6


def job(tmp_path: Path, channels: list[Channel], says: dict[str, float], group: str, **limits: str) -> dict[str, Any]:
    """A run of 100 s in a group; what each channel says grows by so much a second."""
    clock = Clock()
    begun = clock.now_ns

    def say(name: str, now_ns: int) -> float:
        return (now_ns - begun) * 1e-9 * says[name]

    own = sampler(tmp_path, clock, Scripted([*channels, BUSY], say))
    box(tmp_path / "box", files={"proc__self__cgroup": f"0::{group}", **limits})
    inner = Scripted([JOB], say)
    own = Sampler(own.config, clock, lambda: [Scripted([*channels, BUSY], say)])
    own._jobs, own._job_channels = [(inner, [JOB])], [JOB]
    own._open_job = lambda: _told(own)  # type: ignore[method-assign]
    own.begin()
    run(own, clock, 100)
    own.end("finished")
    return summary.summarised(store.opened("r", str(tmp_path)))


def _told(own: Sampler) -> None:
    jobs, those = own._jobs, own._job_channels
    own._jobs, own._job_channels = [], []
    Sampler._open_job(own)
    own._jobs, own._job_channels = jobs, those


GPUS = [channel("gpu-0"), channel("gpu-1")]
PACKAGE = channel("package", "cpu")
SAYS = {
    "fake:gpu-0:counter": 300.0, "fake:gpu-1:counter": 100.0, "fake:package:counter": 200.0,
    "fake:box:counter": 1000.0, BUSY.id: 4.0, JOB.id: 1.0,
}  # fmt: skip
PODS = "/kubepods/pod"


def test_a_slice_of_two_of_eight_processors(tmp_path: Path) -> None:
    limit = {"sys__fs__cgroup__kubepods__pod__cpu.max": "200000 100000"}
    found = job(tmp_path, [PACKAGE], SAYS, PODS, **limit)
    [part] = found["machines"]
    assert part["machine_j"] == pytest.approx(20_000)
    assert part["share"]["low"] == pytest.approx(0.25)
    assert part["share"]["value"] == pytest.approx(0.25)  # a quarter of the processors, and of the work
    assert found["measured_j"] == pytest.approx(5_000)
    assert found["energy_j"]["high"] < 20_000
    assert "of it the job's" in words.text(found)
    assert "job's share" in words.line(found)
    [row] = [each for each in observed.observations(found) if each.quantity == "it_energy_kwh"]
    assert row.kind == "modelled"


def test_memory_goes_by_what_was_allotted_of_it(tmp_path: Path) -> None:
    ram = channel("ram", "dram")
    limits = {
        "cpu.max": "200000 100000",
        "memory.max": str(32_000_000 << 10),
    }  # a quarter of processors, half of memory
    files = {f"sys__fs__cgroup__kubepods__pod__{name}": text for name, text in limits.items()}
    found = job(tmp_path, [PACKAGE, ram], {**SAYS, "fake:ram:counter": 40.0}, PODS, **files)
    ours = {each["device"]: each["job_j"]["value"] for each in found["devices"]}
    assert ours == pytest.approx({"package": 5_000, "ram": 2_000})


def test_a_container_gets_its_part_and_all_of_its_boards(tmp_path: Path) -> None:
    found = job(tmp_path, [*GPUS, PACKAGE], SAYS, PODS)
    ours = {each["device"]: each["job_j"]["value"] for each in found["devices"]}
    assert ours == pytest.approx({"gpu-0": 30_000, "gpu-1": 10_000, "package": 5_000})
    assert found["energy_j"]["low"] <= found["measured_j"] <= found["energy_j"]["high"]


def test_of_a_machine_read_whole_the_boards_are_taken_out_first(tmp_path: Path) -> None:
    found = job(tmp_path, [*GPUS, channel("box", "node")], SAYS, PODS)
    whole = next(each for each in found["devices"] if each["whole_node"])
    assert whole["job_j"]["value"] == pytest.approx(40_000 + 60_000 / 4)
    assert found["measured_j"] == whole["job_j"]["value"]
    assert whole["job_j"]["high"] < whole["energy_j"]["high"]


@pytest.mark.parametrize(
    ("stated", "joules"), [("1", 20_000), ("0.4", 8_000), ("0", 5_000), ("2", 5_000), ("x", 5_000)]
)
def test_a_share_may_be_stated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stated: str, joules: float) -> None:
    monkeypatch.setenv("THIRDWATT_SHARE", stated)
    assert job(tmp_path, [PACKAGE], SAYS, PODS)["measured_j"] == pytest.approx(joules)


def test_the_power_of_a_package_may_be_stated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = job(tmp_path / "a", [], SAYS, "/user.slice")["modelled_j"]
    monkeypatch.setenv("THIRDWATT_PACKAGE_W", "100")
    told = job(tmp_path / "b", [], SAYS, "/user.slice")
    [cpu] = [each for each in told["modelled"] if each["component"] == "cpu"]
    assert "100 W, as stated" in cpu["how"]
    assert cpu["energy_j"]["high"] <= 100 * 100
    assert told["modelled_j"]["high"] / told["modelled_j"]["low"] < wide["high"] / wide["low"] / 5


def test_without_a_container_the_machine_is_the_jobs(tmp_path: Path) -> None:
    found = job(tmp_path, [PACKAGE], SAYS, "/user.slice")
    assert found["measured_j"] == pytest.approx(20_000)
    assert found["processor_share"] == pytest.approx(0.25)


def test_a_model_of_a_slice_is_smaller_than_that_of_the_machine(tmp_path: Path) -> None:
    limit = {"sys__fs__cgroup__kubepods__pod__cpu.max": "200000 100000"}
    groups = {"a": PODS, "b": "/user.slice"}
    slice_, machine = (job(tmp_path / each, [], SAYS, groups[each], **limit)["modelled_j"] for each in groups)
    assert 0 < slice_["low"] < machine["low"]
    assert slice_["high"] < 0.5 * machine["high"]


def test_a_board_without_power_is_modelled_by_its_work(tmp_path: Path) -> None:
    boards = [
        Channel("nvml:G:busy", "G", "accelerator", "device", "gauge", "1", 0.0, "NVML utilisation"),
        Channel("nvml:G:limit", "G", "accelerator", "device", "limit", "W", 0.0, "NVML enforced power limit"),
    ]
    clock = Clock()
    own = sampler(tmp_path, clock, Scripted(boards, lambda name, _: 0.5 if name.endswith("busy") else 400.0))
    own.begin()
    run(own, clock, 100)
    own.end("finished")
    found = summary.summarised(store.opened("r", str(tmp_path)))
    [board] = [each for each in found["modelled"] if each["component"] == "accelerator"]
    assert (board["device"], board["energy_j"]["high"]) == ("G", pytest.approx(400 * 50 * 1.35))
    assert board["energy_j"]["low"] == pytest.approx(400 * 50 * 0.55)
    assert found["accelerators"] == 1
    assert found["energy_j"] is None
