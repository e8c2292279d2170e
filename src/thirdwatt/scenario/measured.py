"""Measurements for calibration: ``[[calibration]]``, each the scenario with a few things set otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from thirdwatt.scenario.mistakes import InputError, Mistake
from thirdwatt.scenario.read import put
from thirdwatt.scenario.scenario import Measured, Scenario
from thirdwatt.scenario.schema import Measurement, ScenarioFile

LEAST = 3
"""Measurements of a kind below which nothing is calibrated: fewer do not tell a machine from its day."""

MEASURES = {"step_time_s": "modelled_step_s", "accelerator_power_w": "accelerator_power_w"}
"""What may be measured, and the quantity of the book that it is held against."""

OWN = ("known", "range", "calibration")
"""Sections that a measurement does not take over from the scenario."""


def measured(
    file: ScenarioFile, read: Callable[[Mapping[str, Any]], Scenario]
) -> tuple[tuple[Measured, ...], list[Mistake]]:
    """Every measurement with its own scenario, and what is wrong with them.

    Parameters
    ----------
    read
        How a document becomes a scenario.
    """
    found: list[Measured] = []
    mistakes: list[Mistake] = []
    whole = file.model_dump(mode="json", exclude_unset=True)
    base = {name: section for name, section in whole.items() if name not in OWN}
    for number, each in enumerate(file.calibration):
        path = f"calibration.{number}"
        values = {name: value for name in MEASURES if (value := getattr(each, name)) is not None}
        if not values:
            mistakes.append(Mistake(path, "measures nothing", f"state {' or '.join(MEASURES)}"))
        try:
            scenario = read(_document(base, each))
        except InputError as error:
            mistakes += [Mistake(f"{path}.set.{wrong.path}", wrong.problem, wrong.fix) for wrong in error.mistakes]
            continue
        found += [Measured(scenario, MEASURES[name], value) for name, value in values.items()]
    mistakes += _few(file, found)
    return tuple(found), mistakes


def _document(base: Mapping[str, Any], each: Measurement) -> dict[str, Any]:
    document: dict[str, Any] = {name: _copied(section) for name, section in base.items()}
    for path, value in each.set.items():
        put(document, path, value)
    return document


def _copied(value: Any) -> Any:
    return {key: _copied(inner) for key, inner in value.items()} if isinstance(value, Mapping) else value


def _few(file: ScenarioFile, found: list[Measured]) -> Iterator[Mistake]:
    for name, quantity in MEASURES.items():
        count = sum(each.quantity == quantity for each in found)
        if file.calibration and 0 < count < LEAST:
            yield Mistake("calibration", f"{count} of {name}", f"measure at least {LEAST}, or leave them out")
