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
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from thirdwatt.amounts import amount, percent, plain, scale, unit_to_read
from thirdwatt.ledger import Ledger
from thirdwatt.quantity import unit
from thirdwatt.report.text import WIDTH
from thirdwatt.scenario.accounts import Account

STEPS: Mapping[str, str] = {
    "training_flop": "work",
    "accelerator_peak_flop_per_s": "peak of the chip",
    "mfu": "utilisation",
    "goodput": "goodput",
    "accelerator_hours": "accelerator hours",
    "accelerator_power_w": "power of an accelerator",
    "machines_ratio": "hosts, network, storage, spares counted",
    "building_ratio": "building counted (PUE)",
    "grid_intensity_kg_per_kwh": "grid intensity",
    "not_told": "not told by both",
}
"""Factors of the chain in the order in which they are read, and what each is to a reader."""

DIVISORS = ("accelerator_peak_flop_per_s", "mfu", "goodput")
_HOURS_FROM_WORK = ("training_flop", *DIVISORS)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two numbers: its value and its factors, those of the chain that are told."""

    name: str
    kind: str
    boundary: str
    values: Mapping[str, float]
    factors: Mapping[str, float]
    notes: tuple[str, ...] = ()


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


def of_ledger(ledger: Ledger) -> Side:
    """A ledger as a chain of factors at its own boundary."""

    def centre(name: str) -> float | None:
        found = ledger.of(name)
        return None if found is None else found.value

    accelerators, it, pue = centre("accelerators_energy_kwh"), centre("it_energy_kwh"), centre("pue")
    counts_machines = ledger.boundary in ("it", "facility")
    counts_building = "facility" in ledger.boundary
    machines = it / accelerators if counts_machines and it and accelerators else None if counts_machines else 1.0
    factors = {
        **{name: centre(name) for name in (*_HOURS_FROM_WORK, "accelerator_hours", "grid_intensity_kg_per_kwh")},
        "accelerator_power_w": _power(accelerators, centre("accelerator_hours")),
        "machines_ratio": machines,
        "building_ratio": pue if counts_building else 1.0,
    }
    values = {name: ledger.totals[name] for name in ("energy_kwh", "carbon_kg")}
    return Side(
        name=ledger.scenario.name,
        kind="scenario",
        boundary=ledger.boundary,
        values={name: total.value for name, total in values.items() if total is not None},
        factors={name: value for name, value in factors.items() if value},
    )


def of_account(account: Account) -> Side:
    """Somebody's account as a chain of factors."""
    told = account.factors
    accelerators, it, facility = (told.get(f"{name}_energy_kwh") for name in ("accelerators", "it", "facility"))
    factors = {
        "accelerator_hours": told.get("accelerator_hours"),
        "accelerator_power_w": _power(accelerators, told.get("accelerator_hours")),
        "machines_ratio": it / accelerators if it and accelerators else None,
        "building_ratio": facility / it if facility and it else None,
        "grid_intensity_kg_per_kwh": told.get("grid_intensity_kg_per_kwh"),
    }
    energy = {"energy_kwh": facility} if facility else {}
    return Side(
        name=account.name,
        kind=account.kind,
        boundary=account.boundary,
        values={"carbon_kg": told["carbon_kg"], **energy},
        factors={name: value for name, value in factors.items() if value},
        notes=account.notes,
    )


def _power(energy_kwh: float | None, hours: float | None) -> float | None:
    return 1000 * energy_kwh / hours if energy_kwh and hours else None


def reconcile(first: Side, second: Side, quantity: str) -> Reconciliation:
    """Divide the difference of two figures among the factors that both sides tell.

    Parameters
    ----------
    quantity
        ``carbon_kg`` or ``energy_kwh``; both sides must have it and it must be more than nothing.

    Raises
    ------
    ValueError
        If a side lacks the figure.
    """
    for side in (first, second):
        if side.values.get(quantity, 0) <= 0:
            raise ValueError(f"{side.name} tells no {quantity}")
    one, two = first.values[quantity], second.values[quantity]
    mean = _logarithmic_mean(one, two)
    chain = _chain(first, second, quantity)
    steps, explained = [], 0.0
    for name in chain:
        a, b = first.factors[name], second.factors[name]
        power = -1 if name in DIVISORS else 1
        change = mean * power * math.log(b / a)
        explained += change
        steps.append(Step(name, STEPS[name], a, b, change))
    rest = (two - one) - explained
    if abs(rest) > 1e-9 * max(one, two):
        steps.append(Step("not_told", STEPS["not_told"], None, None, rest))
        explained += rest
    return Reconciliation(quantity, first, second, tuple(steps), (two - one) - explained)


def _logarithmic_mean(one: float, two: float) -> float:
    """(b - a)/ln(b/a) [1]_; near equality, where that is 0/0, the arithmetic mean, which it tends to."""
    return (one + two) / 2 if math.isclose(one, two, rel_tol=1e-6) else (two - one) / math.log(two / one)


def _chain(first: Side, second: Side, quantity: str) -> list[str]:
    """Factors that both sides tell; hours as work over rate where both tell all of that, else as hours."""
    both = first.factors.keys() & second.factors.keys()
    hours = _HOURS_FROM_WORK if both.issuperset(_HOURS_FROM_WORK) else ("accelerator_hours",)
    wanted = (*hours, "accelerator_power_w", "machines_ratio", "building_ratio")
    if quantity == "carbon_kg":
        wanted = (*wanted, "grid_intensity_kg_per_kwh")
    return [name for name in wanted if name in both]


def document(found: Reconciliation) -> dict[str, Any]:
    """The reconciliation as plain data, schema ``thirdwatt/reconcile/1``."""
    sides = [
        {
            "name": side.name,
            "kind": side.kind,
            "boundary": side.boundary,
            "value": side.values[found.quantity],
            "factors": dict(side.factors),
            "notes": list(side.notes),
        }
        for side in (found.first, found.second)
    ]
    return {
        "schema": "thirdwatt/reconcile/1",
        "quantity": found.quantity,
        "unit": unit(found.quantity),
        "first": sides[0],
        "second": sides[1],
        "difference": sides[1]["value"] - sides[0]["value"],  # type: ignore[operator]
        "steps": [asdict(step) for step in found.steps],
        "residual": found.residual,
    }


def text(found: Reconciliation, columns: int = WIDTH) -> str:
    """The waterfall as a table."""
    return "\n".join(_lines(found, columns)) + "\n"


def _lines(found: Reconciliation, columns: int) -> Iterator[str]:
    symbol = unit(found.quantity)
    one, two = found.first.values[found.quantity], found.second.values[found.quantity]
    factor, name = scale([max(one, two)], symbol)
    what = "energy" if found.quantity == "energy_kwh" else "carbon, location-based"
    yield f"{what}: {amount(one, symbol)} ({found.first.name}) against {amount(two, symbol)} ({found.second.name})"
    yield ""
    yield f"{'':42}{name:>12}   {'':>6}"
    yield f"{f'{found.first.name} ({found.first.boundary})':42}{one / factor:>12.4g}"
    for step in found.steps:
        change = f"{step.difference / factor:>+12.4g}   {_share(step.difference, two - one):>6}"
        yield f"  {step.meaning:40}{change}   {_ends(step)}".rstrip()
    yield f"{f'{found.second.name} ({found.second.boundary})':42}{two / factor:>12.4g}"
    yield f"{'residual':42}{found.residual / factor:>12.2g}"
    yield ""
    for side in (found.first, found.second):
        for note in side.notes:
            yield from textwrap.wrap(f"{side.name}: {note}", columns, subsequent_indent="  ")
    lacking = [step for step in found.steps if step.quantity == "not_told"]
    if lacking:
        told = ", ".join(STEPS[name] for name in found.first.factors if name not in found.second.factors)
        text = f"not told by both: {found.second.name} says nothing of {told}" if told else "not told by both sides"
        yield from textwrap.wrap(text, columns, subsequent_indent="  ")
    yield "Shares are of the difference; factors in opposite directions make some of them more than 100 %."


def _share(part: float, whole: float) -> str:
    return "" if whole == 0 else percent(part / whole) if part / whole > 0 else f"-{percent(-part / whole)}"


def step_ends(step: Step) -> tuple[str, str]:
    """A factor on either side as people read it; empty where it is not told."""
    symbol = "1" if step.quantity.endswith("_ratio") else unit_to_read(step.quantity)

    def said(value: float | None) -> str:
        return "" if value is None else plain(value) if symbol == "1" else amount(value, symbol)

    return said(step.first), said(step.second)


def _ends(step: Step) -> str:
    return " -> ".join(dict.fromkeys(filter(None, step_ends(step))))
