"""Scenarios side by side, at one boundary, with the interval of their ratio over paired draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from thirdwatt.ledger import Ledger, Total
from thirdwatt.ledger.ledger import TOTALS, total
from thirdwatt.quantity import unit
from thirdwatt.report.numbers import amount, plain

SHOWN = ("energy_kwh", "cost_usd", "carbon_kg", "carbon_market_kg", "embodied_kg", "water_l", "wall_time_h", "mfu")


@dataclass(frozen=True, slots=True)
class Ratio:
    """A total of a scenario to that of the first, and the share of draws in which it is the smaller."""

    ratio: Total
    less: float | None


def ratio(first: Ledger, other: Ledger, name: str) -> Ratio | None:
    """Ratio of a total; draws are paired, since the same fact draws the same in both."""
    quantity = TOTALS[name]
    one, two = first.samples(quantity), other.samples(quantity)
    if one is None or two is None or not one.all():
        return None
    relative = two / one
    return Ratio(total(relative), float(np.mean(relative[1:] < 1)) if len(relative) > 1 else None)


def document(ledgers: Sequence[Ledger]) -> dict[str, Any]:
    """The comparison as plain data, schema ``thirdwatt/compare/1``."""
    first = ledgers[0]
    rows = []
    for ledger in ledgers:
        totals: dict[str, Any] = {}
        for name in TOTALS:
            each, relative = ledger.totals[name], ratio(first, ledger, name)
            totals[name] = None if each is None else {"value": each.value, "low": each.low, "high": each.high}
            if relative is not None and totals[name] is not None:
                three = relative.ratio
                totals[name]["ratio"] = {
                    "value": three.value,
                    "low": three.low,
                    "high": three.high,
                    "less": relative.less,
                }
        rows.append({"name": ledger.scenario.name, "totals": totals})
    return {
        "schema": "thirdwatt/compare/1",
        "boundary": first.boundary,
        "seed": first.scores.seed,
        "samples": first.scores.samples,
        "scenarios": rows,
    }


def text(ledgers: Sequence[Ledger]) -> str:
    """The comparison as a table: value, ratio to the first, interval of the ratio."""
    first = ledgers[0]
    width = max(18, *(len(ledger.scenario.name) + 2 for ledger in ledgers))
    lines = [f"boundary: {first.boundary}; ratios to {first.scenario.name} with 90 % intervals over paired draws", ""]
    for name in SHOWN:
        lines.append(name)
        for ledger in ledgers:
            each = ledger.totals[name]
            if each is None:
                lines.append(f"  {ledger.scenario.name:{width}}unknown")
                continue
            line = f"  {ledger.scenario.name:{width}}{amount(each.value, unit(name)):>18}"
            relative = ratio(first, ledger, name) if ledger is not first else None
            if relative is not None:
                three = relative.ratio
                line += f"   x {plain(three.value)} ({plain(three.low)} to {plain(three.high)})"
                if relative.less is not None and three.low != three.high:
                    line += f", less in {relative.less:.0%} of draws"
            lines.append(line)
    return "\n".join(lines) + "\n"
