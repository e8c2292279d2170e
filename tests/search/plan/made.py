"""Levers made up for tests, and a bench with them; and the same answers by hand, one estimate after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from thirdwatt.ledger import estimate, scenario_of
from thirdwatt.search.levers.lever import SAME, Evidence, Lever, Way
from thirdwatt.search.plan.bench import Bench
from thirdwatt.search.plan.goals import Counted
from thirdwatt.search.plan.offered import Offered, together
from thirdwatt.search.today import start

BASE = {
    "workload": {"model": "llama-3.1-8b", "tokens": 1e12},
    "cluster": {"accelerator": "a100-sxm-80gb", "count": 64},
    "layout": {"tensor": 1, "data": 64, "zero_stage": 2, "micro_batch": 1, "recompute": "full", "global_batch": 512},
    "site": {"region": "us"},
}


def lever(name: str, *ways: Way, days: float = 1.0, **more: Any) -> Offered:
    """A lever on offer."""
    made = Lever(
        id=name, title=name, group="run", changes="something", effort_d=(days, days / 2, days * 2), risk="low",
        doubt="none", quality=SAME, evidence=(Evidence("made up", "this test", "assumed"),), ways=lambda _: ways,
        **more,
    )  # fmt: skip
    return Offered(made, ways)


def sets(words: str, settings: Mapping[str, Any], **more: Any) -> Way:
    """A way that sets fields."""
    return Way(words, settings, id=words, **more)


def scales(words: str, ratio: float, quantity: str = "token_count", **more: Any) -> Way:
    """A way that scales a quantity."""
    return Way(words, {}, {quantity: (ratio, ratio, ratio)}, id=words, **more)


CHIP = lever("chip", sets("h100", {"cluster.accelerator": "h100-sxm-80gb", "cluster.network": None}),
             sets("b200", {"cluster.accelerator": "b200-sxm-180gb", "cluster.network": None}, effort_d=(9, 5, 20)),
             days=5.0)  # fmt: skip
FP8 = lever("fp8", sets("fp8", {"layout.precision": "fp8"}), days=4.0)
CLOCK = lever("clock", sets("90%", {"cluster.clock": 0.9}), sets("80%", {"cluster.clock": 0.8}), days=0.5)
LAYOUT = lever("layout", sets("auto", {"layout": "auto"}), days=2.0)
RECOMPUTE = lever("recompute", sets("none", {"layout.recompute": "none"}), days=0.7)
LESS = lever("less", scales("half", 0.5), scales("most", 0.8, effort_d=(0.2, 0.1, 0.3)), days=3.0)
FEWER = lever("fewer", scales("fewer", 0.7), days=2.5)
SITE = lever("site", sets("1.08", {"site.pue": 1.08}), days=6.0)
COUNT = lever("count", sets("32", {"cluster.count": 32}), days=0.4)
STALL = lever("stall", sets("0.001", {"known.data_stall_ratio": 0.001}), days=0.3)
INTERVAL = lever("interval", sets("0.1 h", {"known.checkpoint_interval_h": 0.1}), days=0.1)
ALL = (CHIP, FP8, CLOCK, LAYOUT, RECOMPUTE, LESS, FEWER, SITE, COUNT, STALL, INTERVAL)


def bench(levers: Sequence[Offered], source: Any = None, samples: int = 1) -> Bench:
    """A run with levers on offer."""
    begun = start(scenario_of(source or BASE), samples=samples, seed=0)
    return Bench(begun, tuple(levers), Counted(begun.ledger.boundary))


def by_hand(made: Bench, goal: str, factor: float) -> tuple[list[tuple[float, float]], float]:
    """Days and ratio of every combination that reaches the factor, least days first, and the least ratio of all: each
    combination put into the scenario and estimated by itself.
    """
    quantity = {"energy": "energy_kwh", "cost": "cost_usd", "carbon": "carbon_kg"}[goal]
    today = estimate(scenario_of(made.start.document), samples=1).totals[quantity]
    assert today is not None
    reaching, least = [], 1.0
    for ways in product(*(range(len(each.ways) + 1) for each in made.levers)):
        chosen = [(each, way - 1) for each, way in zip(made.levers, ways, strict=True) if way]
        if not together(chosen):
            continue
        document = made.document(ways)
        if isinstance(document, str):
            continue
        ledger = estimate(scenario_of(document), samples=1)
        used = ledger.of("memory_used_ratio")
        most = made.start.ledger.of("memory_used_ratio")
        if used is not None and used.value > max(1.0, most.value if most else 1.0) * (1 + 1e-9):
            continue
        found = ledger.totals[quantity]
        assert found is not None
        ratio = found.value / today.value
        least = min(least, ratio)
        if ratio <= 1 / factor:
            reaching.append((sum(each.effort_d(way)[0] for each, way in chosen), ratio))
    return sorted(reaching), least


def random_bench(number: int) -> Bench:
    """Some levers on some run, by number."""
    draw = np.random.default_rng(number)
    chosen = draw.choice(len(ALL), size=int(draw.integers(2, 5)), replace=False)
    document = {
        "workload": {
            "model": str(draw.choice(["llama-3.1-8b", "gpt-3-6.7b", "olmo-7b", "mixtral-8x7b"])),
            "tokens": float(draw.choice([1e10, 3e11, 2e12])),
        },
        "cluster": {
            "accelerator": str(draw.choice(["a100-sxm-80gb", "h100-sxm-80gb", "v100-sxm-32gb"])),
            "count": int(draw.choice([16, 64, 256])),
        },
        "site": {"region": str(draw.choice(["us", "fr", "world"]))},
    }
    if draw.random() < 0.5:
        document["known"] = {"mfu": float(draw.uniform(0.15, 0.45))}
    return bench([ALL[each] for each in sorted(chosen)], document)
