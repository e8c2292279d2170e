"""Cleaner hours: less the longer a run is, and nothing after a week."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.search.levers.priced import ratio, reason, today, ways
from thirdwatt.search.levers.hour_shifting import LENGTHS_H, LEVER, left


def test_a_short_run_saves_what_traces_say_and_no_energy() -> None:
    run = today("startup-lora-8xh100")
    (way,) = ways(LEVER, run)
    assert 0.8 < ratio(run, way, "carbon_kg") < 0.95
    assert ratio(run, way) == 1


@given(st.floats(0.01, LENGTHS_H[-1]), st.floats(0.01, LENGTHS_H[-1]))
def test_longer_runs_save_no_more(one: float, other: float) -> None:
    shorter, longer = sorted((one, other))
    assert left(shorter)[0] <= left(longer)[0]
    value, low, high = left(longer)
    assert 0.7 < low <= value <= high <= 1


def test_it_says_why_not() -> None:
    assert "13 days" in reason(LEVER, today("pretrain-7b-256xa100"))


def test_a_grid_that_is_clean_at_all_hours_is_not_promised_the_mean_of_others() -> None:
    assert "cleaner than all whose hours" in reason(LEVER, today("startup-lora-8xh100", {"site.region": "no"}))
    assert "region" in LEVER.excludes
