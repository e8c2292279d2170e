"""AMD SMI through a compiled stand-in: accumulators, boards of two dies, visible boards, errors."""

from __future__ import annotations

import pytest

from tests.meter.sensors.conftest import Machine, Script
from thirdwatt.meter.sensors.amd import GROUPS, Amd, address

RESOLUTION = 15.259


def dies(script: Script, *energies: object) -> None:
    script.put({"count": len(energies)})
    for place, energy in enumerate(energies):
        script.put({f"{place}.bdf": f"0000:{0xC1 + place:02x}:00.0", f"{place}.energy": energy})


def sensor(library: str, **environ: str) -> Amd:
    return Amd(environ=environ, library=library)


def test_a_board_counts_in_its_own_unit(library: str, smi: Script) -> None:
    dies(smi, f"65628 {RESOLUTION}")
    found = sensor(library)
    assert found.probe() == (True, "", "")
    (channel,) = found.open()
    assert channel.device == "pci-0000:c1:00.0"
    assert (channel.component, channel.kind, channel.unit) == ("accelerator", "counter", "J")
    assert found.read(3)[0].value == pytest.approx(1.0014, rel=1e-3)
    smi.put({"0.energy": "!10"})
    assert found.read(4) == [(channel.id, None, 4)]
    found.close()
    assert found.read(5) == []


@pytest.mark.parametrize(
    ("environ", "devices"),
    [
        ({}, ["c1", "c3"]),
        ({"HIP_VISIBLE_DEVICES": "1"}, ["c1"]),
        ({"ROCR_VISIBLE_DEVICES": "2,3", "HIP_VISIBLE_DEVICES": "1"}, ["c3"]),
        ({"ROCR_VISIBLE_DEVICES": "0,1"}, ["c1"]),
        ({"CUDA_VISIBLE_DEVICES": "2"}, ["c3"]),
        ({"HIP_VISIBLE_DEVICES": ""}, []),
    ],
)
def test_a_board_of_two_dies_counts_once(
    library: str, smi: Script, environ: dict[str, str], devices: list[str]
) -> None:
    dies(smi, "1000 15.3", "0 15.3", "2000 15.3", "0 15.3")
    found = sensor(library, **environ)
    assert [each.device for each in found.open()] == [f"pci-0000:{device}:00.0" for device in devices]
    assert found.probe().ok == bool(devices)
    found.close()


def test_a_second_die_is_said_to_be_read_with_the_first(library: str, smi: Script) -> None:
    dies(smi, "1000 15.3", "0 15.3")
    found = sensor(library)
    found.open()
    assert found.notes == ["pci-0000:c2:00.0 is read with pci-0000:c1:00.0: they are one board."]
    found.close()


def test_a_first_die_that_counts_nothing_is_not_read_with_another_board(library: str, smi: Script) -> None:
    dies(smi, "1000 15.3", "1000 15.3", "0 15.3")
    found = sensor(library)
    assert len(found.open()) == 2
    assert found.notes == ["pci-0000:c3:00.0 gives no energy here: its counter stands at 0."]
    found.close()


def test_parts_of_one_board_count_once(library: str, smi: Script) -> None:
    dies(smi, "1000 15.3", "!2")
    smi.put({"1.bdf": "0000:c1:00.1"})
    found = sensor(library)
    assert [each.device for each in found.open()] == ["pci-0000:c1:00.0"]
    found.close()


def test_counters_that_do_not_count_are_left_to_the_kernel(library: str, smi: Script) -> None:
    dies(smi, "0 15.3", "!2")
    found = sensor(library)
    assert found.probe() == (False, "The energy counters of the boards stand at 0.", "")
    assert found.open() == []
    assert found.notes == [
        "pci-0000:c1:00.0 gives no energy here: its counter stands at 0.",
        "pci-0000:c2:00.0 gives no energy here: the board does not support it.",
    ]


def test_errors(library: str, smi: Script, machine: Machine) -> None:
    dies(smi, "!10")
    assert sensor(library).probe() == (False, "No board gives energy: this user may not read it.", GROUPS)
    smi.put({"count": "!31"})
    assert sensor(library).probe() == (False, "AMD SMI shows no board.", GROUPS)
    smi.put({"init": "!34"})
    assert sensor(library).probe().reason == "AMD SMI does not start: the amdgpu driver is not loaded."
    missing = Amd(root=machine.root, environ={}, library="libthirdwatt-nothing.so")
    assert missing.probe() == (False, "There is no AMD accelerator here.", "")
    (machine.folder / "sys/module/amdgpu").mkdir(parents=True)
    assert "is not to be found" in missing.probe().reason
    assert missing.open() == []
    assert not missing.loads()


def test_the_library_of_rocm_is_found_in_its_folder(library: str, smi: Script, machine: Machine) -> None:
    dies(smi, "1000 15.3")
    place = machine.folder / "opt/rocm/lib/libamd_smi.so"
    place.parent.mkdir(parents=True)
    place.symlink_to(library)
    assert Amd(root=machine.root, environ={}).probe().ok
    assert Amd(root=machine.root, environ={}).loads()


def test_an_address_is_put_together_from_its_bits() -> None:
    assert address(0x1_0000_C1_0B) == "10000:c1:01.3"
    assert address((0xC1 << 8) | (2 << 3) | 1) == "0000:c1:02.1"
