"""Scenarios that leave their layout to the search: ``layout = "auto"``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from thirdwatt.ledger import Ledger, scenario_of
from thirdwatt.ledger import estimate as priced
from thirdwatt.ledger.pricing import SAMPLES, Sourced
from thirdwatt.quantity import Observation
from thirdwatt.scenario import InsufficientError, Scenario, Warn
from thirdwatt.search.layout.job import put_in
from thirdwatt.search.layout.search import search

AUTO = "auto"


def estimate(
    scenario: Sourced,
    set: Mapping[str, Any] | None = None,
    *,
    observed: Iterable[Observation] = (),
    also: Iterable[str] = (),
    samples: int = SAMPLES,
    seed: int = 0,
) -> Ledger:
    """What training costs under a scenario, its layout searched where it is left to the search.

    See :func:`thirdwatt.ledger.estimate`, whose parameters and errors these are.
    """
    return priced(settled(scenario_of(scenario, set, observed)), also=also, samples=samples, seed=seed)


def settled(scenario: Scenario) -> Scenario:
    """A scenario with the fastest layout in place of ``auto``; any other as it is."""
    if scenario.document.get("layout") != AUTO:
        return scenario
    try:
        answer = search(scenario)
    except InsufficientError:
        return scenario  # without an architecture there is nothing to lay out
    if answer.best is None:
        text = f"none of {answer.found.searched:,} layouts fits; the one shown is a guess"
        return replace(scenario, warnings=(*scenario.warnings, Warn("auto_layout", text)))
    chosen = put_in(scenario, answer.best.settings)
    text = f"the fastest of {answer.found.feasible:,} layouts that fit (thirdwatt layout shows the others)"
    return replace(chosen, warnings=(*chosen.warnings, Warn("auto_layout", text)))
