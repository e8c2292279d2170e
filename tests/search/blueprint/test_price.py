"""Prices: those of a sweep are those of a ledger of each design, to the last digits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.search.blueprint.made import MIX, documents, every, placed, space, taken
from thirdwatt.ledger import estimate
from thirdwatt.scenario.parse import BOUNDARY_QUANTITY
from thirdwatt.search.blueprint.answer import space_of
from thirdwatt.search.blueprint.price import (
    BUILT,
    COST,
    EDGE,
    HEAT,
    HOURS,
    POWER,
    RETICLE,
    Limits,
    Pricer,
    gain,
    on,
    within,
)
from thirdwatt.search.blueprint.question import Question, asked

WHOLE = space_of(asked(Question(nodes=("n4", "n3e"), memories=("hbm3e", "hbm4"))))


@pytest.mark.parametrize("boundary", ["accelerators", "accelerators+facility", "it", "facility"])
def test_a_sweep_prices_a_design_as_a_ledger_does(boundary: str) -> None:
    pricer = Pricer(WHOLE, documents(), boundary)
    drawn = WHOLE.drawn(400, np.random.default_rng(7))
    designs = drawn[WHOLE.buildable(drawn)][:4]
    built, mixed = pricer.built(designs), pricer.mixed(designs)
    for number, design in enumerate(designs):
        section, precision = WHOLE.blueprint(design)
        for row, document in enumerate(documents()):
            ledger = estimate(on(document, section, precision), samples=1, also=BUILT)
            energy, hours = (ledger.values[name].item() for name in (BOUNDARY_QUANTITY[boundary], HOURS))
            assert mixed.energy_kwh[row, number] == pytest.approx(energy, rel=1e-9)
            assert mixed.hours[row, number] == pytest.approx(hours, rel=1e-9)
            for name in BUILT:
                assert built[name][number] == pytest.approx(ledger.values[name].item(), rel=1e-9), name
        fits = all(estimate(each, samples=1).values["memory_used_ratio"].item() <= 1 for each in placed(WHOLE, design))
        assert mixed.fits[number] == fits


def test_every_choice_has_a_scenario_of_its_own() -> None:
    own = space(
        process=("n4", "n3e"), memory=("hbm3e", "hbm4"), accumulators=("registers", "array"), precision=("bf16", "fp8")
    )
    designs = every(own)
    energy = Pricer(own, documents()[:1], "accelerators").mixed(designs).energy_kwh[0]
    wanted = [taken(placed(own, design)[:1]).energy_kwh.item() for design in designs]
    assert energy == pytest.approx(wanted, rel=1e-9)
    assert len(set(energy.tolist())) == len(designs)


def test_prices_do_not_hang_on_what_is_priced_beside() -> None:
    pricer = Pricer(WHOLE, documents(), "accelerators")
    drawn = WHOLE.drawn(200, np.random.default_rng(3))
    many = pricer.mixed(drawn).energy_kwh
    for place in (0, 77, 199):
        assert pricer.mixed(drawn[place : place + 1]).energy_kwh[:, 0] == pytest.approx(many[:, place], rel=1e-12)


# --- limits -------------------------------------------------------------------------------------------------------


def built(**changes: float) -> dict[str, np.ndarray]:
    usual = {RETICLE: 0.9, EDGE: 0.9, HEAT: 0.9, POWER: 1000.0, COST: 5000.0}
    return {name: np.array([value]) for name, value in (usual | changes).items()}


def test_a_design_within_its_limits_can_be_built() -> None:
    assert within(built(), Limits()).all()
    assert within(built(), Limits(reticle_share=0.9, power_w=1000, cost_usd=5000)).all()


@pytest.mark.parametrize(
    ("changes", "limits"),
    [
        ({RETICLE: 1.01}, Limits()),
        ({EDGE: 1.01}, Limits()),
        ({HEAT: 1.01}, Limits()),
        ({RETICLE: 0.9}, Limits(reticle_share=0.8)),
        ({POWER: 1000.0}, Limits(power_w=999)),
        ({COST: 5000.0}, Limits(cost_usd=4999)),
        ({HEAT: np.nan}, Limits()),
    ],
)
def test_one_beyond_any_cannot(changes: dict[str, float], limits: Limits) -> None:
    assert not within(built(**changes), limits).any()


# --- the mean -----------------------------------------------------------------------------------------------------


def test_a_gain_is_the_weighted_geometric_mean() -> None:
    base, after = np.array([[8.0], [9.0]]), np.array([[1.0, 8.0], [9.0, 1.0]])
    assert gain(base, after, np.array([1.0, 2.0])) == pytest.approx([8 ** (1 / 3), 9 ** (2 / 3)])


@given(st.lists(st.tuples(st.floats(0.1, 10), st.floats(0.1, 10), st.floats(0.1, 5)), min_size=1, max_size=6))
def test_a_gain_lies_between_its_workloads_and_back_is_its_inverse(rows: list[tuple[float, float, float]]) -> None:
    before, after, weights = (np.array(column) for column in zip(*rows, strict=True))
    there = gain(before[:, None], after[:, None], weights).item()
    ratios = before / after
    assert ratios.min() * (1 - 1e-9) <= there <= ratios.max() * (1 + 1e-9)
    assert there * gain(after[:, None], before[:, None], weights).item() == pytest.approx(1)


def test_a_chip_compared_with_itself_is_one() -> None:
    """In the same precision on the same layouts, said field by field and with what is published of it."""
    from thirdwatt.search.blueprint.parts import full_section, published

    section = full_section("b200-sxm-180gb") | {"known": published("b200-sxm-180gb")}
    itself = [on(document, section, "bf16") for document in documents()]
    based = taken(documents())
    assert taken(itself).energy_kwh == pytest.approx(based.energy_kwh, rel=1e-12)
    assert taken(itself).hours == pytest.approx(based.hours, rel=1e-12)
    assert len(MIX) == len(itself)
