"""Other machines for a run: what leaves its document with the present ones, and what of them goes along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from thirdwatt.facts import table
from thirdwatt.ledger import Ledger, scenario_of
from thirdwatt.ledger.leaves import figures
from thirdwatt.ledger.ledger import path_of
from thirdwatt.scenario import InputError
from thirdwatt.search.documents import one_line, stating, times
from thirdwatt.search.today import Start, with_open_layout

PARTS = ("cluster.instance", "cluster.network", "cluster.host")
TABLES = {"accelerators": "accelerator", "hosts": "host", "networks": "network", "generations": "generation"}
"""Tables of machines, and the choice that names a row of each."""
RENTS = ("rent_usd_per_accelerator_h", "market_rent_usd_per_accelerator_h")
OF_CHIP = ("power_cap_w", "accelerator_power_w", "design_power_ratio", *RENTS)
"""Quantities of the present machine beside those that its rows have."""


def without_machine(ledger: Ledger) -> dict[str, Any]:
    """Settings that take out what is stated of the present machine and would not hold of another."""
    scenario = ledger.scenario
    own = {name.partition("@")[0] for each, choice in TABLES.items()
           for name in table(each).rows[scenario.choices[choice]].figures}  # fmt: skip
    stated = scenario.document.get("cluster", {})
    parts = [path for path in PARTS if path.partition(".")[2] in stated]
    found: dict[str, Any] = dict.fromkeys(
        [*parts, *(path_of(name) for name in scenario.given if name in own or name in OF_CHIP)]
    )
    count = ledger.of("accelerator_count")
    found |= dict.fromkeys(each for each in ("blueprint", "datasheet") if each in scenario.document)
    if "count" not in stated and count is not None:
        found["cluster.count"] = count.value  # an instance, or what is usual, told it
    return found


def moved(start: Start, document: dict[str, Any]) -> dict[str, Any] | str:
    """A document of the run on other machines, the ratios of the present ones to those of their kind applied to what
    the others have; or why it cannot be.

    Parameters
    ----------
    document
        The run today with another cluster or precision in; one with today's stays as it is.
    """
    if not start.of_machine or _machine(document) == _machine(start.document):
        return document
    plain = stating(document, {path_of(name): None for name in start.of_machine})
    try:
        leaves = figures(scenario_of(with_open_layout(plain)))  # today's layout may not go with them
    except InputError as error:
        return one_line(error)
    ratios = start.of_machine.items()
    return stating(plain, {path_of(name): times(leaves[name], (ratio, ratio, ratio)) for name, ratio in ratios})


def _machine(document: Mapping[str, Any]) -> tuple[Any, Any]:
    """What of a document tells which figures of machines count: shares of a peak are of its precision."""
    return document.get("cluster"), document.get("layout", {}).get("precision")
