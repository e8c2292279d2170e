"""A scenario's own measurements put to use: constants of the step model and of power moved, and their ranges narrowed.

Only measurements that are alike count: of the same software, method, adapter, precision, chip and kind
of model. They tell the level of such runs; of other runs they tell too little, whose answers stay what they were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from thirdwatt.facts import Figure, table
from thirdwatt.ledger.calibration import Batch, Constant, calibrate
from thirdwatt.ledger.samples import SCORE_AT_95
from thirdwatt.quantity import limits
from thirdwatt.scenario import Scenario
from thirdwatt.scenario.measured import LEAST
from thirdwatt.scenario.scenario import Measured

MOVED: Mapping[str, Mapping[str, float]] = {
    "modelled_step_s": {
        "software_time_ratio": 0.06,
        "expert_software_time_ratio": 0.1,
        "matmul_share": 0.03,
        "attention_share": 0.04,
        "memory_share": 0.02,
        "layer_launch_s": 0.2,
        "expert_launch_s": 0.2,
        "overlap_loss_share": 0.15,
        "network_share": 0.05,
    },
    "accelerator_power_w": {"accelerator_load_ratio": 0.08},
}
"""Leaves that each quantity's measurements may move, and the least standard deviation of their logarithms; where a
leaf's own range is wider, that counts."""

NOISE = {"modelled_step_s": 0.05, "accelerator_power_w": 0.05}
"""Standard deviation of the logarithm of a measurement about the model: one day and one shape to the next."""

ALIKE = ("stack", "method", "adapter", "precision", "accelerator")
"""Choices that measurements must share with a scenario to tell anything of it."""


def alike(one: Scenario, other: Scenario) -> bool:
    """Whether a measurement of one scenario tells something of another."""
    same = all(one.choices[name] == other.choices[name] for name in ALIKE)
    chip = one.blueprint == other.blueprint and one.datasheet == other.datasheet
    return same and chip and _experts(one) == _experts(other)


def _experts(scenario: Scenario) -> bool:
    count = scenario.given.get("expert_count")
    if count is None and "model" in scenario.choices:
        count = table("models").rows[scenario.choices["model"]].figures.get("expert_count")
    return count is not None and count.value > 0


@dataclass(frozen=True, slots=True)
class Gain:
    """What the measurements of one quantity changed.

    ``before`` and ``after`` are mean absolute errors on the measurements; ``moved`` the largest change of a leaf.
    """

    quantity: str
    n: int
    before: float
    after: float
    moved: tuple[str, float]


def calibrated(scenario: Scenario, leaves: Mapping[str, Figure]) -> tuple[dict[str, Figure], tuple[Gain, ...]]:
    """Leaves after the scenario's measurements, and what was gained; the same leaves where it has none."""
    found = dict(leaves)
    gains = []
    for quantity, free in MOVED.items():
        own = [each for each in scenario.calibration if each.quantity == quantity and alike(each.scenario, scenario)]
        if len(own) >= LEAST:
            gains.append(_move(found, quantity, own, free))
    return found, tuple(gains)


def _move(leaves: dict[str, Figure], quantity: str, own: Sequence[Measured], free: Mapping[str, float]) -> Gain:
    batch = Batch.of([each.scenario for each in own], quantity)
    measured = np.array([each.value for each in own])
    constants = [
        Constant(
            name=name,
            streams=(leaves[name].stream,),
            prior=leaves[name].value,
            sigma=max(least, _sigma(leaves[name])),
            current=leaves[name].value,
            ceiling=limits(name)[1],
        )
        for name, least in free.items()
        if name in leaves and leaves[name].value > 0 and leaves[name].kind not in ("stated", "measured")
    ]
    result = calibrate(batch, measured, constants, np.full(len(own), NOISE[quantity]))
    before = float(np.mean(np.abs(batch.predict({}) / measured - 1)))
    logs = {each.name: float(np.log(result.values[each.name] / each.current)) for each in constants}
    for each in constants:
        share = result.sigmas[each.name] / each.sigma
        leaves[each.name] = _narrowed(each.name, leaves[each.name], logs[each.name], share, len(own))
    furthest = max(logs, key=lambda name: abs(logs[name]), default="")
    after = float(np.mean(np.abs(np.expm1(result.errors))))
    return Gain(quantity, len(own), before, after, (furthest, float(np.expm1(logs.get(furthest, 0.0)))))


def _sigma(figure: Figure) -> float:
    """Standard deviation of a figure's logarithm by its range."""
    if figure.low <= 0 or figure.high <= figure.low:
        return 0.0
    return float(np.log(figure.high / figure.low)) / 2 / SCORE_AT_95


def _narrowed(name: str, figure: Figure, log: float, share: float, count: int) -> Figure:
    """A figure moved, its range about it narrowed to a share in logarithms."""
    value = figure.value * float(np.exp(log))
    low = value * (figure.low / figure.value) ** share
    high = min(value * (figure.high / figure.value) ** share, limits(name)[1])
    return replace(
        figure, value=value, low=low, high=high, kind="modelled", source=f"calibration by {count} measurements"
    )
