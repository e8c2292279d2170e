"""NVML through a compiled stand-in: counters and powers told apart, visible boards, slices, modules, errors."""

from __future__ import annotations

import ctypes

import pytest

from tests.meter.sensors.conftest import Machine, Script
from thirdwatt.meter.sensors.counters import intervals
from thirdwatt.meter.sensors.nvml import CONTAINER, ERRORS, FIXES, Nvml
from thirdwatt.meter.sensors.overlap import chosen

H100 = {"name": "NVIDIA H100 80GB HBM3", "arch": 9, "energy": 1_234_567, "field.185.0": 350_000, "field.186.0": 380_500}
BOTH = ("uuid", "name", "arch", "energy", "field.185.0", "field.186.0")


def boards(script: Script, *given: dict[str, object]) -> None:
    script.put({"count": len(given), "fields": 1})
    for place, board in enumerate(given):
        script.put({f"{place}.uuid": f"GPU-{place}aaa", **{f"{place}.{key}": value for key, value in board.items()}})


def sensor(library: str, **environ: str) -> Nvml:
    return Nvml(environ=environ, library=library)


def test_a_board_gives_its_counter_and_its_mean_power(library: str, nvml: Script) -> None:
    boards(nvml, H100)
    found = sensor(library)
    assert found.probe() == (True, "", "")
    energy, power = found.open()
    assert tuple(energy) == (
        "nvml:GPU-0aaa:energy", "GPU-0aaa", "accelerator", "device", "counter", "J", 0.0, "NVML total energy",
    )  # fmt: skip
    assert (power.kind, power.unit, power.source) == ("average", "W", "NVML average power")
    assert found.read(5) == [(energy.id, 1234.567, 5), (power.id, 350.0, 5)]
    nvml.put({"0.energy": 1_584_567})
    assert found.read(6)[0].value == 1584.567
    assert found.notes == []
    assert chosen([energy, power]).parts == (energy.id,)
    found.close()
    assert found.read(7) == []


def test_an_answer_that_fails_is_a_reading_without_a_value(library: str, nvml: Script) -> None:
    boards(nvml, H100, H100)
    found = sensor(library)
    channels = found.open()
    nvml.put({"1.energy": "!15", "1.field.185.0": "!15"})
    values = {each.channel: each.value for each in found.read(1)}
    assert [values[each.id] for each in channels] == [1234.567, 350.0, None, None]
    nvml.put({"fields": None})
    assert [each.value for each in found.read(2)][1] is None
    found.close()


def test_a_driver_loaded_again_begins_a_segment(library: str, nvml: Script) -> None:
    boards(nvml, H100)
    found = sensor(library)
    found.open()
    seen = []
    for place, value in enumerate((1000, 2000, 500, 900)):
        nvml.put({"0.energy": value})
        seen.append(found.read(place)[0])
    assert [(each.amount, each.event) for each in intervals(seen)] == [(1.0, ""), (None, "reset"), (0.4, "")]
    found.close()


def test_without_a_counter_power_is_told_by_its_kind(library: str, nvml: Script) -> None:
    boards(nvml, {**H100, "energy": "!3"}, {"name": "x", "arch": 9, "field.186.0": 90_000})
    found = sensor(library)
    assert found.probe().ok
    assert [(each.kind, each.source) for each in found.open()] == [
        ("average", "NVML average power"),
        ("gauge", "NVML instantaneous power"),
    ]
    assert len([note for note in found.notes if "has no energy counter" in note]) == 2
    found.close()


@pytest.mark.parametrize(
    ("name", "arch", "kind"),
    [
        ("Tesla P100-PCIE-16GB", 4, "gauge"),
        ("Tesla V100-SXM2", 5, "gauge"),
        ("NVIDIA A100-SXM4-40GB", 7, "gauge"),
        ("NVIDIA A30", 7, "gauge"),
        ("NVIDIA A10", 7, "average"),
        ("NVIDIA GeForce RTX 3090", 7, "average"),
        ("NVIDIA L40S", 8, "average"),
        ("unknown", 0xFFFFFFFF, "gauge"),
        ("unknown", "!3", "gauge"),
    ],
)
def test_the_plain_power_is_a_mean_on_newer_boards(
    library: str, nvml: Script, name: str, arch: object, kind: str
) -> None:
    boards(nvml, {"name": name, "arch": arch, "power": 123_400})
    nvml.put({"fields": None})  # an old driver without fields
    found = sensor(library)
    (channel,) = found.open()
    assert (channel.kind, channel.source) == (kind, "NVML power usage")
    assert found.read(0)[0].value == 123.4
    found.close()


@pytest.mark.parametrize("typed", ["0:350000.0", "1:350000", "2:350000", "3:350000", "4:350000", "5:350000"])
def test_every_type_of_a_field_is_read(library: str, nvml: Script, typed: str) -> None:
    boards(nvml, {"name": "x", "field.185.0": typed})
    found = sensor(library)
    found.open()
    assert found.read(0)[0].value == 350.0
    nvml.put({"0.field.185.0": "4:5000000000"})
    assert found.read(0)[0].value == 5e6
    nvml.put({"0.field.185.0": "4:-1"})
    assert found.read(1)[0].value is None
    nvml.put({"0.field.185.0": "9:1"})
    assert found.read(2)[0].value is None
    found.close()


@pytest.mark.parametrize(
    ("visible", "places"),
    [
        (None, [0, 1, 2, 3]),
        ("2,0", [2, 0]),
        ("1", [1]),
        ("0,0", [0]),
        ("GPU-3aaa,GPU-1", [3, 1]),
        ("gpu-2", [2]),
        ("0,9,1", [0]),
        ("0,-1,1", [0]),
        ("GPU-", []),
        ("", []),
        ("NoDevFiles", []),
    ],
)
def test_only_visible_boards_are_read(library: str, nvml: Script, visible: str | None, places: list[int]) -> None:
    boards(nvml, H100, H100, H100, H100)
    found = sensor(library, **({} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}))
    channels = found.open()
    assert [each.device for each in channels if each.kind == "counter"] == [f"GPU-{place}aaa" for place in places]
    assert found.probe().ok == bool(places)
    if not places:
        assert "CUDA_VISIBLE_DEVICES" in found.probe().reason
    found.close()


def test_numbers_of_boards_that_differ_are_doubtful(library: str, nvml: Script) -> None:
    boards(nvml, H100, {**H100, "name": "NVIDIA T400"})
    found = sensor(library, CUDA_VISIBLE_DEVICES="1")
    found.open()
    assert any("CUDA_DEVICE_ORDER=PCI_BUS_ID" in note for note in found.notes)
    found = sensor(library, CUDA_VISIBLE_DEVICES="1", CUDA_DEVICE_ORDER="PCI_BUS_ID")
    found.open()
    assert found.notes == []
    found.close()


@pytest.mark.parametrize(
    "visible",
    ["MIG-1111,MIG-2222", "MIG-GPU-1aaa/3/0,MIG-GPU-1aaa/4/0", "1"],
)
def test_slices_of_a_board_give_the_board_once_and_say_so(library: str, nvml: Script, visible: str) -> None:
    boards(nvml, H100, {**H100, "mig": 1})
    nvml.put({"piece.MIG-1111": 1, "piece.MIG-2222": 1})
    found = sensor(library, CUDA_VISIBLE_DEVICES=visible)
    channels = found.open()
    assert [each.device for each in channels if each.unit == "J"] == ["GPU-1aaa"]
    assert {each.scope for each in channels} == {"device"}
    assert any("GPU-1aaa is cut into slices (MIG)" in note for note in found.notes)
    found.close()


def test_a_slice_in_a_container_is_of_the_only_board(library: str, nvml: Script) -> None:
    boards(nvml, {**H100, "mig": 1})
    found = sensor(library, CUDA_VISIBLE_DEVICES="MIG-1111")
    assert {each.device for each in found.open()} == {"GPU-0aaa"}
    found.close()


def test_the_library_is_let_go_of(library: str, nvml: Script) -> None:
    boards(nvml, H100)
    users = ctypes.CDLL(library).stub_users
    before = users()
    found = sensor(library)
    found.probe()
    assert users() == before
    found.open()
    assert users() == before + 1
    found.close()
    found.close()
    assert users() == before


def test_an_unknown_slice_is_no_board(library: str, nvml: Script) -> None:
    boards(nvml, H100, H100)
    assert sensor(library, CUDA_VISIBLE_DEVICES="MIG-3333").open() == []


GH200 = {**H100, "name": "NVIDIA GH200 480GB", "c2c": 1, "field.185.1": 600_000, "field.186.1": 610_000}


def test_the_counter_of_a_superchip_is_that_of_its_module(library: str, nvml: Script) -> None:
    boards(nvml, GH200)
    found = sensor(library)
    channels = found.open()
    assert [(each.component, each.kind) for each in channels] == [
        ("module", "counter"), ("module", "average"), ("accelerator", "average"),
    ]  # fmt: skip
    assert [each.value for each in found.read(0)] == [1234.567, 600.0, 350.0]
    assert any("is that of its module, with processor and memory" in note for note in found.notes)
    assert chosen(channels).parts == (channels[0].id,)
    found.close()


@pytest.mark.parametrize("given", [{"c2c": None}, {"c2c": 0}, {"field.185.1": None, "field.186.1": None}])
def test_a_board_is_no_module_unless_both_say_so(library: str, nvml: Script, given: dict[str, object]) -> None:
    boards(nvml, {**GH200, **given})
    found = sensor(library)
    assert [(each.component, each.kind) for each in found.open()] == [
        ("accelerator", "counter"), ("accelerator", "average"),
    ]  # fmt: skip
    found.close()


def test_two_boards_of_one_module_count_it_once(library: str, nvml: Script) -> None:
    boards(nvml, GH200, GH200, {**GH200, "energy": 99})
    found = sensor(library)
    channels = found.open()
    counted = [each.device for each in channels if each.component == "module"]
    assert sorted(set(counted)) == ["GPU-0aaa", "GPU-2aaa"]
    assert [each.device for each in channels if each.component == "accelerator"] == ["GPU-0aaa", "GPU-1aaa", "GPU-2aaa"]
    assert any("GPU-1aaa repeats the energy of the module of GPU-0aaa" in note for note in found.notes)
    assert len(found.read(0)) == len(channels)
    found.close()


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_every_error_at_the_start_is_said(library: str, nvml: Script, code: int) -> None:
    boards(nvml, H100)
    nvml.put({"init": f"!{code}"})
    probe = sensor(library).probe()
    assert (probe.ok, probe.reason, probe.fix) == (
        False, f"NVML does not start: {ERRORS[code]}.", FIXES.get(code, ""),
    )  # fmt: skip
    assert sensor(library).open() == []


def test_an_error_without_a_name_is_said_by_its_number(library: str, nvml: Script) -> None:
    nvml.put({"init": "!77"})
    assert "error 77" in sensor(library).probe().reason


def test_boards_that_give_nothing(library: str, nvml: Script) -> None:
    boards(nvml, {"name": "x", "energy": "!4"})
    probe = sensor(library).probe()
    assert "this user may not read it" in probe.reason
    assert probe.fix == FIXES[4]
    found = sensor(library)
    assert found.open() == []
    assert found.notes == ["GPU-0aaa gives neither energy nor power: this user may not read it."]
    nvml.put({"count": 0})
    assert sensor(library).probe() == (False, "The driver shows no board.", CONTAINER)


def test_a_library_that_is_another_is_said(machine: Machine) -> None:
    found = Nvml(root=machine.root, environ={}, library="libc.so.6")
    assert found.probe().reason == "libc.so.6 is no NVML of a supported version."
    assert found.open() == []
    assert found.read(0) == []
    found.close()


def test_a_library_is_found_before_it_is_set_up(library: str, nvml: Script) -> None:
    nvml.put({"init": "!9"})
    assert sensor(library).loads()
    assert not Nvml(environ={}, library="libthirdwatt-nothing.so.1").loads()


def test_no_library(machine: Machine) -> None:
    def probe() -> tuple[bool, str, str]:
        found = Nvml(root=machine.root, environ={}, library="libthirdwatt-nothing.so.1").probe()
        return found.ok, found.reason, found.fix

    assert probe() == (False, "There is no NVIDIA board here.", "")
    machine.write("sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de")
    machine.write("sys/bus/pci/devices/0000:01:00.0/class", "0x030200")
    assert probe()[1:] == ("There is an NVIDIA board, but no driver for it.", "Install the NVIDIA driver.")
    machine.write("proc/driver/nvidia/version", "NVRM version: 550")
    assert "libthirdwatt-nothing.so.1 is not to be found" in probe()[1]
    assert probe()[2] == CONTAINER


def test_a_board_without_energy_or_power_says_how_busy_it_is(library: str, nvml: Script) -> None:
    boards(nvml, {"name": "GRID", "arch": 8, "busy": 75, "limit": 70_000}, {"name": "GRID", "arch": 8})
    found = sensor(library)
    assert not found.probe().ok
    busy, limit = found.open()
    assert (busy.device, busy.component, busy.kind, busy.unit) == ("GPU-0aaa", "accelerator", "gauge", "1")
    assert (limit.kind, limit.unit) == ("limit", "W")
    assert found.read(3) == [(busy.id, 0.75, 3), (limit.id, 70.0, 3)]
    assert chosen([busy, limit]) == ((), (), ())
    assert len(found.notes) == 2
    found.close()
