"""Sparser evaluation: half and a quarter, not below what it takes at least."""

from __future__ import annotations

from typing import Any

import pytest

from tests.search.levers.priced import ratio, reason, today, value, ways
from thirdwatt.search.levers.evaluation_cadence import LEVER


def test_half_as_often_saves_half_of_its_share() -> None:
    run = today("pretrain-7b-256xa100", {"known.evaluation_ratio": 0.1})
    half, quarter = ways(LEVER, run)
    assert ratio(run, half, "wall_time_h") == pytest.approx(1 - 0.05 * value(run.ledger, "goodput"), rel=1e-3)
    assert ratio(run, quarter) < ratio(run, half) < 1


@pytest.mark.parametrize(
    ("change", "why"),
    [({"known.evaluation_ratio": 0.001}, "0.10%"), ({"known.goodput": 0.9}, "as a whole")],
)
def test_it_says_why_not(change: dict[str, Any], why: str) -> None:
    assert why in reason(LEVER, today("pretrain-7b-256xa100", change))
