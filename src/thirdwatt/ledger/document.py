"""The ledger as plain data, schema ``thirdwatt/estimate/1``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

import thirdwatt
from thirdwatt.facts import digest, sources
from thirdwatt.ledger.development import document as project
from thirdwatt.ledger.fit import DEGREES, fit
from thirdwatt.ledger.ledger import ACCOUNTED, Ledger, Total
from thirdwatt.ledger.validated import nearest as nearest_run
from thirdwatt.quantity import unit
from thirdwatt.scenario import Scenario
from thirdwatt.scenario.parse import UNSAID_BASIS

SCHEMA = "thirdwatt/estimate/1"


def document(ledger: Ledger) -> dict[str, Any]:
    """Everything the ledger says. Figures are printed in full, so that parts add up to their totals."""
    development = project(ledger)
    beside = {} if development is None else {"development": development}
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
        "totals": {name: three(total) for name, total in ledger.totals.items()},
        "boundaries": {
            boundary: {name: three(total) for name, total in account.items()}
            for boundary, account in ledger.boundaries.items()
        },
        "components": [
            {
                "component": row.name,
                **{name: value(row.accounts[name]) for name in ACCOUNTED},
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
        "layout": _layout(ledger),
        "memory": _memory(ledger),
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
                "sources": list(cited(row.figure.source)),
                "spread_share": row.spread_share,
            }
            for row in ledger.inputs
        ],
        "observations": [seen._asdict() for seen in ledger.scenario.observations if seen.scope == "rate"],
        "choices": [
            {"quantity": name, "alternative": formula.alternative, "formula": formula.where}
            for name, formula in sorted(ledger.program.plan.chosen.items())
            if formula.alternative
        ],
        "validation": asdict(nearest_run(ledger)),
        "assumed_share": ledger.assumed_share,
        "interaction": ledger.interaction,
        "warnings": [asdict(warning) for warning in ledger.warnings],
        **beside,
    }


def _layout(ledger: Ledger) -> dict[str, float]:
    """Degrees of the layout as the step model took them; empty where no step is modelled."""
    found = {name: ledger.of(quantity) for name, quantity in DEGREES.items()}
    return {name: total.value for name, total in found.items() if total is not None}


def _memory(ledger: Ledger) -> dict[str, Any] | None:
    found = fit(ledger)
    if found is None:
        return None
    return {
        "needed_byte": three(found.needed),
        "capacity_byte": found.capacity_byte,
        "fits": found.fits,
        "layout_stated": found.layout_stated,
        "buckets": dict(found.buckets),
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


def cited(source: str) -> tuple[str, ...]:
    """Sources that a figure names: ids of the table of sources, or one that somebody stated in their own words.

    Examples
    --------
    >>> cited("si, definition"), cited("Smith, J., 2024")
    (('si', 'definition'), ('Smith, J., 2024',))
    """
    parts = tuple(source.split(", "))
    return parts if all(part in sources() for part in parts) else (source,)


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
    found = copied(scenario.document)
    for choice, path in _PLACES.items():
        if choice == "facility" and scenario.choices["overhead"] == "region":
            continue  # a facility that is written out would outdo the region's own PUE
        section, field = path.split(".")
        if choice == "region" and field not in scenario.document.get(section, {}):
            continue  # it is what nobody chose; written out it would be said to stand beside a stated intensity
        stated = scenario.choices.get(choice, UNSAID_BASIS)
        if stated != UNSAID_BASIS and isinstance(found.setdefault(section, {}), dict):
            found[section][field] = stated
    return found


def copied(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document of which every section may be changed without changing the original."""
    return {key: copied(inner) if isinstance(inner, Mapping) else inner for key, inner in document.items()}
