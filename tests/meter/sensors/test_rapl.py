"""RAPL by the files of powercap: packages, memory, platform; wraps, permissions, containers, mirrored dies."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.meter.sensors.conftest import Machine
from thirdwatt.meter.sensors.base import Channel
from thirdwatt.meter.sensors.counters import total
from thirdwatt.meter.sensors.rapl import FIX, MOUNT, Rapl

NOBODY = 65534
CLASS = "sys/class/powercap"


def zone(machine: Machine, name: str, label: str, energy: object = 1_000_000, most: object = 262_143_328_850) -> Path:
    machine.write(f"{CLASS}/{name}/name", label)
    if most is not None:
        machine.write(f"{CLASS}/{name}/max_energy_range_uj", most)
    return machine.write(f"{CLASS}/{name}/energy_uj", energy)


@contextmanager
def nobody() -> Iterator[None]:
    """Read as a user without rights."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_server_of_two_packages(machine: Machine) -> None:
    for socket in (0, 1):
        zone(machine, f"intel-rapl:{socket}", f"package-{socket}", 5_000_000 + socket)
        zone(machine, f"intel-rapl:{socket}:0", "core")
        zone(machine, f"intel-rapl:{socket}:1", "dram", 7_000_000 + socket, 65_712_999_613)
    zone(machine, "intel-rapl:2", "psys", 9_000_000)
    zone(machine, "intel-rapl-mmio:0", "package-0", 5_000_123)
    machine.write(f"{CLASS}/dtpm/name", "other")
    rapl = Rapl(machine.root)
    assert rapl.probe() == (True, "", "")
    channels = rapl.open()
    assert [(each.device, each.component) for each in channels] == [
        ("package-0", "cpu"), ("package-0", "dram"), ("package-1", "cpu"), ("package-1", "dram"),
        ("platform-2", "platform"),
    ]  # fmt: skip
    assert channels[0] == Channel(
        "rapl:package-0:cpu", "package-0", "cpu", "device", "counter", "J", 262143.328850, "RAPL package energy"
    )
    found = rapl.read(17)
    assert [each.value for each in found] == [5.0, 7.0, 5.000001, 7.000001, 9.0]
    assert {each.t_ns for each in found} == {17}
    assert rapl.notes == []
    rapl.close()
    assert rapl.read(18) == []


def test_a_counter_is_read_anew_and_its_wrap_is_no_loss(machine: Machine) -> None:
    file = zone(machine, "intel-rapl:0", "package-0", 262_143_000_000)
    rapl = Rapl(machine.root)
    (channel,) = rapl.open()
    found = rapl.read(0)
    file.write_text("171150\n")
    found += rapl.read(10**9)
    assert total(found, channel.wrap) == pytest.approx(0.328850 + 0.171150)
    file.write_text("nothing\n")
    assert rapl.read(2 * 10**9)[0].value is None
    rapl.close()


def test_without_its_range_a_counter_cannot_be_carried_over(machine: Machine) -> None:
    zone(machine, "intel-rapl:0", "package-0", most=None)
    rapl = Rapl(machine.root)
    (channel,) = rapl.open()
    assert channel.wrap == 0
    assert "does not say where its cpu counter starts again" in rapl.notes[0]
    rapl.close()


def test_dies_that_repeat_one_counter_are_read_once(machine: Machine) -> None:
    for die in (0, 1):
        zone(machine, f"intel-rapl:{die}", f"package-0-die-{die}", 123_456_789)
        zone(machine, f"intel-rapl:{die}:0", "dram", 1_000 + die)
    rapl = Rapl(machine.root)
    assert [(each.device, each.component) for each in rapl.open()] == [
        ("package-0-die-0", "cpu"), ("package-0-die-0", "dram"), ("package-0-die-1", "dram"),
    ]  # fmt: skip
    assert rapl.notes == ["package-0-die-1 repeats the cpu counter of package-0-die-0, so it is read once."]
    rapl.close()


def test_what_root_alone_may_read_is_said_with_its_fix() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        machine = Machine(Path(folder))
        zone(machine, "intel-rapl:0", "package-0").chmod(0o400 if os.geteuid() == 0 else 0)
        with nobody():
            probe = Rapl(machine.root).probe()
            opened = Rapl(machine.root).open()
        assert not probe.ok
        assert "only root may read them" in probe.reason
        assert probe.fix == FIX
        assert "g+r" in FIX  # one group, one file, no right to write
        assert "\n" not in FIX
        assert opened == []


def test_some_counters_closed_is_a_note() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        machine = Machine(Path(folder))
        zone(machine, "intel-rapl:0", "package-0").chmod(0o444)
        zone(machine, "intel-rapl:0:0", "dram").chmod(0o400 if os.geteuid() == 0 else 0)
        with nobody():
            rapl = Rapl(machine.root)
            assert rapl.probe().ok
            assert [each.component for each in rapl.open()] == ["cpu"]
        assert rapl.notes == ["Not readable: dram of package-0."]
        rapl.close()


def test_a_container_that_masks_the_counters(machine: Machine) -> None:
    (machine.folder / CLASS).mkdir(parents=True)
    (machine.folder / CLASS / "intel-rapl:0").symlink_to("../../devices/virtual/powercap/intel-rapl/intel-rapl:0")
    assert Rapl(machine.root).probe() == (False, "The counters are named, but hidden: a container masks them.", MOUNT)
    machine.write("proc/cpuinfo", "vendor_id : GenuineIntel\nflags : fpu")
    (machine.folder / CLASS / "intel-rapl:0").unlink()
    machine.write(".dockerenv", "")
    assert Rapl(machine.root).probe() == (False, "No counters are visible in this container.", MOUNT)


@pytest.mark.parametrize(
    ("cpuinfo", "reason"),
    [
        ("vendor_id : AuthenticAMD\nflags : fpu hypervisor lm", "This is a virtual machine"),
        ("CPU implementer : 0x41", "neither Intel nor AMD"),
        ("vendor_id : AuthenticAMD\nflags : fpu", "The kernel shows no counters"),
    ],
)
def test_why_there_are_none(machine: Machine, cpuinfo: str, reason: str) -> None:
    machine.write("proc/cpuinfo", cpuinfo)
    assert reason in Rapl(machine.root).probe().reason
