"""No joule is added twice, whatever sensors a machine has."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.meter.sensors.base import Channel
from thirdwatt.meter.sensors.overlap import chosen


def channel(name: str, device: str, component: str, kind: str = "counter", unit: str = "J") -> Channel:
    return Channel(name, device, component, "device", kind, unit, 0.0, name)


BOARD = channel("nvml:GPU-1:energy", "GPU-1", "accelerator")
POWER = channel("nvml:GPU-1:accelerator-average", "GPU-1", "accelerator", "average", "W")
MODULE = channel("nvml:GPU-1:energy", "GPU-1", "module")
MODULE_POWER = channel("hwmon:module-0:power", "module-0", "module", "average", "W")
GRACE = channel("hwmon:package-0:power", "package-0", "cpu", "average", "W")
PACKAGE = channel("rapl:package-0:cpu", "package-0", "cpu")
DRAM = channel("rapl:package-0:dram", "package-0", "dram")
PSYS = channel("rapl:platform-0:platform", "platform-0", "platform")
NODE = channel("redfish:node:power", "node", "node", "gauge", "W")
METER = channel("hwmon:node:power", "node", "node", "average", "W")
TIME = Channel("procfs:node:cpu", "node", "node", "device", "counter", "s", 0.0, "/proc/stat")
SLURM = Channel("slurm:1:energy", "job-1", "node", "job", "counter", "J", 0.0, "Slurm")


def test_a_server_adds_boards_packages_and_memory_and_holds_them_against_its_inputs() -> None:
    found = chosen([NODE, BOARD, POWER, PACKAGE, DRAM, PSYS, TIME, SLURM])
    assert found.parts == (BOARD.id, PACKAGE.id, DRAM.id)
    assert found.whole == (NODE.id,)
    assert found.inside == (POWER.id, PSYS.id)


def test_a_counted_module_holds_its_processor_and_memory() -> None:
    found = chosen([MODULE, POWER, MODULE_POWER, GRACE])
    assert found.parts == (MODULE.id,)
    assert set(found.inside) == {POWER.id, MODULE_POWER.id, GRACE.id}


def test_a_module_read_as_power_counts_where_its_parts_are_not_all_read() -> None:
    assert chosen([MODULE_POWER, GRACE]).parts == (MODULE_POWER.id,)
    assert chosen([BOARD, MODULE_POWER, GRACE]).parts == (BOARD.id, GRACE.id)


def test_a_platform_counts_where_no_package_does() -> None:
    assert chosen([PSYS, DRAM]).parts == (PSYS.id,)
    assert chosen([BOARD, PSYS]).parts == (BOARD.id, PSYS.id)


def test_two_meters_of_the_machine_are_one_total() -> None:
    assert chosen([NODE, METER]).whole == (METER.id,)  # an average is better than a moment
    assert chosen([METER, NODE]).parts == ()


def test_nothing_comes_of_nothing() -> None:
    assert chosen([]) == ((), (), ())
    assert chosen([TIME, SLURM]) == ((), (), ())


@given(st.lists(st.sampled_from([BOARD, POWER, MODULE_POWER, GRACE, PACKAGE, DRAM, PSYS, NODE, METER]), unique=True))
def test_every_channel_has_one_place_and_no_device_is_added_twice(given: list[Channel]) -> None:
    found = chosen(given)
    assert sorted([*found.parts, *found.whole, *found.inside]) == sorted(each.id for each in given)
    parts = [each for each in given if each.id in found.parts]
    assert len({(each.component, each.device) for each in parts}) == len(parts)
    components = {each.component for each in parts}
    assert not ("module" in components and len(components) > 1)
    assert not {"platform", "cpu"} <= components
    assert not {"platform", "dram"} <= components
