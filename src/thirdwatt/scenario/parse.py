"""From a raw document to a scenario, or to the list of everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from thirdwatt.quantity import Observation
from thirdwatt.scenario import consistency, stated
from thirdwatt.scenario.blueprint_form import design
from thirdwatt.scenario.bounds import range_mistakes
from thirdwatt.scenario.datasheet import listed
from thirdwatt.scenario.defaults import (
    BASES,
    UNSAID_BASIS,
    with_defaults,
    with_development,
    with_experts,
    with_instance,
    with_latent,
)
from thirdwatt.scenario.form import validated
from thirdwatt.scenario.known import unfit, with_known, with_observed
from thirdwatt.scenario.measured import measured
from thirdwatt.scenario.mistakes import InputError, Mistake
from thirdwatt.scenario.scenario import Finding, Quadrant, Scenario, Warn
from thirdwatt.scenario.stated import BOUNDARY_QUANTITY, QUANTITY_OF

__all__ = ["BASES", "BOUNDARY_QUANTITY", "QUANTITY_OF", "UNSAID_BASIS", "parse", "range_mistakes", "unfit"]


def parse(
    raw: Mapping[str, Any],
    quantities: Collection[str],
    *,
    name: str = "scenario",
    observations: Collection[Observation] = (),
) -> Scenario:
    """Build a scenario from a document.

    Parameters
    ----------
    raw
        The document, as TOML, YAML or JSON gave it.
    quantities
        Names that ``[known]``, ``[range]`` and observations may use.
    name
        What to call the scenario in results.
    observations
        What a meter or scan saw; rows of scope ``rate`` replace what would be modelled.

    Raises
    ------
    InputError
        With every mistake found.
    """
    file, of_form = validated(raw)
    chosen, of_rows = stated.rows(file)
    given, of_latent = with_latent(with_experts(stated.quantities(file)))
    blueprint, chosen, of_blueprint = design(file.blueprint, chosen, with_known(file, given, quantities)[0], quantities)
    datasheet, chosen, of_datasheet = listed(file, chosen)
    of_chip = _not_wrong_already([*of_blueprint, *of_datasheet], (*of_form, *of_rows))
    choices, given, of_instance = with_instance(stated.options(file) | chosen, given)
    given, of_known = with_known(file, given, quantities)
    given, of_observed = with_observed(observations, given, quantities)
    given = with_development(choices, given)
    choices, of_defaults = with_defaults(choices, given, datasheet)
    calibration, of_calibration = measured(file, lambda document: parse(document, quantities, name=name))
    figures = {quantity: each.figure for quantity, each in given.items()}
    findings: list[Finding] = [
        *of_form,
        *of_rows,
        *of_chip,
        *of_latent,
        *of_instance,
        *of_known,
        *of_observed,
        *of_defaults,
    ]
    findings += of_calibration
    findings += consistency.findings(file, choices, figures, blueprint, datasheet)
    for quantity, each in given.items():
        findings += range_mistakes(quantity, each.figure, each.path)
    if mistakes := [found for found in findings if isinstance(found, Mistake)]:
        raise InputError(mistakes, name)

    return Scenario(
        name=name,
        title=_line(file.title),
        note=_line(file.note),
        boundary=file.boundary,
        choices=choices,
        given=figures,
        document=file.model_dump(mode="json", exclude_unset=True),
        quadrant=Quadrant(file.quadrant.power_share, file.quadrant.cost_share, file.quadrant.cost),
        warnings=tuple(found for found in findings if isinstance(found, Warn)),
        observations=tuple(observations),
        calibration=calibration,
        blueprint=blueprint,
        datasheet=datasheet,
    )


def _not_wrong_already(found: Iterable[Finding], before: Iterable[Finding]) -> list[Finding]:
    """Findings without those of a field in which something is wrong: that is not missing too."""
    wrong = [f"{each.path}." for each in before if isinstance(each, Mistake)]
    return [
        each
        for each in found
        if not isinstance(each, Mistake) or not any(path.startswith(f"{each.path}.") for path in wrong)
    ]


def _line(text: str) -> str:
    """A text as one line of what prints: nothing in it moves a cursor or turns the direction of reading."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
