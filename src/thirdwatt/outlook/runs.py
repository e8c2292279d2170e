"""Published frontier runs by date, and which of them stood at the frontier when they came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from thirdwatt.facts import Row, table

COMPUTE, POWER, ENERGY = "training_flop", "average_power_kw", "facility_energy_kwh"
MEASURES = {COMPUTE: "compute", POWER: "power", ENERGY: "energy"}
"""What is told of a run, and its short name."""

EFFICIENCY = "achieved_flop_per_j"
"""Compute over energy, where both are told."""

J_PER_KWH = 3.6e6

IMPUTED = "imputed"
"""Basis of a run whose hours are not published: its energy and power follow from its compute, and prove nothing."""

BASES = ("measured", "reported", "derived", IMPUTED)
"""What the energy of a run is known by, the best first."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A published run; ``when`` is the year with its fraction, a figure that is not known is missing."""

    id: str
    name: str
    when: float
    basis: str
    figures: dict[str, float]

    def tells(self, measure: str) -> bool:
        """Whether its figure is more than a guess from its compute."""
        return measure in self.figures and (measure == COMPUTE or self.basis != IMPUTED)


@cache
def runs() -> tuple[Run, ...]:
    """Every run of the table ``frontier``, by date; those of one day by compute."""
    found = [
        Run(row.id, row.name, year_of(row.text["date"]), row.text["basis"], _figures(row)) for row in table("frontier")
    ]
    return tuple(sorted(found, key=lambda run: (run.when, run.figures[COMPUTE])))


def _figures(row: Row) -> dict[str, float]:
    found = {name: row.figures[name].value for name in MEASURES if name in row.figures}
    if ENERGY in found:
        found[EFFICIENCY] = found[COMPUTE] / (found[ENERGY] * J_PER_KWH)
    return found


def year_of(day: str) -> float:
    """A date as a year and its fraction.

    Examples
    --------
    >>> year_of("2021-01-01"), round(year_of("2021-07-02"), 2)
    (2021.0, 2021.5)
    """
    told = date.fromisoformat(day)
    first, next_first = date(told.year, 1, 1), date(told.year + 1, 1, 1)
    return told.year + (told - first).days / (next_first - first).days


def at_frontier(among: Sequence[Run], most: int) -> tuple[Run, ...]:
    """Runs that were among the largest so many when they came out, by compute, in the order of dates."""
    largest: list[float] = []
    kept = []
    for run in among:
        largest = sorted((*largest, run.figures[COMPUTE]), reverse=True)[:most]
        if run.figures[COMPUTE] >= largest[-1]:
            kept.append(run)
    return tuple(kept)
