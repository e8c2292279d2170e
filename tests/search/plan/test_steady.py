"""Under a tenth more or less on everything that is assumed, the first three steps stay, or their ties are declared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from thirdwatt.quantity import limits
from thirdwatt.search.plan import plan
from thirdwatt.search.plan.answer import Plan
from thirdwatt.search.plan.path import Step

PRESETS = ("startup-lora-8xh100", "pretrain-7b-256xa100", "gpt-3-175b", "llama-3.1-405b")


def moved(found: Plan, ratios: Any) -> dict[str, Any]:
    """Settings that move every assumed figure that the run today rests on."""
    own = found.start.own
    names = [
        name
        for name, figure in own.figures.items()
        if figure.kind == "assumed" and name in own.values and not name.endswith("_code")
    ]
    assert len(names) > 40
    settings = {}
    for name, ratio in zip(names, ratios(len(names)), strict=True):
        figure, (low, high) = own.figures[name], limits(name)
        ends = {end: float(np.clip(getattr(figure, end) * ratio, low, high)) for end in ("value", "low", "high")}
        settings[f"known.{name}"] = {**ends, "kind": "assumed", "source": "moved"}
    return settings


def titles(step: Step) -> set[str]:
    return {each.lever.title for each in step.changes}


def as_good(one: Step, other: Step) -> bool:
    """Whether two steps are the same, or one is declared to be as good in the place of the other."""
    mine, its = titles(one), titles(other)
    return mine == its or mine <= {*other.tied, *other.instead} or its <= {*one.tied, *one.instead}


@pytest.mark.slow
@pytest.mark.parametrize("preset", PRESETS)
def test_the_first_three_steps_stay_or_their_ties_are_declared(preset: str) -> None:
    found = plan(preset, samples=200)
    draw = np.random.default_rng(0)
    for ratios in (
        lambda n: np.full(n, 1.1),
        lambda n: np.full(n, 0.9),
        lambda n: draw.choice([0.9, 1.1], n),
    ):
        again = plan(preset, samples=200, set=moved(found, ratios))
        for one, other in zip(found.path.steps[:3], again.path.steps[:3], strict=False):
            assert as_good(one, other), (titles(one), titles(other))
