"""The ledger as plain data, schema ``thirdwatt/estimate/1``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

import thirdwatt
from thirdwatt.facts import digest, sources
from thirdwatt.ledger.ledger import Ledger, Total
from thirdwatt.ledger.validated import nearest
from thirdwatt.quantity import unit
from thirdwatt.scenario import Scenario
from thirdwatt.scenario.parse import UNSAID_BASIS

SCHEMA = "thirdwatt/estimate/1"


def document(ledger: Ledger) -> dict[str, Any]:
    """Everything the ledger says. Figures are printed in full, so that parts add up to their totals."""
    return {
        "schema": SCHEMA,
        "version": thirdwatt.__version__,
        "numpy": np.__version__,
        "facts_digest": digest(),
        "seed": ledger.scores.seed,
        "samples": ledger.scores.samples,
        "name": ledger.scenario.name,
        "boundary": ledger.boundary,
        "scenario": resolved(ledger.scenario),
        "formula": ledger.formula,
        "totals": {name: three(total) for name, total in {**ledger.totals, "memory_byte": None}.items()},
        "boundaries": {
            boundary: {name: three(total) for name, total in account.items()}
            for boundary, account in ledger.boundaries.items()
        },
        "components": [
            {
                "component": row.name,
                "energy_kwh": row.energy_kwh.value,
                "cost_usd": value(row.cost_usd),
                "carbon_kg": value(row.carbon_kg),
                "carbon_market_kg": value(row.carbon_market_kg),
                "embodied_kg": value(row.embodied_kg),
                "water_l": value(row.water_l),
                "power_share": row.power_share,
                "cost_share": row.cost_share,
                "quadrant": row.quadrant,
                "reference_quadrant": row.reference_quadrant,
                "scope": row.scope,
                "embodied_scope": row.embodied_scope,
            }
            for row in ledger.components
        ],
        "quadrant": asdict(ledger.scenario.quadrant),
        "phases": [
            {"phase": phase.name, "time_share": phase.time_share, "energy_kwh": phase.energy_kwh.value}
            for phase in ledger.phases
        ],
        "equivalents": [asdict(each) for each in ledger.equivalents()],
        "inputs": [
            {
                "quantity": row.quantity,
                "value": row.figure.value,
                "low": row.figure.low,
                "high": row.figure.high,
                "unit": unit(row.quantity),
                "kind": row.figure.kind,
                "source": locate(row.figure.source),
                "spread_share": row.spread_share,
            }
            for row in ledger.inputs
        ],
        "choices": [
            {"quantity": name, "alternative": formula.alternative, "formula": formula.where}
            for name, formula in sorted(ledger.program.plan.chosen.items())
            if formula.alternative
        ],
        "validation": asdict(nearest(ledger)),
        "assumed_share": ledger.assumed_share,
        "interaction": ledger.interaction,
        "warnings": [asdict(warning) for warning in ledger.warnings],
    }


def three(total: Total | None) -> dict[str, float] | None:
    """A total as value, low and high."""
    return None if total is None else asdict(total)


def value(total: Total | None) -> float | None:
    """The central value alone."""
    return None if total is None else total.value


def locate(source: str) -> str:
    """Title and place of a source of the tables; anything else is said as it was stated."""
    found = sources().get(source)
    return source if found is None else f"{found['title']} ({found['locator']})" if found["locator"] else found["title"]


_PLACES = {
    "model": "workload.model",
    "accelerator": "cluster.accelerator",
    "network": "cluster.network",
    "host": "cluster.host",
    "precision": "layout.precision",
    "region": "site.region",
    "basis": "site.basis",
    "facility": "site.facility",
    "tenure": "site.tenure",
    "media": "storage.media",
}


def resolved(scenario: Scenario) -> dict[str, Any]:
    """The scenario with every choice that was made for it written out: reading it again gives the same ledger."""
    found: dict[str, Any] = _copy(scenario.document)
    for choice, path in _PLACES.items():
        if choice == "facility" and scenario.choices["overhead"] == "region":
            continue  # a facility that is written out would outdo the region's own PUE
        section, field = path.split(".")
        stated = scenario.choices.get(choice, UNSAID_BASIS)
        if stated != UNSAID_BASIS and isinstance(found.setdefault(section, {}), dict):
            found[section][field] = stated
    return found


def _copy(value: Any) -> Any:
    return {key: _copy(inner) for key, inner in value.items()} if isinstance(value, dict) else value
