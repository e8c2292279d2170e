"""Scenarios side by side, at one boundary, with the interval of their ratio over paired draws."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from thirdwatt.amounts import amount, percent, plain, scale, unit_to_read
from thirdwatt.ledger import Ledger, Total
from thirdwatt.ledger.ledger import ACCOUNTED, TOTALS, total
from thirdwatt.quantity import unit
from thirdwatt.report.phrases import UNKNOWN, column
from thirdwatt.report.text import WIDTH
from thirdwatt.scenario.parse import UNSAID_BASIS

DIFFERENCES = 8
ON_A_BASIS = ("carbon_kg", "carbon_market_kg")
SHOWN = (*ACCOUNTED, "wall_time_h", "mfu")


@dataclass(frozen=True, slots=True)
class Ratio:
    """A total of a scenario to that of the first, and the share of draws in which it is the smaller."""

    ratio: Total
    less: float | None


def ratio(first: Ledger, other: Ledger, name: str) -> Ratio | None:
    """Ratio of a total; draws are paired, since the same fact draws the same in both.

    Carbon of electricity on two bases, direct and life-cycle, has no ratio.
    """
    if name in ON_A_BASIS and bases(first, other):
        return None
    quantity = TOTALS[name]
    one, two = first.samples(quantity), other.samples(quantity)
    if one is None or two is None or not one.all():
        return None
    relative = two / one
    return Ratio(total(relative), float(np.mean(relative[1:] < 1)) if len(relative) > 1 else None)


def bases(first: Ledger, other: Ledger) -> tuple[str, str] | None:
    """The bases of two grid intensities where they are not the same."""
    pair = (first.scenario.choices["basis"], other.scenario.choices["basis"])
    return None if pair[0] == pair[1] or UNSAID_BASIS in pair else pair


def converted(ledger: Ledger, boundary: str) -> str:
    """That a ledger is shown at another boundary than its own; empty where it is not."""
    if ledger.boundary == boundary:
        return ""
    return f"{ledger.scenario.name} states boundary {ledger.boundary}; it is shown at {boundary}"


def differences(first: Ledger, other: Ledger) -> dict[str, tuple[str | None, str | None]]:
    """Choices and stated figures in which two scenarios differ, each as it reads; ``None`` where one says nothing."""
    said = [_said(ledger) for ledger in (first, other)]
    names = dict.fromkeys((*said[0], *said[1]))
    pairs = {name: (said[0].get(name), said[1].get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _said(ledger: Ledger) -> dict[str, str]:
    stated = {
        name: amount(figure.value, unit_to_read(name), 5)
        for name, figure in ledger.scenario.given.items()
        if name in ledger.values
    }
    return {**ledger.scenario.choices, **stated}


def components(first: Ledger, other: Ledger) -> dict[str, float]:
    """What each component's energy adds to the difference of two facilities, in kWh, the largest first."""
    own = {row.name: row.energy_kwh.value for row in first.components}
    added = {row.name: row.energy_kwh.value - own.get(row.name, 0.0) for row in other.components}
    return dict(sorted(added.items(), key=lambda pair: -abs(pair[1])))


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
        rows.append(
            {
                "name": ledger.scenario.name,
                "basis": ledger.scenario.choices["basis"],
                "totals": totals,
                "component_difference_kwh": components(first, ledger),
                "differences": [
                    {"name": name, "first": one, "this": two} for name, (one, two) in differences(first, ledger).items()
                ],
            }
        )
    return {
        "schema": "thirdwatt/compare/1",
        "boundary": first.boundary,
        "seed": first.scores.seed,
        "samples": first.scores.samples,
        "scenarios": rows,
    }


def text(ledgers: Sequence[Ledger], columns: int = WIDTH) -> str:
    """The comparison as a table: value, ratio to the first, interval of the ratio."""
    first = ledgers[0]
    width = max(18, *(len(ledger.scenario.name) + 2 for ledger in ledgers))
    head = f"boundary: {first.boundary}; ratios to {first.scenario.name} with 90 % intervals over paired draws"
    lines = [*textwrap.wrap(head, columns, subsequent_indent="  ", break_on_hyphens=False), ""]
    for name in SHOWN:
        found = [ledger.totals[name] for ledger in ledgers]
        cells = column([None if each is None else each.value for each in found], unit(name))
        lines.append(name if cells.unit else cells.head(name))
        for ledger in ledgers:
            each = ledger.totals[name]
            if each is None:
                lines.append(f"  {ledger.scenario.name:{width}}{UNKNOWN}")
                continue
            line = f"  {ledger.scenario.name:{width}}{cells.amount(each.value):>18}"
            relative = ratio(first, ledger, name) if ledger is not first else None
            if relative is not None:
                three = relative.ratio
                line += f"   x {plain(three.value)} ({plain(three.low)} to {plain(three.high)})"
                if relative.less is not None and three.low != three.high:
                    line += f", less in {percent(relative.less)} of draws"
            elif ledger is not first and name in ON_A_BASIS and (pair := bases(first, ledger)):
                line += f"   not compared: {pair[1]} against {pair[0]}; --set site.basis=life-cycle"
            lines += textwrap.wrap(line, columns, subsequent_indent=" " * 6, break_on_hyphens=False)
    for ledger in ledgers[1:]:
        lines += ["", *_why(first, ledger, columns)]
    return "\n".join(lines) + "\n"


def _why(first: Ledger, other: Ledger, columns: int) -> Iterator[str]:
    added = components(first, other)
    if added and first.boundary == "facility":
        factor, name = scale(added.values(), "kWh")
        parts = ", ".join(f"{part} {kwh / factor:+.3g}" for part, kwh in list(added.items())[:5])
        line = (
            f"{other.scenario.name} against {first.scenario.name}: {sum(added.values()) / factor:+.3g} {name}: {parts}"
        )
        yield from textwrap.wrap(line, columns, subsequent_indent="    ", break_on_hyphens=False)
    pairs = list(differences(first, other).items())
    if not pairs:
        yield f"{other.scenario.name} states what {first.scenario.name} states"
        return
    said = "; ".join(
        f"{name} {one or 'not stated'} -> {two or 'not stated'}" for name, (one, two) in pairs[:DIFFERENCES]
    )
    more = f"; {len(pairs) - DIFFERENCES} more (--json)" if len(pairs) > DIFFERENCES else ""
    yield from textwrap.wrap(f"  what differs: {said}{more}", columns, subsequent_indent="    ", break_on_hyphens=False)
