"""Size against data on a scenario."""

from __future__ import annotations

import numpy as np
import pytest

from thirdwatt.ledger import estimate, scenario_of
from thirdwatt.search.sizes import frontier, sized


def test_gpt_3_by_each_law() -> None:
    found, refused = sized(scenario_of("gpt-3-175b"))
    assert refused == ""
    by = {each.law.id: each for each in found}
    assert by["besiroglu"].cheapest[2] == pytest.approx(0.608, abs=0.002)
    assert by["hoffmann"].cheapest[2] == pytest.approx(0.336, abs=0.002)
    assert by["besiroglu"].third_quality == pytest.approx(3 * by["besiroglu"].cheapest[2])
    for each in found:
        gains = [gain for _, gain in each.more]
        assert gains == sorted(gains)
        assert all(repeated < new for _, repeated, new in each.passes)
        assert each.served is None


def test_a_third_of_the_work_spent_best_may_be_better_than_all_of_it() -> None:
    """A model that was trained far beyond its optimum for the sake of serving."""
    (first, *_), _ = sized(scenario_of("llama-3.1-8b"))
    assert first.cheapest[2] < 1 / 3
    assert first.at_third[0] < first.loss
    assert first.at_third[1] > 8e9
    (first, *_), _ = sized(scenario_of("chinchilla-70b"))
    assert first.at_third[0] > first.loss


def test_serving_is_told_where_something_is_served() -> None:
    served = {"workload": {"parameters": 13e9, "tokens": 260e9}, "known": {"served_token_count": 2e12}}
    found, _ = sized(scenario_of(served))
    for each in found:
        assert each.served is not None
        assert each.served[0] < each.cheapest[0]
        assert each.served[2] <= 1


def test_what_no_law_tells() -> None:
    found, refused = sized(scenario_of("deepseek-v3"))
    assert found == ()
    assert "experts" in refused
    assert frontier(estimate("deepseek-v3", samples=1), "besiroglu") is None
    assert frontier(estimate("gpt-3-175b", samples=1), "kaplan") is None


def test_the_frontier_falls_and_nothing_lies_below_it() -> None:
    ledger = estimate("llama-3.1-8b", samples=1)
    found = frontier(ledger, "besiroglu")
    assert found is not None
    assert np.all(np.diff(found.loss) < 0)
    energy = ledger.totals["energy_kwh"]
    assert energy is not None
    assert found.here[0] == energy.value
    assert len(found.models) > 30
    for each in found.models:
        least = np.interp(np.log(each.energy_kwh), np.log(found.energy_kwh), found.loss)
        assert each.loss >= least - 1e-3, each.id  # between points of a line that bends
    here = np.interp(np.log(found.here[0]), np.log(found.energy_kwh), found.loss)
    assert found.here[1] >= here - 1e-3


def test_more_data_and_passes_bring_something_where_the_trained_tokens_are_known() -> None:
    known = {"workload": {"parameters": 7e9, "tokens": 1e12}, "known": {"trained_token_count": 1e12}}
    plain, _ = sized(scenario_of({"workload": known["workload"]}))
    found, _ = sized(scenario_of(known))
    for one, other in zip(found, plain, strict=True):
        assert np.array(one.more) == pytest.approx(np.array(other.more))
        assert np.array(one.passes) == pytest.approx(np.array(other.passes))
        assert one.at_third == pytest.approx(other.at_third)
