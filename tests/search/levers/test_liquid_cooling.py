"""Liquid cooling: PUE and fans, where the hall is one's own to choose."""

from __future__ import annotations

import pytest

from tests.search.levers.priced import after, ratio, reason, today, value, ways
from thirdwatt.search.levers.liquid_cooling import LEVER


def test_both_overhead_and_fans_fall() -> None:
    run = today("llama-3.1-405b")
    (way,) = ways(LEVER, run)
    assert 0.85 < ratio(run, way, "it_energy_kwh") < 0.99
    assert ratio(run, way, "pue") < 1
    assert ratio(run, way) < ratio(run, way, "it_energy_kwh")


def test_a_stated_pue_goes_and_a_better_one_stays() -> None:
    (way,) = ways(LEVER, today("llama-3.1-405b", {"site.pue": 1.3}))
    assert way.sets["site.pue"] is None
    run = today("llama-3.1-405b", {"site.pue": 1.05})
    (way,) = ways(LEVER, run)
    assert value(after(run, way), "pue") == 1.05
    assert ratio(run, way) < 1


@pytest.mark.parametrize(
    ("preset", "why"),
    [("bloom-176b", "already"), ("startup-lora-8xh100", "ask which"), ("laptop-cpu", "room"),
     ("palm-540b", "every hall"), ("dit-xl-2", "every hall")],
)  # fmt: skip
def test_it_says_why_not(preset: str, why: str) -> None:
    assert why in reason(LEVER, today(preset))
