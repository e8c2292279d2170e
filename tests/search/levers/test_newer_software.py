"""Newer software: where an older release is stated."""

from __future__ import annotations

import pytest

from tests.search.levers.priced import after, ratio, reason, today, ways
from thirdwatt.search.levers.newer_software import LEVER


@pytest.mark.parametrize(("preset", "stack"), [("gpt-3-175b", "unnamed"), ("bloom-176b", "megatron-core")])
def test_old_releases_give_way(preset: str, stack: str) -> None:
    run = today(preset)
    (way,) = ways(LEVER, run)
    assert after(run, way).scenario.choices["stack"] == stack
    assert 0.5 < ratio(run, way, "modelled_step_s") < 1


@pytest.mark.parametrize(("preset", "why"), [("llama-3.1-405b", "no newer release"), ("gpt-4o", "architecture")])
def test_it_says_why_not(preset: str, why: str) -> None:
    assert why in reason(LEVER, today(preset))


def test_chips_that_software_has_dropped_get_the_last_that_serves_them() -> None:
    (way,) = ways(LEVER, today("gpt-3-175b"))
    assert way.sets == {"software.year": 2025}  # a V100: CUDA 13 is not for it
    (way,) = ways(LEVER, today("bloom-176b"))
    assert way.sets["software.year"] > 2025
