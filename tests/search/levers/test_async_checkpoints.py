"""Checkpoints beside the training: where what they hold up is not told as part of a whole."""

from __future__ import annotations

from typing import Any

import pytest

from tests.search.levers.priced import ratio, reason, today, ways
from thirdwatt.search.levers.async_checkpoints import LEVER


def test_large_jobs_wait_less() -> None:
    run = today("llama-3.1-405b")
    (way,) = ways(LEVER, run)
    assert 0.9 < ratio(run, way, "wall_time_h") < 1
    assert ratio(run, way, "checkpoint_time_s") == pytest.approx(1 / 3)


@pytest.mark.parametrize(("known", "why"), [({"checkpoint_time_s": 2}, "already"), ({"goodput": 0.9}, "as a whole")])
def test_it_says_why_not(known: dict[str, Any], why: str) -> None:
    assert why in reason(LEVER, today("llama-3.1-405b", **known))
