"""Forecasts of the outlook held against what followed; bars are printed either way, here they hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.outlook.fits import scores
from thirdwatt.outlook.runs import COMPUTE, MEASURES
from thirdwatt.validation.outlook_scores import (
    CUTS,
    _crps,
    bars,
    doublings,
    held_apart,
    missed,
    outcome,
    outlook_scores,
    pooled,
    quotients,
    resolved,
)


def test_every_cut_of_every_measure_is_told() -> None:
    told = {(each.measure, each.cut) for each in outlook_scores() if not each.imputed}
    assert told == {(measure, cut) for measure in MEASURES for cut in CUTS}


def test_the_bars() -> None:
    assert [bar.holds for bar in bars()] == [True, True, True]


def test_the_headline_has_no_imputed_run() -> None:
    for measure in MEASURES:
        assert pooled(measure).n < pooled(measure, imputed=True).n


def test_intervals_nest() -> None:
    for each in outlook_scores():
        assert list(each.coverage) == sorted(each.coverage)
        assert len(each.pit) == each.n


@pytest.mark.parametrize(("run", "over"), [("GPT-3 175B", 2.5), ("PaLM 540B", 3.5), ("GPT-4", 3.6), ("Grok 4", 4.7)])
def test_the_doubling_of_2018(run: str, over: float) -> None:
    found = {each.run: each.over for each in doublings()}
    assert found[run] == pytest.approx(over, abs=0.05)


def test_the_scorecard_of_data_centre_forecasts() -> None:
    found = [round(each.error, 2) for each in resolved()]
    assert found == [0.49, 0.53, -0.38, -0.5, -0.81]
    assert missed()[0] == pytest.approx(0.56, abs=0.005)


def test_accounts_and_between_them() -> None:
    assert outcome("us", 2018) == pytest.approx(76e9)
    assert outcome("us", 2020) == pytest.approx(106e9, rel=0.01)


def test_crps_of_a_normal_forecast() -> None:
    """Of a standard normal at its middle: (sqrt 2 - 1)/sqrt pi (Gneiting and Raftery 2007)."""
    assert _crps(scores(2001), 0.0) == pytest.approx((math.sqrt(2) - 1) / math.sqrt(math.pi), abs=1e-3)


@given(st.floats(-5, 5), st.floats(-5, 5))
def test_crps_of_a_point_is_its_distance(forecast: float, value: float) -> None:
    assert _crps(np.array([forecast]), value) == pytest.approx(abs(forecast - value))


def test_compute_beats_doing_nothing_from_every_cut() -> None:
    for each in outlook_scores():
        if each.measure == COMPUTE:
            assert each.mae < each.standing_still


def test_nothing_grows_from_either_start_and_bars_take_the_better() -> None:
    """From 2021: 1.60 decades from the five largest of the time, 1.39 from MT-NLG alone."""
    (late,) = (each for each in outlook_scores() if (each.measure, each.cut, each.imputed) == (COMPUTE, 2021, False))
    assert (round(late.persistence, 2), round(late.record, 2)) == (1.6, 1.39)
    assert next(bars()).value == pytest.approx(1 - late.mae / late.record)


def test_how_blind_the_pooled_share_is() -> None:
    found = pooled(COMPUTE)
    assert found.runs == 27 < found.n
    assert found.single == (0.0, 1.0)
    assert found.without_one[0] < found.coverage[1] < found.without_one[1]


def test_widths_of_data_centres_by_the_other_forecasts() -> None:
    """0.306 a root of a year lies outside 1.28 times 0.225, that of the other four."""
    assert held_apart() == 4


def test_energy_as_the_outlook_tells_it() -> None:
    """FLOP per joule grew 1.69 a year as seen in 2021 from 2012 on: energy came out 0.44 decades higher."""
    found = {(each.since, each.cut): each for each in quotients()}
    assert {cut for since, cut in found if since == 2012} == set(CUTS)
    long, short = found[2012, 2021], found[2018, 2021]
    assert (round(long.growth, 2), round(long.bias, 2), round(long.mae, 2)) == (1.69, 0.44, 0.56)
    assert (round(short.growth, 2), round(short.bias, 2), round(short.mae, 2)) == (1.22, -0.06, 0.43)
