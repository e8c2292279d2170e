"""Successive halving: trials by rungs, where a full search is stated."""

from __future__ import annotations

from typing import Any

import pytest

from tests.search.levers.priced import after, developed, reason, today, value, ways
from thirdwatt.search.levers.halving import LEVER

GRID = {"development.search": "grid", "development.trials": 27, "development.trial_share": 0.02}


def test_27_trials_cost_four() -> None:
    run = developed("pretrain-7b-256xa100", GRID)
    (way,) = ways(LEVER, run)
    before, then = (value(each, "development_ratio") for each in (run.ledger, after(run, way)))
    assert before == pytest.approx(27 * 0.02)
    assert then == pytest.approx(4 * 0.02)


@pytest.mark.parametrize(
    ("change", "counted", "why"),
    [
        (GRID, False, "--development"),
        ({}, True, "no search is stated"),
        ({"development.multiplier": 3}, True, "one multiplier"),
        ({"development.search": "none"}, True, "no hyperparameters"),
        ({"development.search": "mutransfer"}, True, "mutransfer"),
        ({**GRID, "development.trials": 1}, True, "too few"),
    ],
)
def test_it_says_why_not(change: dict[str, Any], counted: bool, why: str) -> None:
    assert why in reason(LEVER, (developed if counted else today)("pretrain-7b-256xa100", change))
