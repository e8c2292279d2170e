"""The search finds what looking at every layout by itself finds."""

from __future__ import annotations

import pytest

import thirdwatt
from tests.search.layout.brute import best, space
from thirdwatt.search.layout import search
from thirdwatt.search.layout.axes import CAPS

FEW, MANY = 40, 1_000


def check(seed: int) -> int:
    document, opened, goal = space(seed)
    answer = search(document, goal, opened=opened, kept=("cluster.power_cap_w",))
    found, fit = best(answer, opened, goal)
    assert answer.found.feasible == fit
    assert answer.found.searched == answer.found.feasible + sum(answer.found.refused.values())
    if found is None:
        assert answer.best is None
        return 0
    assert answer.best is not None
    assert dict(answer.best.settings) == found
    ledger = thirdwatt.estimate(answer.scenario, found, samples=1)
    for name, quantity in answer.quantities.items():
        alone = ledger.of(quantity)
        assert alone is not None
        assert answer.best.figures[name] == pytest.approx(alone.value, rel=1e-12)
    return fit


def test_a_few_small_spaces() -> None:
    assert sum(check(seed) for seed in range(FEW)) > FEW


@pytest.mark.slow
def test_a_thousand_small_spaces() -> None:
    assert sum(check(seed) for seed in range(FEW, FEW + MANY)) > MANY


def test_caps_are_tried_one_by_one() -> None:
    document, opened, _ = space(3)
    document["cluster"] |= {"accelerator": "h100-sxm-80gb", "count": 8}
    opened |= {"layout.pipeline": [1], "layout.virtual_stages": [1], "layout.tensor": [1, 2], "layout.context": [1]}
    answer = search(document, "energy", opened=opened)
    assert answer.best is not None
    tried = {}
    for share in (None, *CAPS):
        cap = {} if share is None else {"cluster.power_cap_w": 5 * round(700 * share / 5)}
        settings = {path: value for path, value in answer.best.settings.items() if path != "cluster.power_cap_w"}
        total = thirdwatt.estimate(answer.scenario, settings | cap, samples=1).of(answer.quantities["energy"])
        assert total is not None
        tried[cap.get("cluster.power_cap_w")] = total.value
    assert answer.best.settings.get("cluster.power_cap_w") == min(tried, key=tried.__getitem__)
