"""A reconciliation as people read it: the waterfall as a table, in one sentence, and as plain data."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from thirdwatt.amounts import amount, percent, plain, scale, unit_to_read
from thirdwatt.quantity import unit
from thirdwatt.report.reconciliation import STEPS, Reconciliation, Step, equal, largest, links
from thirdwatt.report.sides import BASES, HOURS_FROM_WORK, Side
from thirdwatt.report.text import WIDTH

LABEL, FIGURE, SHARE = 42, 14, 9
LEAST_LABEL = 17
"""Widths of the columns of the table, that of labels where there is room and where there is little."""


def sentence(found: Reconciliation) -> str:
    """What became of the first figure and what most of that is, in words."""
    symbol = unit(found.quantity)
    one, two = found.first.values[found.quantity], found.second.values[found.quantity]
    most = largest(found)
    if equal(found):
        both = f"{found.first.name} and {found.second.name} both come to {amount(one, symbol)}"
        return f"{both}." if most is None else f"{both}: their factors differ and make up for each other."
    become = f"{amount(one, symbol)} ({found.first.name}) become {amount(two, symbol)} ({found.second.name})."
    if most is None:
        return become
    chief = "Most of the difference" if most.difference / found.difference > 0.5 else "The largest step"
    return f"{become} {chief} is {most.meaning}."


def document(found: Reconciliation) -> dict[str, Any]:
    """The reconciliation as plain data, schema ``thirdwatt/reconcile/1``."""
    sides = [
        {
            "name": side.name,
            "kind": side.kind,
            "boundary": side.boundary,
            "value": side.values[found.quantity],
            "factors": dict(side.factors),
            "notes": [*side.notes, *_unlike(found)],
        }
        for side in (found.first, found.second)
    ]
    return {
        "schema": "thirdwatt/reconcile/1",
        "quantity": found.quantity,
        "unit": unit(found.quantity),
        "first": sides[0],
        "second": sides[1],
        "difference": found.difference,
        "steps": [asdict(step) for step in found.steps],
        "residual": found.residual,
    }


def text(found: Reconciliation, columns: int = WIDTH) -> str:
    """The waterfall as a table."""
    return "\n".join(line.rstrip() for line in _lines(found, columns)) + "\n"


def _lines(found: Reconciliation, columns: int) -> Iterator[str]:
    yield from textwrap.wrap(_heading(found), columns, subsequent_indent="  ")
    yield ""
    if equal(found):
        yield from textwrap.wrap(sentence(found), columns, subsequent_indent="  ")
    if not equal(found) or largest(found) is not None:
        yield from _table(found, columns)
    notes = [f"{side.name}: {note}" for side in (found.first, found.second) for note in side.notes]
    notes += [*_unlike(found), *_gaps(found)]
    shares = [step.difference / found.difference for step in found.steps] if not equal(found) else []
    if any(share >= 1.005 for share in shares):
        notes.append("Shares are of the difference; factors in opposite directions make some of them more than 100 %.")
    if notes:
        yield ""
    for note in notes:
        yield from textwrap.wrap(note, columns, subsequent_indent="  ")


def _heading(found: Reconciliation) -> str:
    """Both figures; of carbon also how it was counted, as far as either side tells."""
    symbol = unit(found.quantity)
    sides = (found.first, found.second)
    methods = [side.method or "method not told" for side in sides]
    if found.quantity == "energy_kwh":
        what, methods = "energy", ["", ""]
    elif methods[0] == methods[1]:
        what, methods = f"carbon, {methods[0]}", ["", ""]
    else:
        what, methods = "carbon", [f", {method}" for method in methods]
    one, two = (
        f"{amount(side.values[found.quantity], symbol)} ({side.name}{method})"
        for side, method in zip(sides, methods, strict=True)
    )
    return f"{what}: {one} against {two}"


def _table(found: Reconciliation, columns: int) -> Iterator[str]:
    symbol = unit(found.quantity)
    one, two = (side.values[found.quantity] for side in (found.first, found.second))
    factor, name = scale([one, two], symbol)

    def said(value: float) -> str:
        """In the unit of the table, unless it is too small for that."""
        if abs(value) <= found.negligible:
            return "0"
        sign = "-" if value < 0 else ""
        size = abs(value)
        return sign + (f"{plain(size / factor, 4)} {name}" if size >= 1e-3 * factor else amount(size, symbol, 4))

    yield from _row(columns, f"{found.first.name} ({found.first.boundary})", said(one))
    for step in found.steps:
        change = said(step.difference)
        more = "" if change == "0" or step.difference < 0 else "+"
        share = "" if change == "0" or equal(found) else _share(step.difference / found.difference)
        yield from _row(columns, f"  {step.meaning}", more + change, share, _ends(step))
    yield from _row(columns, f"{found.second.name} ({found.second.boundary})", said(two))
    yield from _row(columns, "residual", said(found.residual))


def _row(columns: int, label: str, figure: str, share: str = "", ends: str = "") -> Iterator[str]:
    """A line of the table; where it is too narrow for the ends of a factor, they stand under its name."""
    indent = "    " if label.startswith(" ") else "  "
    wide = max(LEAST_LABEL, min(LABEL, columns - FIGURE - SHARE))
    first, *more = textwrap.wrap(label, wide - 1, subsequent_indent=indent, break_on_hyphens=False)
    line = f"{first:{wide}}{figure:>{FIGURE}}   {share:>6}"
    if wide == LABEL:
        yield f"{line}   {ends}"
        yield from more
        return
    yield line
    yield from more
    yield from textwrap.wrap(ends, columns, initial_indent=indent, subsequent_indent=indent)


def _share(share: float) -> str:
    size = percent(abs(share))
    return f"-{size}" if share < 0 and not size.startswith("<") else size


def _unlike(found: Reconciliation) -> Iterator[str]:
    """What is to be known where the two grid intensities do not count the same."""
    one, two = found.first.basis, found.second.basis
    if found.quantity != "carbon_kg" or not one or not two or one == two:
        return
    counts = "; ".join(BASES.get(basis, basis) for basis in (one, two))
    yield (
        f"grid intensity of {found.first.name} is {one}, of {found.second.name} {two} ({counts}): that step is "
        "what is counted and not only what was emitted; site.basis in a scenario asks for one basis"
    )


def _gaps(found: Reconciliation) -> Iterator[str]:
    """What either side says nothing of, where that leaves a step."""
    if not any(step.quantity == "not_told" for step in found.steps):
        return
    gaps = []
    for one, other in ((found.first, found.second), (found.second, found.first)):
        lacking = [STEPS[name] for name in _lacking(one, other, found)]
        gaps += [f"{other.name} says nothing of {', '.join(lacking)}"] if lacking else []
    yield f"not told by both: {'; '.join(gaps)}" if gaps else "not told by both sides"


def _lacking(one: Side, other: Side, found: Reconciliation) -> list[str]:
    hours_told = "accelerator_hours" in other.factors
    wanted = ("accelerator_hours", *(() if hours_told else HOURS_FROM_WORK), *links(found.quantity))
    return [name for name in STEPS if name in wanted and name in one.factors and name not in other.factors]


def step_ends(step: Step) -> tuple[str, str]:
    """A factor on either side as people read it; empty where it is not told."""
    symbol = "1" if step.quantity.endswith("_ratio") else unit_to_read(step.quantity)

    def said(value: float | None) -> str:
        return "" if value is None else plain(value) if symbol == "1" else amount(value, symbol)

    return said(step.first), said(step.second)


def _ends(step: Step) -> str:
    return " -> ".join(dict.fromkeys(filter(None, step_ends(step))))
