"""Designs and layouts in turn: what a design takes with layouts of its own, within what is allowed."""

from __future__ import annotations

from functools import cache
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.search.blueprint.made import WEIGHTS, documents, looked_at, space
from thirdwatt.ledger import estimate
from thirdwatt.ledger.document import copied
from thirdwatt.search.blueprint.answer import space_of
from thirdwatt.search.blueprint.find import Counts
from thirdwatt.search.blueprint.price import COST, POWER, Limits, Mixed, Pricer, gain, within
from thirdwatt.search.blueprint.question import Question
from thirdwatt.search.blueprint.settle import Settled, Taken, least, one_each, settled, survivors

AXES = {
    "clock_hz": (0.7e9, 0.9e9, 1.1e9, 1.3e9),
    "units": (96.0, 128.0, 192.0),
    "last_level_byte": (50_331_648.0, 134_217_728.0),
    "stacks": (5.0, 8.0),
    "precision": ("bf16", "fp8"),
}
"""Small enough that every design can be looked at."""


@cache
def found(slowest: float = 1.0, power_w: float = np.inf) -> tuple[Settled | None, Counts]:
    question = Question(slowest=slowest, limits=Limits(power_w=power_w))
    return settled(space(**AXES), documents(), one_each(documents(), "accelerators"), WEIGHTS, question)


def best(slowest: float = 1.0, power_w: float = np.inf) -> Settled:
    settled_, _ = found(slowest, power_w)
    assert settled_ is not None
    return settled_


# --- which layouts ------------------------------------------------------------------------------------------------

FIGURES = arrays.arrays(np.float64, (3, 2), elements=st.floats(0.1, 10))
FITS = arrays.arrays(np.bool_, (3, 2))


@given(FIGURES, FIGURES, FITS, st.floats(0.1, 10))
def test_the_least_energy_within_the_hours_is_taken(
    energy: np.ndarray, hours: np.ndarray, fits: np.ndarray, slowest: float
) -> None:
    base, weights = Mixed(np.ones((3, 1)), np.ones((3, 1)), np.ones(1, dtype=np.bool_)), np.array([1.0, 2.0, 3.0])
    share = weights / weights.sum()
    able = {}
    for ways in product((0, 1), repeat=3):
        rows = np.arange(3)
        time = np.exp(share @ np.log(hours[rows, ways]))
        assume(abs(time / slowest - 1) > 1e-6)
        if fits[rows, ways].all() and time <= slowest:
            able[ways] = float(share @ np.log(energy[rows, ways]))
    chosen = least(Taken(energy, hours, fits), base, weights, slowest)
    if able:
        assert float(share @ np.log(energy[np.arange(3), chosen])) == pytest.approx(min(able.values()), abs=1e-8)
    else:
        assert chosen == (0, 0, 0)


@pytest.mark.parametrize("slowest", [0.7, 0.85, 1.0])
def test_layouts_of_its_own_take_no_more_hours_than_allowed(slowest: float) -> None:
    assert best(slowest).time_ratio <= slowest * (1 + 1e-8)
    assert (best(slowest).points.time_ratio <= slowest * (1 + 1e-8)).all()


def test_more_hours_never_cost_energy() -> None:
    factors = [best(slowest).factor for slowest in (0.7, 0.85, 1.0)]
    assert factors == sorted(factors)


# --- the best -----------------------------------------------------------------------------------------------------


def test_it_is_no_worse_than_any_design_with_the_baselines_layouts() -> None:
    pricer = Pricer(space(**AXES), documents(), "accelerators")
    every = looked_at(pricer, Limits(), 1.0)
    assert len(every.designs) > 20
    assert best().factor >= every.factor.max() * (1 - 1e-9)


def test_it_is_no_worse_than_any_design_with_its_layouts() -> None:
    pricer = Pricer(space(**AXES), best().documents, "accelerators")
    every = looked_at(pricer, Limits(), 1.0)
    assert best().factor >= every.factor.max() * (1 - 1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("slowest", [0.8, 1.0])
def test_no_change_of_two_axes_makes_it_better(slowest: float) -> None:
    question, base = Question(slowest=slowest), one_each(documents(), "accelerators")
    whole = space_of(question)
    settled_, _ = settled(whole, documents(), base, WEIGHTS, question)
    assert settled_ is not None
    near = [settled_.design]
    for one, other in combinations(range(len(whole.axes)), 2):
        for places in product(range(whole.sizes[one]), range(whole.sizes[other])):
            near.append(settled_.design.copy())
            near[-1][[one, other]] = places
    able = np.unique(near, axis=0)
    pricer = Pricer(whole, settled_.documents, "accelerators")
    able = able[whole.buildable(able)]
    able = able[within(pricer.built(able), question.limits)]
    mixed = pricer.mixed(able)
    fast = mixed.fits & (1 / gain(base.hours, mixed.hours, WEIGHTS) <= slowest)
    factors = gain(base.energy_kwh, mixed.energy_kwh, WEIGHTS)[fast]
    assert len(factors) > 100
    assert settled_.factor >= factors.max() * (1 - 1e-3)


def test_its_factor_is_that_of_ledgers_of_its_documents() -> None:
    mixed = one_each(best().documents, "accelerators")
    ledgers = [estimate(copied(each), samples=1) for each in best().documents]
    energy = [each.values["accelerators_energy_kwh"].item() for each in ledgers]
    assert mixed.energy_kwh[:, 0] == pytest.approx(energy, rel=1e-12)
    base = one_each(documents(), "accelerators")
    logs = np.log(base.energy_kwh[:, 0] / energy)
    assert best().factor == pytest.approx(np.exp(WEIGHTS @ logs / WEIGHTS.sum()), rel=1e-12)


def test_the_best_is_first_of_its_points_and_of_the_front() -> None:
    points = best().points
    assert points.factor[0] == best().factor == points.factor.max()
    assert points.factor[points.front()[0]] == best().factor
    assert (points.designs[0] == best().design).all()


def test_limits_hold_of_all_points() -> None:
    limited = best(power_w=500.0)
    built = Pricer(space(**AXES), documents(), "accelerators").built(limited.points.designs)
    assert (built[POWER] <= 500).all()
    assert built[COST] == pytest.approx(limited.points.cost_usd)
    assert limited.factor <= best().factor


def test_nothing_is_found_where_nothing_can_be_built() -> None:
    settled_, counts = found(power_w=1.0)
    assert settled_ is None
    assert counts.looked > 0
    assert counts.buildable == 0


def test_layouts_are_searched_for_designs_of_different_sizes() -> None:
    of = space(**AXES)
    places = survivors(of, best().points, 4)
    designs = best().points.designs[places]
    assert len(places) == 4
    assert len({tuple(design) for design in designs[:, [of.place("units"), of.place("stacks")]].tolist()}) == 4
    assert best().points.factor[places].tolist() == sorted(best().points.factor[places].tolist(), reverse=True)


def test_a_wider_space_holds_a_narrower_one() -> None:
    narrow, wide = space(precision=("bf16", "fp8")), space(precision=("bf16", "fp8", "fp4"))
    assert wide.holds(narrow)
    assert not narrow.holds(wide)
    assert not space(process=("n2",)).holds(space())
