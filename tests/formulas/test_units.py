"""Every formula of the book keeps its units: rescale all bases at random, and the result must rescale as named."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from thirdwatt.formulas.arrays import pick
from thirdwatt.ledger.book import Formula, book
from thirdwatt.ledger.leaves import _CODES
from thirdwatt.quantity import COMPONENTS, FORMATS, PHASES, dimension, quantity
from thirdwatt.scenario.blueprint import OPTIONS

FORMULAS = [formula for ways in book().formulas.values() for formula in ways]
AXES = {
    "component_": len(COMPONENTS),
    "boundary_": 4,
    "phase_": len(PHASES) - 1,
    "phase_ratio": 4,
    "format_": len(FORMATS),
}
WAYS = {name: len(codes) for name, codes in _CODES.values()}
WAYS |= {f"{name}_code": len(words) for name, words in OPTIONS.items()}
"""How many ways each code chooses between."""
DRAWS = max(WAYS.values())


def drawn(name: str, random: np.random.Generator) -> NDArray[np.float64] | NDArray[np.intp]:
    if name.endswith("_code"):
        return random.permuted(np.arange(DRAWS) % WAYS[name])[np.newaxis]  # every way, in any order
    axis = next((size for start, size in reversed(AXES.items()) if name.startswith(start)), None)
    if name == "phase_it_energy_kwh":
        axis = len(PHASES)
    shape = (1, DRAWS) if axis is None else (axis, 1, DRAWS)
    if name in ("mfu", "goodput") or name.split("_per_")[0].endswith("_share"):
        return random.uniform(0.1, 0.5, shape)
    return random.uniform(1.1, 3.0, shape)


def rescaled(formula: Formula, seed: int) -> bool:
    random = np.random.default_rng(seed)
    names = (*formula.arguments, formula.quantity)
    factors = {base: random.uniform(0.5, 2.0) for name in names for base in dimension(name)}

    def scale(name: str) -> float:
        return float(np.prod([factors[base] ** power for base, power in dimension(name).items()]))

    arguments = [drawn(name, random) for name in formula.arguments]
    scaled = [
        value if name.endswith("_code") else value * scale(name)
        for name, value in zip(formula.arguments, arguments, strict=True)
    ]
    before, after = formula.function(*arguments), formula.function(*scaled)
    return bool(np.allclose(after, np.asarray(before) * scale(formula.quantity), rtol=1e-9))


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.name)
def test_formula_keeps_its_units(formula: Formula) -> None:
    assert rescaled(formula, 1), f"{formula.name} ({formula.where}) mixes units"


def test_a_forgotten_thousand_is_found() -> None:
    @quantity
    def toy_energy_kwh(toy_power_w: float, toy_time_h: float) -> float:
        return toy_power_w * toy_time_h

    assert not rescaled(Formula("toy_energy_kwh", toy_energy_kwh, ("toy_power_w", "toy_time_h")), 1)


def test_a_forgotten_hour_is_found() -> None:
    @quantity
    def toy_flop(toy_flop_per_s: float, toy_time_h: float) -> float:
        return toy_flop_per_s * toy_time_h

    assert not rescaled(Formula("toy_flop", toy_flop, ("toy_flop_per_s", "toy_time_h")), 1)


@pytest.mark.parametrize("seed", range(5))
def test_a_forgotten_hour_in_the_last_of_three_ways_is_found(seed: int) -> None:
    @quantity
    def toy_energy_kwh(toy_power_kw: float, toy_time_h: float, method_code: int) -> object:
        energy = toy_power_kw * toy_time_h
        return pick(method_code, energy, energy, energy, toy_power_kw)

    arguments = ("toy_power_kw", "toy_time_h", "method_code")
    assert not rescaled(Formula("toy_energy_kwh", toy_energy_kwh, arguments), seed)
