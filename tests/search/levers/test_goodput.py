"""Automatic restart: worth something in large jobs, nothing in small ones."""

from __future__ import annotations

from typing import Any

import pytest

from tests.search.levers.priced import lever, ratio, reason, today, ways
from thirdwatt.ledger import scenario_of
from thirdwatt.search.levers.goodput import LEVER
from thirdwatt.search.levers.lever import Today
from thirdwatt.search.today import start


def test_large_jobs_gain_more() -> None:
    saved = []
    for preset in ("pretrain-7b-256xa100", "gpt-3-175b", "llama-3.1-405b"):
        run = today(preset)
        (way,) = ways(LEVER, run)
        saved.append(1 - ratio(run, way))
    assert 0 < saved[0] < 0.005 < saved[1] < saved[2] < 0.1


@pytest.mark.parametrize(
    ("preset", "change", "why"),
    [
        ("startup-lora-8xh100", {}, "failures are to be expected"),
        ("llama-3.1-405b", {"known.restart_time_h": 0.03}, "already"),
        ("llama-3.1-405b", {"known.goodput": 0.9}, "as a whole"),
    ],
)
def test_it_says_why_not(preset: str, change: dict[str, Any], why: str) -> None:
    assert why in reason(LEVER, today(preset, change))


OF_GOODPUT = ("goodput", "async-checkpoints", "checkpoint-interval", "evaluation-cadence", "idle", "stalls")


@pytest.mark.parametrize("name", OF_GOODPUT)
def test_a_plan_takes_no_part_of_a_goodput_that_is_stated_whole(name: str) -> None:
    """Restarts were to save 5 % of a run of which 1 % is lost: a plan turns the whole into a rate first."""
    parts = {"known.checkpoint_interval_h": 9.0, "known.idle_ratio": 0.2, "known.data_stall_ratio": 0.1}
    assert not isinstance(lever(name).ways(planned(parts)), str)
    said = reason(name, planned({**parts, "known.goodput": 0.99}))
    assert "goodput is stated" in said


def planned(change: dict[str, float]) -> Today:
    """A run as a plan shows it to levers."""
    begun = start(scenario_of("llama-3.1-405b", change), samples=1, seed=0)
    return Today(begun.ledger, begun.stated)
