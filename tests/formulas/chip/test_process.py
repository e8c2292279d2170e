"""Process: supplies by the clock, energy by the supply; a newer node never takes more of anything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formulas.chip.designs import (
    AREAS,
    J_PER_FLOP,
    NODES,
    POWERS,
    WITH_SAMSUNG,
    Design,
    designs,
    made,
    options,
    some,
)
from thirdwatt.facts import table
from thirdwatt.formulas.chip import process

N7 = {name: figure.value for name, figure in table("processes").rows["n7"].figures.items()}
LINE = N7["supply_offset_v"], N7["supply_slope_v_per_hz"]
CLOCKS = st.floats(0.3e9, 2.5e9)


@pytest.mark.parametrize(("clock_hz", "volt"), [(1e9, 0.75), (1.41e9, 0.832), (0.1e9, N7["least_supply_v"])])
def test_a_supply_is_on_its_line_or_what_memory_cells_hold(clock_hz: float, volt: float) -> None:
    assert process.supply_v(clock_hz, *LINE, N7["least_supply_v"]) == pytest.approx(volt)


def test_ratios_of_nodes_hold_at_the_reference_clock() -> None:
    reference = process.reference_supply_v(1e9, *LINE)
    assert process.switching_ratio(0.67, reference, reference) == pytest.approx(0.67)


def test_energy_goes_with_the_square_of_the_supply() -> None:
    """Horowitz 2014: 0.9 to 0.6 V takes 2.25 times less."""
    assert process.switching_ratio(1, 0.9, 0.75) / process.switching_ratio(1, 0.6, 0.75) == pytest.approx(2.25)


@given(CLOCKS, CLOCKS)
def test_a_faster_clock_never_needs_less_supply(one: float, other: float) -> None:
    slow, fast = sorted((one, other))
    low, high = (process.supply_v(clock, *LINE, 0.69) for clock in (slow, fast))
    assert low <= high


@given(st.floats(0.4, 1.2), st.floats(0.4, 1.2))
def test_more_supply_takes_more(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert process.switching_ratio(1, low, 0.75) <= process.switching_ratio(1, high, 0.75)
    assert process.leakage_w_per_mm2(0.05, 1, 1.5, low, 0.75) <= process.leakage_w_per_mm2(0.05, 1, 1.5, high, 0.75)


@given(CLOCKS)
def test_an_idle_die_leaks_no_more_than_one_at_work(clock_hz: float) -> None:
    supply = process.supply_v(clock_hz, *LINE, 0.69)
    idle = process.idle_leakage_w_per_mm2(0.05, 1, 0.69, 0.75)
    assert idle <= process.leakage_w_per_mm2(0.05, 1, 1.0, supply, 0.75) * (1 + 1e-12)


@some
@given(designs, options)
def test_a_newer_node_never_takes_more_area_or_energy(design: Design, chosen: tuple[str, str]) -> None:
    """Neither of what a FLOP takes, nor of what a board draws at the same clock, with both sets of constants."""
    found = made(design, NODES, options=chosen)
    for name in (*AREAS, *J_PER_FLOP, *POWERS, "last_level_j_per_byte"):
        values = found[name][:, :, 0]
        for newer in range(1, len(NODES)):
            older = values[:, :newer].min(axis=1)
            assert (values[:, newer] <= older * (1 + 1e-12)).all(), (name, NODES[newer])


@some
@given(designs)
def test_by_what_foundries_claim_that_holds_of_samsung_too(design: Design) -> None:
    found = made(design, WITH_SAMSUNG)
    for name in (*J_PER_FLOP, "die_area_mm2", "product_power_w"):
        prior = found[name][1, :, 0]
        assert (np.diff(prior) <= prior[:-1] * 1e-12).all(), name
