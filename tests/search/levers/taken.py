"""Levers pulled on a run: what is today, one way out of several, and the ledger after it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import thirdwatt
from thirdwatt.ledger import Ledger
from thirdwatt.search.documents import paths_of
from thirdwatt.search.levers import levers
from thirdwatt.search.levers.lever import Lever, Today, Way


def lever(name: str) -> Lever:
    return next(each for each in levers() if each.id == name)


def today(base: str, /, **known: Any) -> Today:
    """A preset as it is, with quantities known of it; a dot in a path is written ``__``."""
    changes = {name.replace("__", ".") if "__" in name else f"known.{name}": value for name, value in known.items()}
    ledger = thirdwatt.estimate(base, set=changes, samples=50)
    return Today(ledger, paths_of(ledger.scenario.document))


def a_year(now: Today) -> Today:
    """The same where a year of updates counts."""
    return replace(now, counts_updates=True)


def ways(name: str, now: Today) -> list[Way]:
    """Ways of a lever that applies."""
    found = lever(name).ways(now)
    assert not isinstance(found, str), found
    return list(found)


def why(name: str, now: Today) -> str:
    """Why a lever does not apply."""
    found = lever(name).ways(now)
    assert isinstance(found, str), found
    return found


def after(now: Today, way: Way) -> Ledger:
    """The ledger of a run after one way: scales are of today's leaves."""
    changes = dict(way.sets)
    for name, (value, low, high) in way.scales.items():
        leaf = now.ledger.figures[name]
        changes[f"known.{name}"] = {"value": leaf.value * value, "low": leaf.low * low, "high": leaf.high * high}
    return thirdwatt.estimate(now.ledger.scenario, set=changes, samples=50)


def ratio(now: Today, way: Way, total: str = "energy_kwh") -> float:
    """A total after one way, to today's."""
    then, before = after(now, way).totals[total], now.ledger.totals[total]
    assert then is not None
    assert before is not None
    return then.value / before.value
