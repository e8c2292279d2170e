"""The chip nearest to a design that its power was held against, and how far the model was off there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thirdwatt.facts import table
from thirdwatt.ledger.blueprints import FITTED
from thirdwatt.scenario.blueprint import OPTIONS, Blueprint, shipping
from thirdwatt.validation.chip_fit import predicted
from thirdwatt.validation.chips import AREA, POWER, points

UNLIKE = 2
"""Processes that an option apart counts for."""


@dataclass(frozen=True, slots=True)
class Near:
    """A chip that was measured, and errors there (model to measured, less 1).

    Attributes
    ----------
    fitted
        Whether the constants that the design is computed with are fitted to it.
    power, area
        Errors of its boards at work by what they did, and of its dies; ``None`` if their area is not known.
    apart
        In what it differs from the design.
    median, n
        Median size of errors at work of boards that nothing is fitted to, and how many these are.
    """

    chip: str
    name: str
    fitted: bool
    power: tuple[tuple[str, float], ...]
    area: float | None
    apart: tuple[str, ...]
    median: float
    n: int


def near(blueprint: Blueprint, fallback: str = "") -> Near:
    """The nearest of the chips whose boards were measured at work, by process and by how their arrays are fed.

    Parameters
    ----------
    fallback
        Chip that goes first among those as near: the one that a design starts from.
    """
    ages = list(table("processes").rows)
    at_work = [each for each in points() if each.quantity == POWER]
    fitted_on = {each.chip for each in points() if each.fitted}

    def apart(chip: str) -> list[str]:
        own = shipping(chip).choices
        return [name for name in ("process", *OPTIONS) if own[name] != blueprint.choices[name]]

    def distance(chip: str) -> tuple[float, bool]:
        own = shipping(chip).choices
        steps = abs(ages.index(own["process"]) - ages.index(blueprint.choices["process"]))
        return steps + UNLIKE * sum(own[name] != blueprint.choices[name] for name in OPTIONS), chip != fallback

    chip = min(dict.fromkeys(each.chip for each in at_work), key=distance)
    own = [each for each in at_work if each.chip == chip]
    area = [
        each for each in points() if each.quantity == AREA and each.chip == chip and each.measured.kind == "published"
    ]
    errors = predicted(own, {}, blueprint.constants) / np.array([each.measured.value for each in own]) - 1
    left = [each for each in at_work if each.chip not in fitted_on]
    others = predicted(left, {}, blueprint.constants) / np.array([each.measured.value for each in left]) - 1
    return Near(
        chip=chip,
        name=shipping(chip).name,
        fitted=blueprint.constants == FITTED and chip in fitted_on,
        power=tuple((each.label, float(error)) for each, error in zip(own, errors, strict=True)),
        area=float(predicted(area, {}, blueprint.constants)[0] / area[0].measured.value - 1) if area else None,
        apart=tuple(apart(chip)),
        median=float(np.median(np.abs(others))),
        n=len(left),
    )
