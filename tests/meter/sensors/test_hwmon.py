"""hwmon: ACPI meters, Grace, Intel and AMD graphics."""

from __future__ import annotations

import pytest

from tests.meter.sensors.conftest import Machine
from thirdwatt.meter.sensors.hwmon import Hwmon
from thirdwatt.meter.sensors.overlap import chosen


def meter(machine: Machine, place: int, label: str | None, watts: float, inside: bool = True) -> None:
    base = f"sys/class/hwmon/hwmon{place}"
    machine.write(f"{base}/name", "power_meter")
    folder = f"{base}/device" if inside else base
    machine.write(f"{folder}/power1_average", int(watts * 1e6))
    if label is not None:
        machine.write(f"{folder}/power1_oem_info", label)


def graphics(machine: Machine, place: int, driver: str, address: str, **values: object) -> None:
    base = machine.folder / f"sys/class/hwmon/hwmon{place}"
    machine.write(f"sys/class/hwmon/hwmon{place}/name", driver)
    device = machine.folder / f"sys/devices/pci0000:00/{address}"
    device.mkdir(parents=True)
    (base / "device").symlink_to(device)
    for name, value in values.items():
        machine.write(f"sys/class/hwmon/hwmon{place}/{name}", value)


def test_a_grace_socket_is_read_whole(machine: Machine) -> None:
    for place, (label, watts) in enumerate(
        [("Module Power Socket 0", 600.0), ("Grace Power Socket 0", 100.0), ("CPU Power Socket 0", 53.0),
         ("SysIO Power Socket 0", 9.5)]
    ):  # fmt: skip
        meter(machine, place, label, watts)
    hwmon = Hwmon(machine.root, {})
    channels = hwmon.open()
    assert [(each.device, each.component, each.kind) for each in channels] == [
        ("module-0", "module", "average"), ("package-0", "cpu", "average"),
    ]  # fmt: skip
    assert [each.value for each in hwmon.read(1)] == [600.0, 100.0]
    assert chosen(channels).parts == ("hwmon:module-0:power",)
    hwmon.close()
    assert hwmon.read(2) == []


def test_a_rail_counts_where_nothing_holds_it_and_says_what_it_lacks(machine: Machine) -> None:
    meter(machine, 0, "CPU Power Socket 1", 53.0)
    hwmon = Hwmon(machine.root, {})
    assert [(each.device, each.component) for each in hwmon.open()] == [("package-1", "cpu")]
    assert "leaves out memory" in hwmon.notes[0]
    hwmon.close()


@pytest.mark.parametrize(("label", "inside"), [(None, True), ("", True), ("System", False)])
def test_a_meter_without_a_socket_is_the_machine(machine: Machine, label: str | None, inside: bool) -> None:
    meter(machine, 3, label, 740.0, inside)
    hwmon = Hwmon(machine.root, {})
    (channel,) = hwmon.open()
    assert (channel.device, channel.component, channel.scope) == ("node", "node", "device")
    assert chosen([channel]).whole == (channel.id,)
    hwmon.close()


def test_intel_graphics_count_the_card(machine: Machine) -> None:
    graphics(machine, 0, "i915", "0000:03:00.0", energy1_input=5_000_000)
    graphics(
        machine, 1, "xe", "0000:04:00.0",
        energy1_label="card", energy1_input=7_000_000, energy2_label="pkg", energy2_input=6_000_000,
    )  # fmt: skip
    graphics(machine, 2, "xe", "0000:05:00.0", energy2_label="pkg", energy2_input=1_000_000)
    graphics(machine, 3, "i915_gt0", "0000:06:00.0", energy1_input=1)
    hwmon = Hwmon(machine.root, {})
    channels = hwmon.open()
    assert [(each.device, each.kind, each.unit) for each in channels] == [
        (f"pci-0000:0{place}:00.0", "counter", "J") for place in (3, 4, 5)
    ]
    assert [each.value for each in hwmon.read(0)] == [5.0, 7.0, 1.0]
    assert len(hwmon.notes) == 1
    hwmon.close()
    hwmon = Hwmon(machine.root, {"ZE_AFFINITY_MASK": "1.0,1.1"})
    assert [each.device for each in hwmon.open()] == ["pci-0000:04:00.0"]
    hwmon.close()


def test_amd_graphics_give_a_mean_or_the_moment_of_those_that_are_ours(machine: Machine) -> None:
    graphics(machine, 0, "amdgpu", "0000:c2:00.0", power1_input=200_000_000)
    graphics(machine, 1, "amdgpu", "0000:c1:00.0", power1_average=100_000_000, power1_input=1)
    graphics(machine, 2, "amdgpu", "0000:c3:00.0", freq1_input=1)
    hwmon = Hwmon(machine.root, {})
    assert [(each.device, each.kind) for each in hwmon.open()] == [
        ("pci-0000:c1:00.0", "average"), ("pci-0000:c2:00.0", "gauge"),
    ]  # fmt: skip
    hwmon.close()
    hwmon = Hwmon(machine.root, {"HIP_VISIBLE_DEVICES": "1"})
    assert [each.device for each in hwmon.open()] == ["pci-0000:c2:00.0"]
    assert [each.value for each in hwmon.read(0)] == [200.0]
    hwmon.close()


@pytest.mark.parametrize(("shown", "devices"), [(None, ["c1", "c3"]), ("1", ["c1"]), ("3", ["c3"]), ("2,3", ["c3"])])
def test_a_second_die_is_read_with_its_first(machine: Machine, shown: str | None, devices: list[str]) -> None:
    for place, watts in enumerate((400, 0, 300, 0)):
        graphics(machine, place, "amdgpu", f"0000:c{place + 1}:00.0", power1_average=watts * 1_000_000)
    hwmon = Hwmon(machine.root, {} if shown is None else {"ROCR_VISIBLE_DEVICES": shown})
    assert [each.device for each in hwmon.open()] == [f"pci-0000:{device}:00.0" for device in devices]
    hwmon.close()


def test_a_first_die_without_power_is_not_read_with_another_board(machine: Machine) -> None:
    for place, watts in enumerate((400, 300, 0)):
        graphics(machine, place, "amdgpu", f"0000:c{place + 1}:00.0", power1_average=watts * 1_000_000)
    hwmon = Hwmon(machine.root, {})
    assert len(hwmon.open()) == 3
    hwmon.close()


def test_reasons(machine: Machine) -> None:
    assert not Hwmon(machine.root, {}).probe().ok
    assert "modprobe acpi_power_meter" in Hwmon(machine.root, {}).probe().fix
    machine.write("proc/cpuinfo", "flags : fpu hypervisor")
    assert Hwmon(machine.root, {}).probe().fix == ""
    meter(machine, 0, None, 1.0)
    machine.write("sys/class/hwmon/hwmon0/device/power1_average", "broken")
    probe = Hwmon(machine.root, {}).probe()
    assert probe.reason == "ACPI power meter gives no number."
    assert Hwmon(machine.root, {}).open() == []
