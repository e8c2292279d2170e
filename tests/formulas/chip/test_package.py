"""Package: dies of a wafer, how many work, what they cost, and what can be built at all."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.formulas.chip import package
from thirdwatt.ledger import estimate

PLAIN = {
    "die_area_mm2": 800.0, "die_count": 1, "built_unit_count": 144, "compute_unit_count": 132, "compute_unit_mm2": 4.0,
    "chip_area_ratio": 1.0, "defect_count_per_mm2": 0.001, "defect_cluster_ratio": 3.0,
}  # fmt: skip


def works(**changes: float) -> float:
    return float(package.die_yield_share(**{**PLAIN, **changes}))


# --- dies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mm2", "dies"), [(100.0, 640), (400.0, 143), (826.0, 62), (858.0, 59)])
def test_dies_of_a_wafer_of_300_mm(mm2: float, dies: int) -> None:
    """de Vries 2005, equation 2; counts by hand."""
    assert package.wafer_die_count(mm2, 1, 300) == pytest.approx(dies, abs=0.7)
    assert package.wafer_die_count(2 * mm2, 2, 300) == package.wafer_die_count(mm2, 1, 300)


def test_a_die_as_large_as_its_wafer_is_one() -> None:
    assert package.wafer_die_count(70_000.0, 1, 300) == 1


@pytest.mark.parametrize(
    ("mm2", "defects", "cluster", "share"),
    [(100.0, 0.005, 2.0, 0.64), (826.0, 0.001, 3.0, 0.4824), (500.0, 0.0, 3.0, 1.0)],
)
def test_a_die_without_spares_yields_as_stapper_has_it(
    mm2: float, defects: float, cluster: float, share: float
) -> None:
    """Stapper 1983: (1 + A·D/α)^-α."""
    found = works(
        die_area_mm2=mm2, built_unit_count=0, compute_unit_count=0, defect_count_per_mm2=defects,
        defect_cluster_ratio=cluster,
    )  # fmt: skip
    assert found == pytest.approx(share, rel=1e-3)


def test_spares_that_are_enough_leave_only_what_is_fatal() -> None:
    fatal = (1 + (800 - 144 * 4) * 0.001 / 3) ** -3
    assert works(compute_unit_count=100) == pytest.approx(fatal, rel=1e-6)


@pytest.mark.parametrize("spare", [0, 1, 2, 3, 12])
@pytest.mark.parametrize("defects", [0.00005, 0.0003, 0.001, 0.003])
def test_bad_units_are_spared_about_as_often_as_they_are_few(spare: int, defects: float) -> None:
    """Beside the binomial that it stands for, nothing spare among it."""
    unit, count = 1 - (1 + 4 * defects / 3) ** -3, 144
    exact = sum(comb(count, bad) * unit**bad * (1 - unit) ** (count - bad) for bad in range(spare + 1))
    fatal = (1 + (800 - count * 4) * defects / 3) ** -3
    found = works(compute_unit_count=count - spare, defect_count_per_mm2=defects) / fatal
    assert found == pytest.approx(exact, abs=0.012)


@pytest.mark.parametrize("mm2", [100.0, 400.0, 814.0])
@pytest.mark.parametrize("defects", [0.0005, 0.001])
def test_a_die_without_spare_units_yields_about_as_published_models_have_it(mm2: float, defects: float) -> None:
    """Between Poisson, where defects do not cluster, and Stapper, where they do over the whole die; Murphy 1964,
    ((1 - exp(-A·D))/(A·D))², lies there as well.
    """
    own = {"die_area_mm2": mm2, "built_unit_count": 100, "compute_unit_count": 100, "compute_unit_mm2": mm2 / 200}
    found = works(**own, defect_count_per_mm2=defects)
    mean = mm2 * defects
    least, most, murphy = np.exp(-mean), (1 + mean / 3) ** -3, ((1 - np.exp(-mean)) / mean) ** 2
    assert least - 0.01 <= found <= most + 0.01
    assert found == pytest.approx(murphy, abs=0.03)


def test_a_process_without_defects_yields_every_die() -> None:
    assert works(compute_unit_count=144, defect_count_per_mm2=0.0) == pytest.approx(1, abs=1e-9)


@given(st.floats(0, 0.01), st.integers(0, 40), st.floats(1, 3))
def test_more_defects_and_fewer_spares_never_yield_more(defects: float, spare: int, more: float) -> None:
    own = {"compute_unit_count": 144 - spare, "defect_count_per_mm2": defects}
    assert 0 <= works(**own) <= 1
    assert works(**{**own, "defect_count_per_mm2": defects * more}) <= works(**own) * (1 + 1e-12)
    assert works(**{**own, "compute_unit_count": 144 - spare / 2}) <= works(**own) * (1 + 1e-12)


# --- cost ---------------------------------------------------------------------------------------------------------


def test_a_package_costs_its_dies_its_memory_and_its_assembly() -> None:
    assert package.accelerator_cost_usd(17_000.0, 60.0, 0.5, 2, 8, 370.0, 800.0) == pytest.approx(
        2 * 17_000 / 30 + 8 * 370 + 800
    )
    assert package.accelerator_price_usd(5_000.0, 7.0) == 35_000


def test_dies_that_fail_are_made_too_and_so_is_the_edge_of_a_wafer() -> None:
    """Of a wafer of 70,686 mm² that holds 60 dies, half of which work, two dies are a fifteenth."""
    made = package.accelerator_embodied_kg(2, 60.0, 300.0, 0.5, 0.02, 5, 20.0, 40.0)
    assert made == pytest.approx(70_685.8 * 0.02 / 15 + 140, rel=1e-6)


@given(st.floats(10, 858), st.floats(0.05, 1))
def test_carbon_of_a_die_is_never_less_than_that_of_its_area(mm2: float, share: float) -> None:
    made = package.accelerator_embodied_kg(1, package.wafer_die_count(mm2, 1, 300), 300.0, share, 0.02, 0, 0.0, 0.0)
    assert made >= mm2 * 0.02 / share


@given(st.floats(10, 858), st.floats(0.01, 1))
def test_two_small_dies_never_cost_more_than_one_of_both(mm2: float, share: float) -> None:
    """Less is lost at the edge of a wafer."""
    one, two = (
        package.accelerator_cost_usd(17_000.0, package.wafer_die_count(mm2, dies, 300), share, dies, 0, 0.0, 0.0)
        for dies in (1, 2)
    )
    assert two <= one * (1 + 1e-12)


# --- limits -------------------------------------------------------------------------------------------------------


def test_a_die_of_26_by_33_mm_fills_the_reticle() -> None:
    assert package.reticle_used_ratio(26.0 * 33, 1, 858.0) == 1
    assert package.reticle_used_ratio(26.0 * 33, 2, 858.0) == 1 / 2


def test_six_stacks_fit_two_sides_of_a_die_of_ga100() -> None:
    """A100 has places for six stacks of 6.3 mm at two sides of 826 mm²."""
    side = np.sqrt(826)
    assert package.edge_used_ratio(6, 6.3, side, 1) == pytest.approx(0.66, abs=0.01)
    assert package.edge_used_ratio(10, 6.3, side, 1) > 1


def test_700_w_on_814_mm2_need_liquid() -> None:
    assert package.heat_used_ratio(700.0, 814.0, 1.0) == pytest.approx(0.86, abs=0.01)


def test_a_stack_of_each_kind_is_counted() -> None:
    assert package.accelerator_memory_byte(5, 16.0 * 2**30) == 80 * 2**30
    assert package.accelerator_memory_byte_per_s(8, 980e9) == 7.84e12


@pytest.mark.parametrize(
    ("chip", "low", "high"), [("a100-sxm-80gb", 0.9, 1.05), ("h100-sxm-80gb", 0.9, 1.05), ("tpu-v4", 0.6, 0.75)]
)
def test_chips_on_sale_are_within_the_limits(chip: str, low: float, high: float) -> None:
    asked = ("reticle_used_ratio", "edge_used_ratio", "heat_used_ratio")
    set_ = {"blueprint.based_on": chip, "layout.precision": "bf16"}
    found = estimate("llama-3.1-8b", set_, samples=1, also=asked)
    reticle, edge, heat = (found.values[name][..., 0].item() for name in asked)
    assert low < reticle < high
    assert edge < 1
    assert heat < 1
