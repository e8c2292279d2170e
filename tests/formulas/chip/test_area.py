"""Area: the parts of a GA100 unit as they were read off its die; parts add up to dies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formulas.chip.designs import NODES, Design, designs, made, some
from thirdwatt.facts import table
from thirdwatt.formulas.chip import area
from thirdwatt.ledger import estimate

PRIOR = {name: figure.value for name, figure in table("silicon").rows["chip"].figures.items()}

GA100 = {
    "control": area.sequencer_mm2(4, PRIOR["scheduler_mm2"], 0, 0.0, 0, 0.0, 1.0),
    "lanes": area.sequencer_mm2(0, 0.0, 64, PRIOR["vector_lane_mm2"], 32, PRIOR["double_lane_mm2"], 1.0),
    "arrays": area.array_mm2(1024, PRIOR["mac_mm2"], 1.0),
    "registers": area.register_mm2(262_144, PRIOR["register_mm2_per_byte"], 1.0),
    "local": area.local_mm2(196_608, 0, PRIOR["local_mm2_per_byte"], 1.0),
}


@pytest.mark.parametrize(
    ("part", "mm2"), [("control", 1.32), ("lanes", 0.43), ("arrays", 0.27), ("registers", 1.57), ("local", 0.51)]
)
def test_parts_of_a_unit_of_ga100(part: str, mm2: float) -> None:
    """LLMCompass (ISCA 2024) on the die shot: 4.10 mm² a unit, of which matrix arrays are 0.27."""
    assert GA100[part] == pytest.approx(mm2, abs=0.006)


def test_a_unit_of_ga100() -> None:
    sequencer = GA100["control"] + GA100["lanes"]
    unit = area.compute_unit_mm2(sequencer, GA100["arrays"], GA100["registers"], GA100["local"])
    assert unit == pytest.approx(4.10, abs=0.01)


def test_shared_memory_and_crossbar_of_ga100() -> None:
    """The same: 113.7 mm² of 48 MiB, 58.9 mm² between 128 units."""
    assert area.last_level_mm2(48 * 2**20, PRIOR["last_level_mm2_per_byte"], 1.0) == pytest.approx(113.7, rel=0.002)
    assert area.crossbar_mm2(128, PRIOR["crossbar_unit_mm2"], 1.0) == pytest.approx(58.9, rel=0.002)


def test_links_of_ga100() -> None:
    """The same: 22.7 mm² of PHYs and 9.3 of controllers for twelve links of 25 GB/s each way."""
    port = table("links").rows["nvlink-3"].figures
    links = area.interface_mm2(
        0, 0, 0.0, 300e9, port["link_port_byte_per_s"].value, port["link_port_mm2"].value, 1, 0.0
    )
    assert links == pytest.approx(22.7 + 9.3, rel=0.01)


def test_spares_are_built_and_not_counted() -> None:
    assert area.built_unit_count(108, 128 / 108 - 1) == pytest.approx(128)
    assert area.interface_mm2(5, 0.2, 16.0, 0.0, 1.0, 0.0, 1, 0.0) == pytest.approx(6 * 16)


def test_nothing_takes_no_room() -> None:
    assert area.die_area_mm2(0, 4.1, 0.0, 0.0, 0.0, 1.0) == 0
    assert area.die_side_mm(800.0, 2) == 20


@some
@given(designs)
def test_area_adds_up(design: Design) -> None:
    found = made(design, NODES)
    shared = found["last_level_mm2"] + found["crossbar_mm2"] + found["interface_mm2"]
    whole = found["built_unit_count"] * found["compute_unit_mm2"] + shared
    assert found["die_area_mm2"] == pytest.approx(whole, rel=1e-12)
    assert (np.ptp(found["interface_mm2"], axis=1) == 0).all()  # pads are the same on every node


@pytest.mark.parametrize("chip", ["a100-sxm-80gb", "h100-sxm-80gb", "b200-sxm-180gb", "tpu-v4"])
def test_parts_of_a_blueprint_are_its_dies(chip: str) -> None:
    ledger = estimate("llama-3.1-8b", {"blueprint.based_on": chip, "layout.precision": "bf16"}, samples=1)

    def value(name: str) -> float:
        found = ledger.of(name)
        assert found is not None
        return found.value

    unit = sum(value(name) for name in ("sequencer_mm2", "array_mm2", "register_mm2", "local_mm2"))
    assert unit == pytest.approx(value("compute_unit_mm2"), rel=1e-12)
    shared = sum(value(name) for name in ("last_level_mm2", "crossbar_mm2", "interface_mm2"))
    assert value("built_unit_count") * unit + shared == pytest.approx(value("die_area_mm2"), rel=1e-12)


@given(st.floats(0.1, 1), st.floats(1, 4))
def test_a_denser_node_makes_everything_but_pads_smaller(ratio: float, more: float) -> None:
    dense, coarse = (
        (
            area.array_mm2(1024, 3e-4, each),
            area.register_mm2(2**18, 6e-6, each),
            area.local_mm2(2**18, 2**16, 3e-6, each),
            area.crossbar_mm2(100, 0.46, each),
        )
        for each in (ratio, ratio * more)
    )
    assert all(one <= other for one, other in zip(dense, coarse, strict=True))
