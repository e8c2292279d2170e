"""Other machines for a run: what leaves its document with the present ones, and what of them goes along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from thirdwatt.facts import Figure, table
from thirdwatt.ledger import Ledger, scenario_of
from thirdwatt.ledger.change import Three
from thirdwatt.ledger.document import copied
from thirdwatt.ledger.leaves import figures
from thirdwatt.ledger.ledger import path_of
from thirdwatt.scenario import InputError
from thirdwatt.scenario.parse import QUANTITY_OF
from thirdwatt.scenario.read import put
from thirdwatt.search.today import Start, with_open_layout

PARTS = ("cluster.instance", "cluster.network", "cluster.host")
TABLES = {"accelerators": "accelerator", "hosts": "host", "networks": "network", "generations": "generation"}
"""Tables of machines, and the choice that names a row of each."""
RENTS = ("rent_usd_per_accelerator_h", "market_rent_usd_per_accelerator_h")
OF_CHIP = ("power_cap_w", "accelerator_power_w", *RENTS)
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
    if "count" not in stated and count is not None:
        found["cluster.count"] = count.value  # an instance, or what is usual, told it
    return found


def moved(start: Start, document: dict[str, Any]) -> dict[str, Any] | str:
    """A document of the run on other machines, the ratios of the present ones to those of their kind applied to what
    the others have; or why it cannot be.

    Parameters
    ----------
    document
        The run today with another cluster in; one with today's stays as it is.
    """
    if not start.of_machine or document.get("cluster") == start.document.get("cluster"):
        return document
    plain = stating(document, {path_of(name): None for name in start.of_machine})
    try:
        leaves = figures(scenario_of(with_open_layout(plain)))  # today's layout may not go with them
    except InputError as error:
        return one_line(error)
    ratios = start.of_machine.items()
    return stating(plain, {path_of(name): times(leaves[name], (ratio, ratio, ratio)) for name, ratio in ratios})


# --- documents ----------------------------------------------------------------------------------------------------


def quantity_of(path: str) -> str:
    """Quantity that a field states; the field itself if it states none."""
    return QUANTITY_OF.get(path, path.removeprefix("known."))


def state(document: dict[str, Any], path: str, value: Any) -> None:
    """Set a field, or unstate it; what else stated the same quantity goes."""
    name = quantity_of(path)
    for other in (path, path_of(name), f"known.{name}", f"range.{name}"):
        *sections, last = other.split(".")
        here: Any = document
        for section in sections:
            here = here.get(section) if isinstance(here, dict) else None
        if isinstance(here, dict):
            here.pop(last, None)
    if value is not None:
        put(document, path, copied(value) if isinstance(value, Mapping) else value)


def stating(document: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a document with settings in."""
    whole = copied(document)
    for path, value in settings.items():
        state(whole, path, value)
    return whole


def times(figure: Figure, by: Three) -> dict[str, Any]:
    """A figure in proportion, as a scenario states it."""
    ends = sorted((figure.low * by[1], figure.value * by[0], figure.high * by[2]))
    return {
        "value": figure.value * by[0], "low": ends[0], "high": ends[2],
        "kind": "modelled" if figure.kind == "exact" else figure.kind, "source": figure.source,
    }  # fmt: skip


def one_line(error: InputError) -> str:
    """All that is wrong, in one line."""
    return "; ".join(str(each) for each in error.mistakes)
