"""The ledger: the book evaluated for a scenario, with the provenance of every number."""

from __future__ import annotations

from thirdwatt.ledger.ledger import Component, Equivalence, Input, Ledger, Phase, Total
from thirdwatt.ledger.pricing import TableRow, estimate, estimate_table, scenario_of
from thirdwatt.ledger.sweep import sweep

__all__ = [
    "Component",
    "Equivalence",
    "Input",
    "Ledger",
    "Phase",
    "TableRow",
    "Total",
    "estimate",
    "estimate_table",
    "scenario_of",
    "sweep",
]
