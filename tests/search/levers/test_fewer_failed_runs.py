"""Fewer failed runs: only where it is stated what they take."""

from __future__ import annotations

from typing import Any

import pytest

from tests.search.levers.priced import after, developed, reason, today, value, ways
from thirdwatt.search.levers.fewer_failed_runs import LEFT, LEVER


def test_work_of_failed_runs_falls() -> None:
    run = developed("gpt-3-175b", {"development.failed_runs": 0.4})
    (way,) = ways(LEVER, run)
    assert value(after(run, way), "development_ratio") == pytest.approx(0.4 * LEFT[0])


@pytest.mark.parametrize(
    ("change", "counted", "why"),
    [
        ({"development.failed_runs": 0.4}, False, "--development"),
        ({}, True, "not known"),
        ({"development.multiplier": 3}, True, "not known"),
        ({"development.failed_runs": 0}, True, "no run is given up"),
    ],
)
def test_it_says_why_not(change: dict[str, Any], counted: bool, why: str) -> None:
    assert why in reason(LEVER, (developed if counted else today)("gpt-3-175b", change))
