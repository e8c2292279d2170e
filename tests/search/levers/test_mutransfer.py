"""Hyperparameters from small models: 7 % of the final run in place of a larger search."""

from __future__ import annotations

from typing import Any

import pytest

from tests.search.levers.priced import after, developed, reason, today, value, ways
from thirdwatt.search.levers.mutransfer import LEVER

GRID = {"development.search": "grid", "development.trials": 27, "development.trial_share": 0.02}
HALVING = {**GRID, "development.search": "halving", "development.halving_rate": 3}


@pytest.mark.parametrize("search", [GRID, HALVING])
def test_the_search_takes_what_was_published(search: dict[str, Any]) -> None:
    run = developed("pretrain-7b-256xa100", search)
    (way,) = ways(LEVER, run)
    assert value(after(run, way), "development_ratio") == pytest.approx(0.07)


@pytest.mark.parametrize(
    ("preset", "change", "counted", "why"),
    [
        ("pretrain-7b-256xa100", GRID, False, "--development"),
        ("pretrain-7b-256xa100", {}, True, "no search is stated"),
        ("pretrain-7b-256xa100", {"development.search": "mutransfer"}, True, "already"),
        ("pretrain-7b-256xa100", {**GRID, "development.trials": 2}, True, "would take 7%"),
        ("startup-lora-8xh100", GRID, True, "trained already"),
    ],
)
def test_it_says_why_not(preset: str, change: dict[str, Any], counted: bool, why: str) -> None:
    assert why in reason(LEVER, (developed if counted else today)(preset, change))
