"""Provenance: how a quantity came about, as a tree down to figures and their sources."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from thirdwatt.ledger.book import Formula
from thirdwatt.ledger.document import locate
from thirdwatt.ledger.ledger import TOTALS, Ledger, Total, path_of, total
from thirdwatt.quantity import BOUNDARIES, axis, unit
from thirdwatt.scenario import InputError, InsufficientError, Mistake
from thirdwatt.scenario.mistakes import nearest
from thirdwatt.scenario.parse import BOUNDARY_QUANTITY


@dataclass(slots=True)
class Node:
    """One quantity in a derivation.

    ``kind`` is *modelled* for what a formula computed. ``parts`` holds the values along an axis by name. ``told`` marks
    a quantity whose own derivation stands earlier in the tree.
    """

    quantity: str
    unit: str
    kind: str
    meaning: str
    total: Total | None = None
    parts: Mapping[str, float] = field(default_factory=dict)
    formula: Formula | None = None
    source: str = ""
    note: str = ""
    told: bool = False
    inputs: list[Node] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The tree as plain data."""
        return {
            "quantity": self.quantity,
            "value": None if self.total is None else self.total.value,
            "low": None if self.total is None else self.total.low,
            "high": None if self.total is None else self.total.high,
            "unit": self.unit,
            "kind": self.kind,
            "parts": dict(self.parts),
            "meaning": self.meaning,
            "alternative": self.formula.alternative if self.formula else None,
            "expression": self.formula.expression if self.formula else None,
            "formula": self.formula.where if self.formula else None,
            "source": self.source,
            "note": self.note,
            "repeated": self.told,
            "inputs": [node.to_dict() for node in self.inputs],
        }


def explain(ledger: Ledger, name: str) -> Node:
    """Derivation of a quantity, or of a total by the name it has in results.

    Raises
    ------
    InputError
        If there is no such quantity in this ledger.
    InsufficientError
        If there is one, and something it needs is not known, or a scaling law would have to tell it of what no law
        tells.
    """
    quantity = _resolve(ledger, name)
    if quantity not in ledger.values:
        known = [*TOTALS, *ledger.values]
        lacking = ledger.program.plan.missing.get(quantity)
        if lacking:
            raise InsufficientError(f"too little is known for {name}: state {', '.join(map(path_of, lacking))}")
        raise InputError([Mistake(name, "is not part of this ledger", nearest(name, known))])
    _refuse(ledger, quantity)
    told: set[str] = set()
    root = _node(ledger, quantity)
    queue = deque([root])
    while queue:
        node = queue.popleft()
        if node.quantity in told:
            node.told = True
            continue
        told.add(node.quantity)
        if node.formula is not None:
            node.inputs = [_node(ledger, argument) for argument in node.formula.arguments]
            queue.extend(node.inputs)
    return root


def _refuse(ledger: Ledger, quantity: str) -> None:
    """Refuse what a scaling law would have to tell outside of what it can."""
    from thirdwatt.formulas import scaling_law
    from thirdwatt.ledger.laws import refusal

    formula = ledger.program.plan.chosen.get(quantity)
    of_law = formula is not None and formula.function.__module__ == scaling_law.__name__
    if of_law and (why := refusal(ledger.scenario)):
        raise InsufficientError(f"{quantity} cannot be told: {why}")


def _resolve(ledger: Ledger, name: str) -> str:
    if name == "energy_kwh":
        return BOUNDARY_QUANTITY[ledger.boundary]
    if ledger.boundary == "facility" and name in ledger.values:
        return name
    return TOTALS.get(name, name)


def _node(ledger: Ledger, quantity: str) -> Node:
    values = ledger.values[quantity]
    formula = ledger.program.plan.chosen.get(quantity)
    figure = ledger.figures.get(quantity)
    scaled = next((each for each in ledger.program.scalings if quantity in each.free), None)
    node = Node(quantity=quantity, unit=unit(quantity), kind="modelled", meaning="", formula=formula)
    if values.ndim == 1:
        node.total = total(values)
    else:
        node.parts = {label: float(part[0]) for label, part in zip(axis(quantity), values, strict=False)}
        if quantity.startswith("boundary_"):
            node.total = total(values[BOUNDARIES.index(ledger.boundary)])
        else:
            node.total = None if quantity.endswith(("_share", "_ratio")) else total(np.sum(values, axis=0))
    if formula is not None:
        node.meaning = formula.meaning
    elif scaled is not None:
        node.meaning = f"scaled by {ledger.factors[scaled.total][0]:.3g} so that {scaled.total} is what is known"
    elif figure is not None:
        node.kind, node.source, node.note = figure.kind, locate(figure.source), figure.note
    return node
