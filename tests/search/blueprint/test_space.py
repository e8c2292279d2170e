"""The space: what a design says is what is priced, and what nobody could build is not in it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.search.blueprint.made import every, space
from thirdwatt.ledger.book import book
from thirdwatt.scenario.parse import parse
from thirdwatt.search.blueprint.answer import space_of
from thirdwatt.search.blueprint.question import Question, asked
from thirdwatt.search.blueprint.space import LANES_PER_MAC, NUMBERS, STYLES

WHOLE = space_of(asked(Question()))


def test_at_least_twelve_things_are_decided() -> None:
    assert sum(size > 1 for size in WHOLE.sizes) >= 12
    assert len({axis.field for axis in WHOLE.axes}) == len(WHOLE.axes)


@pytest.mark.parametrize("axis", NUMBERS, ids=lambda axis: axis.field)
def test_numbers_rise_along_their_axis(axis: object) -> None:
    values = axis.values  # type: ignore[attr-defined]
    assert list(values) == sorted(set(values))


@given(st.integers(0, 2**32 - 1))
def test_what_is_drawn_is_in_the_space_and_spread_evenly(seed: int) -> None:
    drawn = WHOLE.drawn(1_000, np.random.default_rng(seed))
    assert ((drawn >= 0) & (drawn < WHOLE.sizes)).all()
    for place, size in enumerate(WHOLE.sizes):
        counts = np.bincount(drawn[:, place], minlength=size)
        assert counts.max() - counts.min() <= 1


@given(st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_neighbours_stay_in_the_space(seed: int, reach: float) -> None:
    random = np.random.default_rng(seed)
    near = WHOLE.near(WHOLE.drawn(20, random), 200, reach, random)
    assert near.shape == (200, len(WHOLE.axes))
    assert ((near >= 0) & (near < WHOLE.sizes)).all()


@given(st.integers(0, 2**32 - 1))
def test_every_design_is_a_blueprint_without_a_mistake(seed: int) -> None:
    (design,) = WHOLE.drawn(1, np.random.default_rng(seed))
    section, precision = WHOLE.blueprint(design)
    layout = {"precision": precision}
    scenario = parse({"workload": {"model": "vit-l-16"}, "blueprint": section, "layout": layout}, book().names)
    assert scenario.blueprint is not None
    assert scenario.blueprint.choices["process"] == section["process"]
    for axis in NUMBERS:
        if axis.field != "accumulator_byte":
            assert axis.quantity is not None
            assert scenario.given[axis.quantity].value == section[axis.field]


def test_sums_in_registers_have_no_memory_of_their_own() -> None:
    own = space(accumulators=("registers", "array"))
    first, second = (own.blueprint(design)[0] for design in every(own))
    assert (first["accumulators"], first["accumulator_byte"]) == ("registers", 0)
    assert (second["accumulators"], second["accumulator_byte"]) == ("array", 262_144)


@pytest.mark.parametrize("style", STYLES)
def test_lanes_keep_up_with_arrays_and_have_registers(style: str) -> None:
    whole = space_of(asked(Question(style=style)))
    drawn = whole.drawn(5_000, np.random.default_rng(0))
    able = drawn[whole.buildable(drawn)]
    lanes = whole.values(able, "vector_lanes")
    assert 0 < len(able) < len(drawn)
    assert (lanes >= LANES_PER_MAC * whole.values(able, "macs")).all()
    assert (whole.values(able, "register_byte") >= STYLES[style].register_byte * lanes).all()
    assert (whole.schedulers(able) >= 1).all()
    for design in able[:20]:
        assert whole.blueprint(design)[0]["schedulers"] == whole.schedulers(design[np.newaxis])[0]


@pytest.mark.parametrize("chip", ["a100-sxm-80gb", "h100-sxm-80gb", "b200-sxm-180gb"])
def test_chips_on_sale_are_run_as_a_style_says(chip: str) -> None:
    from thirdwatt.scenario.blueprint import shipping

    own = {name: figure.value for name, figure in shipping(chip).figures.items()}
    style = STYLES["threads"]
    assert own["vector_lane_count"] >= LANES_PER_MAC * own["unit_mac_count"]
    assert own["register_byte"] >= style.register_byte * own["vector_lane_count"]
    assert 1 <= own["scheduler_count"] / (own["vector_lane_count"] / style.lanes) <= 2  # of A100 twice as many


def test_nothing_that_nobody_has_shown_is_in_what_is_looked_at_by_default() -> None:
    assert Question().speculative == ()
    assert "fp4" not in Question().precisions
    assert Question(precisions=("fp4",), nodes=("n2",), least_supply_v=0.5).speculative == (
        "training in fp4", "memory cells at 0.5 V", "TSMC N2",
    )  # fmt: skip
