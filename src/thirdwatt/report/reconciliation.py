"""Why two numbers differ: the whole difference as a waterfall by quantity.

Both figures are a chain of factors (hours × power × machines beside the accelerators × building × intensity), and the
logarithmic mean divides the difference among them exactly and without an order [1]_. What one side does not tell is
the last step, *not told*: it is what remains, and it is printed however large it is.

References
----------
.. [1] Ang 2005, The LMDI approach to decomposition analysis: a practical guide, Energy Policy 33.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from thirdwatt.amounts import amount
from thirdwatt.quantity import unit
from thirdwatt.report.sides import DIVISORS, HOURS_FROM_WORK, SAME, Side, demand_sense
from thirdwatt.scenario import InputError, InsufficientError, Mistake
from thirdwatt.scenario.accounts import S_PER_H

STEPS: Mapping[str, str] = {
    "training_flop": "work",
    "accelerator_peak_flop_per_s": "peak of the chip",
    "mfu": "utilisation",
    "goodput": "goodput",
    "accelerator_hours": "accelerator hours",
    "accelerator_power_w": "power of an accelerator",
    "calibration_ratio": "known energy against the product",
    "machines_ratio": "hosts, network, storage, spares counted",
    "building_ratio": "building counted (PUE)",
    "grid_intensity_kg_per_kwh": "grid intensity",
    "carbon_calibration_ratio": "known carbon against the product",
    "not_told": "not told by both",
    "off_product": "totals beyond their own factors",
}
"""Factors of the chain in the order in which they are read, and what each is to a reader."""

CALIBRATIONS: Mapping[str, str] = {
    "calibration_ratio": "accelerator_power_w",
    "carbon_calibration_ratio": "grid_intensity_kg_per_kwh",
}
"""By how much a known total exceeds the product, and the factor beside which it stands; 1 where nobody tells it."""

ROUNDING = 1e-12
"""Relative to the larger figure: what floats leave."""


@dataclass(frozen=True, slots=True)
class Step:
    """One factor: what it is on either side and what it adds to the difference."""

    quantity: str
    meaning: str
    first: float | None
    second: float | None
    difference: float


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Two numbers and the steps between them; ``residual`` is what the steps leave."""

    quantity: str
    first: Side
    second: Side
    steps: tuple[Step, ...]
    residual: float

    @property
    def difference(self) -> float:
        """What the second figure has more than the first."""
        return self.second.values[self.quantity] - self.first.values[self.quantity]

    @property
    def negligible(self) -> float:
        """Below this a part of the difference is nothing."""
        larger = max(self.first.values[self.quantity], self.second.values[self.quantity])
        return _negligible(self.difference, larger)


def reconcile(first: Side, second: Side, quantity: str) -> Reconciliation:
    """Divide the difference of two figures among the factors that both sides tell.

    Parameters
    ----------
    quantity
        ``carbon_kg`` or ``energy_kwh``; both sides must have it.

    Raises
    ------
    InsufficientError
        If a side lacks the figure.
    InputError
        If a figure is negative, or is nothing where its product is not.
    """
    for side in (first, second):
        if quantity not in side.values:
            raise InsufficientError(f"{side.name} tells no {quantity}")
        demand_sense({quantity: side.values[quantity], **side.factors}, side.where or side.name)
    one, two = first.values[quantity], second.values[quantity]
    chain = _chain(first, second, quantity)
    for side in (first, second):
        _demand_a_zero(side, chain, quantity)
    parts = _parts(first, second, chain, quantity)
    steps = [
        Step(name, _meaning(name, first, second), _told(first, name), _told(second, name), part)
        for name, part in parts.items()
    ]
    rest = (two - one) - math.fsum(parts.values())
    if abs(rest) > _negligible(two - one, max(one, two)):
        name = "off_product" if _whole(chain, quantity) else "not_told"
        steps.append(Step(name, STEPS[name], None, None, rest))
        rest = (two - one) - math.fsum((*parts.values(), rest))
    return Reconciliation(quantity, first, second, tuple(steps), rest + 0.0)


def largest(found: Reconciliation) -> Step | None:
    """The step that adds or takes most; ``None`` where none does either."""
    most = max(found.steps, key=lambda step: abs(step.difference), default=None)
    return None if most is None or abs(most.difference) <= found.negligible else most


def equal(found: Reconciliation) -> bool:
    """Whether the two figures are the same to a reader."""
    return math.isclose(found.first.values[found.quantity], found.second.values[found.quantity], rel_tol=SAME)


def _negligible(difference: float, larger: float) -> float:
    return max(SAME * abs(difference), ROUNDING * larger)


def _demand_a_zero(side: Side, chain: Sequence[str], quantity: str) -> None:
    """Refuse a factor of nothing in a product of something: no limit leads there."""
    for name in chain:
        if _told(side, name) == 0 and (name in DIVISORS or side.values[quantity] > 0):
            said = f"is 0, but {quantity} is {amount(side.values[quantity], unit(quantity))}"
            raise InputError([Mistake(f"{side.where or side.name}: {name}", said, "correct one of them")])


def _told(side: Side, name: str) -> float:
    return side.factors.get(name, 1.0) if name in CALIBRATIONS else side.factors[name]


def _parts(first: Side, second: Side, chain: Sequence[str], quantity: str) -> dict[str, float]:
    """What each factor adds: L(a, b)·ln(x_b/x_a) [1]_.

    Where factors vanish on one side and the figure with them, that tends to the whole difference, in equal parts for
    each that vanishes, and to nothing for the others.
    """
    one, two = first.values[quantity], second.values[quantity]
    ends = {name: (_told(first, name), _told(second, name)) for name in chain}
    vanishing = [name for name, (a, b) in ends.items() if (a == 0) != (b == 0)]
    if one == 0 or two == 0:
        return {name: (two - one) / len(vanishing) if name in vanishing else 0.0 for name in chain}
    mean = _logarithmic_mean(one, two)
    # Ratios of sums differ in the last digit between equal factors: that is no step.
    return {
        name: 0.0 if math.isclose(a, b, rel_tol=1e-14) else mean * (-1 if name in DIVISORS else 1) * _log(b, a)
        for name, (a, b) in ends.items()
    }


def _logarithmic_mean(one: float, two: float) -> float:
    """(b - a)/ln(b/a) [1]_; near equality, where that is 0/0, the arithmetic mean, which it tends to."""
    return (one + two) / 2 if math.isclose(one, two, rel_tol=1e-6) else (two - one) / _log(two, one)


def _log(over: float, under: float) -> float:
    """Logarithm of a ratio, also where the ratio itself is beyond what a float holds."""
    ratio = over / under
    return math.log(ratio) if 0 < ratio < math.inf else math.log(over) - math.log(under)


def _chain(first: Side, second: Side, quantity: str) -> list[str]:
    """Factors that both sides tell; hours as work over rate where that makes them up on both, else as hours."""
    both = first.factors.keys() & second.factors.keys()
    worked = both.issuperset(HOURS_FROM_WORK) and all(_makes_hours(side) for side in (first, second))
    hours = HOURS_FROM_WORK if worked else ("accelerator_hours",)
    wanted = (*hours, *links(quantity))
    either = first.factors.keys() | second.factors.keys()
    calibrated = {name for name, beside in CALIBRATIONS.items() if name in either and beside in both}
    told = (both & set(wanted)) | (calibrated & _known(quantity))
    return [name for name in STEPS if name in told]


def links(quantity: str) -> tuple[str, ...]:
    """Factors that lead from accelerator hours to a figure."""
    links = ("accelerator_power_w", "machines_ratio", "building_ratio")
    return (*links, "grid_intensity_kg_per_kwh") if quantity == "carbon_kg" else links


def _known(quantity: str) -> set[str]:
    return {name for name, beside in CALIBRATIONS.items() if beside in links(quantity)}


def _makes_hours(side: Side) -> bool:
    """Whether its work over its rate is its hours; it is not where hours are stated beside a utilisation."""
    hours = side.factors.get("accelerator_hours")
    work, peak, mfu, goodput = (side.factors[name] for name in HOURS_FROM_WORK)
    rate = peak * mfu * goodput
    return rate > 0 and (hours is None or math.isclose(work, hours * S_PER_H * rate, rel_tol=ROUNDING))


def _whole(chain: Sequence[str], quantity: str) -> bool:
    return set(links(quantity)) <= set(chain) and ("accelerator_hours" in chain or "training_flop" in chain)


def _meaning(name: str, first: Side, second: Side) -> str:
    if name != "grid_intensity_kg_per_kwh" or first.basis == second.basis:
        return STEPS[name]
    one, two = (side.basis or "basis not told" for side in (first, second))
    unlike = ": not the same thing counted" if first.basis and second.basis else ""
    return f"{STEPS[name]}, {one} against {two}{unlike}"
