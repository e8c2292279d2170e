"""Contracted power: the market-based account alone."""

from __future__ import annotations

from tests.search.levers.priced import ratio, reason, today, ways
from thirdwatt.search.levers.contracted_power import LEVER


def test_location_based_carbon_stays() -> None:
    run = today("llama-3.1-405b", {"site.contracted_share": 0.4})
    (way,) = ways(LEVER, run)
    assert ratio(run, way, "carbon_market_kg") == 0
    assert ratio(run, way, "carbon_kg") == 1
    assert ratio(run, way) == 1
    assert "location-based" in LEVER.changes


def test_it_says_why_not() -> None:
    assert "already" in reason(LEVER, today("llama-3.1-405b", {"site.contracted_share": 1}))
