"""Frontier runs and the lines through them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.facts import table
from thirdwatt.outlook.fits import LEAST, ensemble, judged, members, scores
from thirdwatt.outlook.runs import BASES, COMPUTE, ENERGY, IMPUTED, MEASURES, POWER, Run, at_frontier, runs


def run(name: str, when: float, flop: float, basis: str = "reported") -> Run:
    return Run(name, name, when, basis, {COMPUTE: flop, ENERGY: flop / 1e15, POWER: flop / 1e18})


def line(growth: float, count: int = 24, noise: float = 0.0, first: float = 2012.0) -> tuple[Run, ...]:
    random = np.random.default_rng(1)
    return tuple(
        run(f"r{number}", first + number / 2, 1e20 * growth ** (number / 2) * 10 ** (noise * random.standard_normal()))
        for number in range(count)
    )


def test_the_table_says_how_each_run_is_known() -> None:
    assert {row.text["basis"] for row in table("frontier")} == set(BASES)
    kinds = {row.text["basis"]: row.figures[ENERGY].kind for row in table("frontier")}
    assert kinds == {"measured": "measured", "reported": "published", "derived": "modelled", IMPUTED: "assumed"}


def test_runs_stand_in_the_order_of_their_dates() -> None:
    found = [each.when for each in runs()]
    assert found == sorted(found)
    assert len(found) == len(table("frontier").rows)


def test_energy_and_power_agree_where_hours_are_known() -> None:
    """Published energies and those of hours and watts differ by a seventh at most."""
    for row in table("frontier"):
        names = ("average_power_kw", "wall_time_h", "facility_energy_kwh")
        if all(name in row.figures for name in names):
            power, hours, energy = (row.figures[name].value for name in names)
            assert power * hours == pytest.approx(energy, rel=0.15), row.id


@given(st.lists(st.floats(1e20, 1e27), min_size=1, max_size=30), st.integers(1, 5))
def test_the_frontier_is_who_was_among_the_largest_then(flops: list[float], most: int) -> None:
    told = [run(f"r{number}", 2012 + number, flop) for number, flop in enumerate(flops)]
    found = at_frontier(told, most)
    for number, each in enumerate(told):
        larger = sum(other > each.figures[COMPUTE] for other in flops[: number + 1])
        assert (each in found) == (larger < most)


def test_a_line_gives_its_growth_back() -> None:
    for each in members(line(4.0), COMPUTE):
        assert each.growth == pytest.approx(4.0)
        assert each.deviation == pytest.approx(0.0, abs=1e-9)


def test_too_few_runs_give_no_line() -> None:
    assert not members(line(4.0, count=LEAST - 1), COMPUTE)


def test_ordinary_least_squares_beside_numpy() -> None:
    (found, *_) = members(line(3.0, noise=0.3), COMPUTE)
    told = [each for each in at_frontier(line(3.0, noise=0.3), found.largest) if each.when >= found.since]
    slope, level = np.polyfit([each.when for each in told], np.log10([each.figures[COMPUTE] for each in told]), 1)
    assert found.slope == pytest.approx(slope)
    assert float(found.mean(2030.0)) == pytest.approx(level + slope * 2030)


def test_a_forecast_knows_nothing_of_what_follows() -> None:
    """Runs after the cut change neither the lines nor what their spread is scaled by."""
    known = line(4.0, noise=0.4)
    other = tuple(run(each.id, each.when, each.figures[COMPUTE] * (1e6 if each.when >= 2020 else 1)) for each in known)
    one, two = (ensemble(COMPUTE, 2020, among) for among in (known, other))
    assert [each.slope for each in one.members] == [each.slope for each in two.members]
    assert one.scale == two.scale


def test_one_more_run_fits_anew() -> None:
    more = (*runs(), run("next", 2026.5, 5e27))
    before, after = ensemble(), ensemble(among=more)
    assert [each.slope for each in before.members] != [each.slope for each in after.members]


@pytest.mark.parametrize("measure", [POWER, ENERGY])
def test_imputed_runs_teach_no_power_and_no_energy(measure: str) -> None:
    known = line(4.0, noise=0.2)
    odd = tuple(run(f"i{number}", 2016.2 + number, 1e26, IMPUTED) for number in range(5))
    slopes: list[Any] = [[each.n for each in members(among, measure)] for among in (known, (*known, *odd))]
    assert sum(slopes[1]) <= sum(slopes[0])


def test_imputed_runs_are_judged_only_where_asked_for() -> None:
    for measure in MEASURES:
        assert all(each.basis != IMPUTED for each in judged(runs(), measure, 2018))
        assert any(each.basis == IMPUTED for each in judged(runs(), measure, 2018, imputed=True))


def test_scores_are_even() -> None:
    found = scores(1001)
    assert found.mean() == pytest.approx(0.0, abs=1e-12)
    assert found.std() == pytest.approx(1.0, abs=0.01)
