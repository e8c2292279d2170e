"""How often to train again: where another training costs as much as the staleness that it ends.

The best interval follows from today's cost of a training and from how staleness grows; a run that becomes cheaper by
other levers would be trained again sooner, which is not counted here.
"""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.ledger.ask import ask
from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way, said

DRIFT = ("drift_cost_usd_per_h", "drift_time_h")
EXPONENT = "drift_exponent_ratio"
EVERY, RATE = "retrain_interval_h", "best_retrain_count_per_h"
H_PER_D = 24.0


def ways(today: Today) -> Sequence[Way] | str:
    """The interval that costs least."""
    if not today.counts_updates:
        return "a year of updates is not counted: it changes how often a model is trained, not what one training takes"
    if lacking := [f"known.{name}" for name in (*DRIFT, EVERY) if not today.known(name)]:
        return Lacking(
            f"how staleness grows is not known: state {', '.join(lacking)}; thirdwatt retrain reads them off a history"
        )
    cost = today.ledger.of("retrain_cost_usd") or today.ledger.totals["cost_usd"]
    if cost is None or cost.value <= 0:
        return Lacking("what a training costs is not known: state known.retrain_cost_usd")
    if today.known("retrain_cost_usd"):
        value = today.ledger.figures["retrain_cost_usd"]
        costs = (value.value, value.low, value.high)
    else:
        costs = (cost.value, cost.low, cost.high)
    every = [_best(today, each) for each in costs]
    if every[0] is None:
        return "staleness never costs as much as a training: keep the model, and state no retrain_interval_h"
    present = today.ledger.figures[EVERY].value
    best = every[0]
    if best <= present:
        return (f"training every {best / H_PER_D:.3g} days costs least, sooner than every {present / H_PER_D:.3g} "
                "days: it would take more energy, not less")  # fmt: skip
    low, high = (best if each is None else each for each in every[1:])
    interval = said(best, min(low, best), max(high, best), "the interval that costs least by the cost of a training")
    return [Way(f"train again every {best / H_PER_D:.3g} days, not every {present / H_PER_D:.3g}",
                {f"known.{EVERY}": interval})]  # fmt: skip


def _best(today: Today, cost: float) -> float | None:
    """Hours between two trainings; ``None`` where none pays."""
    names = (*DRIFT, EXPONENT) if today.known(EXPONENT) else DRIFT
    asked = {"retrain_cost_usd": cost, **{name: today.ledger.figures[name].value for name in names}}
    rate = float(ask(asked, [RATE])[RATE])
    return 1 / rate if rate > 0 else None


LEVER = Lever(
    id="retraining-interval",
    title="retraining as often as it pays",
    group="lifecycle",
    changes="the time between two trainings",
    effort_d=(2, 1, 5),
    risk="low",
    doubt="rests on what staleness is said to cost; where data change in bursts, watching for it does better than any "
    "date, and the model is staler at the end of each interval",
    quality=SAME,
    evidence=(
        Evidence(
            "the cost of orders and stock is least where both are equal in a cycle: a square root, and flat around it",
            "Harris 1913, How many parts to make at once",
            "reasoned",
        ),
        Evidence(
            "weighing the cost of staleness against that of retraining came near the best decisions in hindsight, with "
            "fewer retrainings than detectors of drift",
            "Mahadevan and Mathioudakis 2024, Cost-aware retraining for machine learning, arXiv:2310.04216",
            "measured",
        ),
    ),
    ways=ways,
)
