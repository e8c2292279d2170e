"""All sensors keep one contract: they never raise, leave nothing open, and cost little to load."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

import thirdwatt
from tests.meter.sensors.conftest import Machine
from tests.meter.sensors.test_cgroup import group
from tests.meter.sensors.test_procfs import node, process
from tests.meter.sensors.test_rapl import zone
from thirdwatt.meter.sensors import ALL, accelerators, available, make
from thirdwatt.meter.sensors.hwmon import Hwmon

SOURCE = str(Path(thirdwatt.__file__).parent.parent)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def full(machine: Machine) -> None:
    """A machine with everything that files can show."""
    zone(machine, "intel-rapl:0", "package-0")
    machine.write("sys/class/hwmon/hwmon0/name", "power_meter")
    machine.write("sys/class/hwmon/hwmon0/power1_average", 5_000_000)
    group(machine, "/docker/1")
    node(machine, 1, 1, 1, 1, 1, 1, 1)
    machine.write("proc/meminfo", "MemTotal: 2 kB\nMemAvailable: 1 kB")
    process(machine, 4242, 1, 7)


def test_those_that_work_come_in_the_order_of_trust(machine: Machine) -> None:
    full(machine)
    machine.write(f"proc/{os.getpid()}/cgroup", "0::/docker/1")  # the meter's own group is not the job's
    assert [each.name for each in available(machine.root, {})] == ["rapl", "hwmon", "procfs"]
    found = available(machine.root, {}, pid=4242)
    assert [each.name for each in found] == ["rapl", "hwmon", "cgroup", "procfs"]
    channels = [channel for sensor in found for channel in sensor.open()]
    assert len({channel.id for channel in channels}) == len(channels)
    assert "procfs:job:cpu" not in {channel.id for channel in channels}  # the group counts it
    for sensor in found:
        sensor.close()
    (machine.folder / "sys/fs/cgroup/cgroup.controllers").unlink()
    last = available(machine.root, {}, pid=4242)[-1]
    assert "procfs:job:cpu" in {channel.id for channel in last.open()}
    last.close()


def test_a_sensor_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no sensor 'x'; there are redfish, nvml"):
        make("x")


@pytest.mark.parametrize("name", ALL)
def test_every_sensor_gives_its_channels_and_leaves_nothing_open(name: str, machine: Machine) -> None:
    full(machine)
    make(name, machine.root, {}, 4242).probe()  # what the libraries of Python load once
    before = open_files()
    for _ in range(2):
        sensor = make(name, machine.root, {}, 4242)
        assert sensor.name == name
        probe = sensor.probe()
        assert open_files() == before
        assert probe.ok or probe.reason
        assert "\n" not in probe.reason + probe.fix
        assert (
            all(not text or text.endswith((".", 'energy_uj"')) for text in (probe.reason, probe.fix)) or name == "rapl"
        )
        channels = sensor.open()
        assert bool(channels) == probe.ok
        for now_ns in (1, 2):
            found = sensor.read(now_ns)
            assert {each.channel for each in found} == {each.id for each in channels}
            assert all(each.value is not None and each.t_ns == now_ns for each in found)
        sensor.close()
        sensor.close()
        assert sensor.read(3) == []
        assert open_files() == before
        assert all("\n" not in note for note in sensor.notes)


@pytest.mark.parametrize("name", ALL)
def test_nothing_and_nonsense_raise_nothing(name: str, machine: Machine) -> None:
    for turn in range(8):
        shuffled = random.Random(turn)
        full(machine)
        for folder, _, files in list(os.walk(machine.folder)):
            for file in files:
                path = Path(folder) / file
                text = shuffled.choice([b"", b"\0", b"-1", b"x y", b"9" * 5000, b"\xff\xfe", b"1\n" * 40, None, None])
                if text is not None:
                    path.write_bytes(text)
        sensor = make(name, machine.root, {"CUDA_VISIBLE_DEVICES": "\u0663,x", "SLURM_JOB_ID": "\u0663"}, 4242)
        sensor.probe()
        sensor.open()
        for now_ns in (1, 10**12):
            sensor.read(now_ns)
        sensor.close()


def test_a_file_that_goes_while_it_is_read_is_no_error(machine: Machine) -> None:
    full(machine)
    hwmon = Hwmon(machine.root, {})
    hwmon.open()
    (machine.folder / "sys/class/hwmon/hwmon0/power1_average").unlink()
    assert len(hwmon.read(0)) == 1
    hwmon.close()


def test_accelerators_of_a_job_have_the_names_of_their_channels(machine: Machine) -> None:
    for place in (1, 2):
        base = f"sys/class/hwmon/hwmon{place}"
        machine.write(f"{base}/name", "amdgpu")
        machine.write(f"{base}/power1_input", 1)
        device = machine.folder / f"sys/devices/0000:0{place}:00.0"
        device.mkdir(parents=True)
        (machine.folder / base / "device").symlink_to(device)
    assert accelerators(machine.root, {}) == ["pci-0000:01:00.0", "pci-0000:02:00.0"]
    assert accelerators(machine.root, {"HIP_VISIBLE_DEVICES": "1"}) == ["pci-0000:02:00.0"]


LOADED = """
import sys
sys.path.insert(0, sys.argv[1])
from thirdwatt.meter.sensors import available
for sensor in available(environ={}):
    sensor.open()
    sensor.read(1)
    sensor.close()
print(*sorted(set(sys.modules) & {"dataclasses", "typing", "inspect", "json", "subprocess", "socket", "http", "numpy",
                                  "threading", "pathlib", "enum", "urllib", "ssl"}))
"""


def test_sensors_that_are_not_there_load_no_library() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", LOADED, SOURCE], capture_output=True, text=True, check=True
    )
    assert "subprocess" not in done.stdout.split()
    assert not set(done.stdout.split()) & {"dataclasses", "typing", "inspect", "json", "socket", "http", "ssl", "numpy"}
