"""Area: what the parts of a die take up.

Logic and memory cells shrink from node to node by ratios of their own; pads and analogue parts do not. Areas are of all
compute dies of a package together, in mm², stacked memory apart.

All arguments broadcast to (V, S). Valid for accelerators made of like units around a shared memory; the constants are
fitted to dies of 290 to 830 mm².

References
----------
.. [1] Zhang et al. 2024, LLMCompass, ISCA (areas of control, lanes, arrays and storage from die shots of GA100).
.. [2] Jouppi et al. 2021, Ten Lessons From Three Generations, ISCA (areas of TPU v4i).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Num


@quantity
def sequencer_mm2(
    scheduler_count: Num,
    scheduler_mm2: Num,
    vector_lane_count: Num,
    vector_lane_mm2: Num,
    double_lane_count: Num,
    double_lane_mm2: Num,
    logic_area_ratio: Num,
) -> Num:
    """What runs instructions in a unit: fetch, decode, scheduling, and the vector lanes [1]_."""
    lanes = vector_lane_count * vector_lane_mm2 + double_lane_count * double_lane_mm2
    return (scheduler_count * scheduler_mm2 + lanes) * logic_area_ratio


@quantity
def array_mm2(unit_mac_count: Num, mac_mm2: Num, logic_area_ratio: Num) -> Num:
    """Multipliers and adders of a unit's matrix arrays [1]_."""
    return unit_mac_count * mac_mm2 * logic_area_ratio


@quantity
def register_mm2(register_byte: Num, register_mm2_per_byte: Num, sram_area_ratio: Num) -> Num:
    """Registers of a unit [1]_."""
    return register_byte * register_mm2_per_byte * sram_area_ratio


@quantity
def local_mm2(local_byte: Num, accumulator_byte: Num, local_mm2_per_byte: Num, sram_area_ratio: Num) -> Num:
    """Memory of a unit beside its registers [1]_."""
    return (local_byte + accumulator_byte) * local_mm2_per_byte * sram_area_ratio


@quantity
def compute_unit_mm2(sequencer_mm2: Num, array_mm2: Num, register_mm2: Num, local_mm2: Num) -> Num:
    """One unit."""
    return sequencer_mm2 + array_mm2 + register_mm2 + local_mm2


@quantity
def built_unit_count(compute_unit_count: Num, spare_unit_ratio: Num) -> Num:
    """Units on the dies, those among them that are not enabled."""
    return compute_unit_count * (1 + spare_unit_ratio)


@quantity
def last_level_mm2(last_level_byte: Num, last_level_mm2_per_byte: Num, sram_area_ratio: Num) -> Num:
    """Memory that all units share [1]_."""
    return last_level_byte * last_level_mm2_per_byte * sram_area_ratio


@quantity
def crossbar_mm2(built_unit_count: Num, crossbar_unit_mm2: Num, logic_area_ratio: Num) -> Num:
    """Wires and switches between units and shared memory [1]_."""
    return built_unit_count * crossbar_unit_mm2 * logic_area_ratio


@quantity
def interface_mm2(
    memory_stack_count: Num,
    spare_stack_ratio: Num,
    memory_phy_mm2: Num,
    accelerator_link_byte_per_s: Num,
    link_port_byte_per_s: Num,
    link_port_mm2: Num,
    die_count: Num,
    other_die_mm2: Num,
) -> Num:
    """What stands at the edge and does not shrink: memory controllers, links, the host's port, clocks and fuses."""
    links = accelerator_link_byte_per_s / link_port_byte_per_s * link_port_mm2
    memory = memory_stack_count * (1 + spare_stack_ratio) * memory_phy_mm2
    return memory + links + die_count * other_die_mm2


@quantity
def die_area_mm2(
    built_unit_count: Num,
    compute_unit_mm2: Num,
    last_level_mm2: Num,
    crossbar_mm2: Num,
    interface_mm2: Num,
    chip_area_ratio: Num,
) -> Num:
    """All compute dies of the package."""
    return (built_unit_count * compute_unit_mm2 + last_level_mm2 + crossbar_mm2 + interface_mm2) * chip_area_ratio


@quantity
def die_side_mm(die_area_mm2: Num, die_count: Num) -> Num:
    """Side of one die, taken as square."""
    side: Num = np.sqrt(die_area_mm2 / die_count)
    return side
