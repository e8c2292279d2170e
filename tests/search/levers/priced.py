"""A run as levers see it, and what it takes after one of their ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import thirdwatt
from thirdwatt.ledger import Ledger
from thirdwatt.ledger.pricing import OF_DEVELOPMENT
from thirdwatt.search.documents import paths_of
from thirdwatt.search.levers.lever import Lever, Today, Way


def today(base: Any, change: Mapping[str, Any] | None = None, *, development: bool = False) -> Today:
    """A scenario without draws, as its levers see it."""
    ledger = thirdwatt.estimate(base, set=change, samples=1, also=OF_DEVELOPMENT if development else ())
    return Today(ledger, paths_of(ledger.scenario.document), counts_development=development)


def ways(lever: Lever, run: Today) -> tuple[Way, ...]:
    """Ways of a lever that applies."""
    found = lever.ways(run)
    assert not isinstance(found, str), found
    return tuple(found)


def reason(lever: Lever, run: Today) -> str:
    """Why a lever does not apply."""
    found = lever.ways(run)
    assert isinstance(found, str), found
    return found


def after(run: Today, way: Way) -> Ledger:
    """The ledger after a way, its ratios put on what their leaves are today."""
    scaled = {f"known.{name}": run.ledger.figures[name].value * by[0] for name, by in way.scales.items()}
    also = OF_DEVELOPMENT if run.counts_development else ()
    return thirdwatt.estimate(run.ledger.scenario, set={**way.sets, **scaled}, samples=1, also=also)


def value(ledger: Ledger, quantity: str) -> float:
    """Central value of a quantity that is known."""
    found = ledger.of(quantity)
    assert found is not None
    return found.value


def ratio(run: Today, way: Way, quantity: str = "facility_energy_kwh") -> float:
    """A quantity after a way, to today's."""
    return value(after(run, way), quantity) / value(run.ledger, quantity)
