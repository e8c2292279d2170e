"""Factors that turn a mass of CO2 into things people know, by edition."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from thirdwatt.facts.table import lines

CURRENT = "epa-2024"


@dataclass(frozen=True, slots=True)
class Equivalent:
    """One thing and the kg of CO2 equivalent that it stands for."""

    name: str
    unit: str
    kg: float
    source: str
    note: str = ""
    retrieved: str = ""


@cache
def editions() -> dict[str, tuple[Equivalent, ...]]:
    """Factors by edition, oldest first."""
    found: dict[str, tuple[Equivalent, ...]] = {}
    for edition, name, thing, period, kg, note, source, retrieved in lines("equivalents")[1:]:
        unit = f"{thing}·{period}" if period else thing
        found[edition] = (*found.get(edition, ()), Equivalent(name, unit, float(kg), source, note, retrieved))
    return found


def edition(name: str | None) -> str:
    """Full id of an edition given as ``epa-2019``, ``2019``, ``uk-2025`` or nothing (the current one of EPA).

    Raises
    ------
    KeyError
        If there is no such edition; the message lists those there are.
    """
    wanted = CURRENT if name is None else name if name in editions() else f"epa-{name}"
    if wanted not in editions():
        raise KeyError(f"no edition {name!r}; there are {', '.join(e.removeprefix('epa-') for e in editions())}")
    return wanted
