"""A run as levers see it, one of their ways, and what the run takes after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import thirdwatt
from thirdwatt.ledger import Ledger
from thirdwatt.ledger.pricing import OF_DEVELOPMENT
from thirdwatt.search.documents import paths_of
from thirdwatt.search.levers import levers
from thirdwatt.search.levers.lever import Lever, Today, Way

SAMPLES = 50
"""Draws: enough for an interval to have two ends, few enough to be quick."""


def lever(name: str) -> Lever:
    """The lever of a name."""
    return next(each for each in levers() if each.id == name)


def today(base: Any, change: Mapping[str, Any] | None = None, /, **known: Any) -> Today:
    """A scenario as its levers see it, with fields changed, or quantities known of it; a dot in a path is written
    ``__``.
    """
    said = {name.replace("__", ".") if "__" in name else f"known.{name}": value for name, value in known.items()}
    return _seen(base, {**(change or {}), **said})


def developed(base: Any, change: Mapping[str, Any]) -> Today:
    """The same where the runs before the final one count."""
    return replace(_seen(base, change, OF_DEVELOPMENT), counts_development=True)


def _seen(base: Any, change: Mapping[str, Any], also: Sequence[str] = ()) -> Today:
    ledger = thirdwatt.estimate(base, set=change, samples=SAMPLES, also=also)
    return Today(ledger, paths_of(ledger.scenario.document))


def a_year(run: Today) -> Today:
    """The same where a year of updates counts."""
    return replace(run, counts_updates=True)


def ways(pulled: Lever | str, run: Today) -> tuple[Way, ...]:
    """Ways of a lever that applies."""
    found = (lever(pulled) if isinstance(pulled, str) else pulled).ways(run)
    assert not isinstance(found, str), found
    return tuple(found)


def reason(pulled: Lever | str, run: Today) -> str:
    """Why a lever does not apply."""
    found = (lever(pulled) if isinstance(pulled, str) else pulled).ways(run)
    assert isinstance(found, str), found
    return found


def after(run: Today, way: Way) -> Ledger:
    """The ledger after a way, its ratios put on what their leaves are today."""
    changes = dict(way.sets)
    for name, (middle, low, high) in way.scales.items():
        leaf = run.ledger.figures[name]
        changes[f"known.{name}"] = {"value": leaf.value * middle, "low": leaf.low * low, "high": leaf.high * high}
    also = OF_DEVELOPMENT if run.counts_development else ()
    return thirdwatt.estimate(run.ledger.scenario, set=changes, samples=SAMPLES, also=also)


def value(ledger: Ledger, quantity: str) -> float:
    """Central value of a quantity or a total that is known."""
    found = ledger.totals.get(quantity) or ledger.of(quantity)
    assert found is not None
    return found.value


def ratio(run: Today, way: Way, quantity: str = "facility_energy_kwh") -> float:
    """A quantity after a way, to today's."""
    return value(after(run, way), quantity) / value(run.ledger, quantity)
