"""What a plan counts: a run, with the runs before it or a year of updates where they are asked for.

Every count is a product of draws of one ledger: an account of the run, the multiplier of its development, the number of
retrainings in a year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from thirdwatt.ledger import Ledger
from thirdwatt.ledger.ledger import WITHIN
from thirdwatt.ledger.samples import Array
from thirdwatt.quantity import BOUNDARIES

DEVELOPMENT, UPDATES = "development_multiplier_ratio", "retrain_count_per_year"

GOALS: Mapping[str, str] = {
    "energy": "boundary_energy_kwh",
    "cost": "cost_usd",
    "carbon": "boundary_carbon_kg",
    "market": "boundary_carbon_market_kg",
    "time": "wall_time_h",
}
"""What a path is held against, and the quantity of the run that it is read from; carbon is location-based, ``market``
by contracts."""
UNITS: Mapping[str, str] = {"energy": "kWh", "cost": "USD", "carbon": "kg", "market": "kg", "time": "h"}
CAN_BE_LESS = ("energy", "cost", "carbon", "market")
"""Goals that a plan can be asked for."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted.

    Attributes
    ----------
    boundary
        What energy and carbon include.
    factors
        Quantities that the accounts of a run are multiplied with; time is that of the run alone.
    """

    boundary: str
    factors: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What is counted, for a reader."""
        said = {DEVELOPMENT: "the runs before it", UPDATES: "as often as it is trained again in a year"}
        more = " and ".join(said[each] for each in self.factors)
        return f"the run{f', {more}' if more else ''}, {WITHIN[self.boundary].takes_in}"

    @property
    def quantities(self) -> tuple[str, ...]:
        """Quantities that it is made of."""
        return (*GOALS.values(), *self.factors)

    def of(self, values: Mapping[str, Array], goal: str) -> Array:
        """A goal of many variants, shape (V,); NaN where it is not known."""
        quantity = GOALS[goal]
        if quantity not in values:
            return np.full(next(iter(values.values())).shape[-1:], np.nan)
        found = values[quantity]
        if quantity.startswith("boundary_"):
            found = found[BOUNDARIES.index(self.boundary)]
        for factor in () if goal == "time" else self.factors:
            found = found * values[factor]
        return found

    def drawn(self, ledger: Ledger, goal: str) -> Array | None:
        """A goal of one ledger, draw by draw; ``None`` if too little is known."""
        found = ledger.samples(GOALS[goal])
        if found is None:
            return None
        for factor in () if goal == "time" else self.factors:
            ratio = ledger.samples(factor)
            assert ratio is not None  # noqa: S101 - it is asked for with the rest
            found = found * ratio
        return found
