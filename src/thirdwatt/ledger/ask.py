"""A few quantities of the book for values at hand: no scenario, no facts, only the formulas on the way.

>>> staleness = {"drift_cost_usd_per_h": 0.5, "drift_time_h": 10.0}
>>> found = ask({"retrain_cost_usd": 1.0, **staleness}, ["best_retrain_count_per_h"])
>>> round(1 / float(found["best_retrain_count_per_h"]), 2)
8.24
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.ledger.book import book
from thirdwatt.ledger.evaluate import Values, run
from thirdwatt.ledger.graph import Plan, plan
from thirdwatt.scenario import InsufficientError

if TYPE_CHECKING:
    from thirdwatt.quantity import Num


def ask(values: Mapping[str, Num], names: Iterable[str]) -> Values:
    """Quantities by name, arrays in, arrays out; what is given is taken to be known.

    Raises
    ------
    InsufficientError
        If something that a quantity needs is not given.
    """
    found = _plan(frozenset(values), tuple(names))
    if found.missing:
        lacking = ", ".join(dict.fromkeys(leaf for leaves in found.missing.values() for leaf in leaves))
        raise InsufficientError(f"{', '.join(found.missing)} cannot be computed without {lacking}")
    return run(found, lambda name: np.asarray(values[name]))


@lru_cache(maxsize=64)
def _plan(given: frozenset[str], names: tuple[str, ...]) -> Plan:
    return plan(book(), dict.fromkeys(given, True), names)
