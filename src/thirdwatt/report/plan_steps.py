"""The steps of a plan as a table of a terminal: as many columns as there is room for."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from thirdwatt.amounts import amount, scale
from thirdwatt.report.plan_words import change, effort, less, quality, risk, shorter
from thirdwatt.search.plan.answer import Plan
from thirdwatt.search.plan.goals import UNITS
from thirdwatt.search.plan.path import Path

LEAST_NAME, GAP = 20, 2


def steps(plan: Plan, width: int, *, cut: bool = False) -> list[str]:
    """The steps in their order below a head, and their sum; what has no room is left out from the right."""
    head, rows = table(plan)
    shown, room, lead = columns(plan, width)
    widths = _widths(head, rows)
    lines = []
    for row in (head, *rows):
        cells = "".join(f"{row[at]:>{widths[at]}}" for at in shown)
        number, name = f"{row[0]:>{lead - GAP}}{' ' * GAP}", row[1]
        if cut and len(name) > room and len(brief := shorter(plan.path.steps[int(row[0]) - 1])) <= room:
            name = brief
        if len(name) <= room:
            lines.append(f"{number}{name:{room}}{cells}")
            continue
        lines += textwrap.wrap(name, width, initial_indent=number, subsequent_indent=" " * lead)
        lines.append(f"{' ' * (lead + room)}{cells}")
    return lines


def _widths(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(len(row[at]) for row in (head, *rows)) + GAP for at in range(len(head))]


def columns(plan: Plan, width: int) -> tuple[list[int], int, int]:
    """Which columns there is room for, how wide that of the names is, and what stands before it."""
    head, rows = table(plan)
    widths = _widths(head, rows)
    lead = widths[0]
    shown = [at for at in range(2, len(head)) if lead + LEAST_NAME + sum(widths[2 : at + 1]) <= width]
    names = max(len(row[1]) for row in rows)
    return shown, min(max(names, LEAST_NAME), width - lead - sum(widths[at] for at in shown)), lead


def table(plan: Plan) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Head and rows of the steps: number, what is done, what it takes off, and what it takes."""
    path = plan.path
    symbol = UNITS[plan.goal]
    others = [name for name in ("cost", "energy", "time") if name != plan.goal and _tells(path, name)]
    sums = {name: sum(-step.more[name].value for step in path.steps if name in step.more) for name in others}
    units = {
        name: scale([*(step.more[name].value for step in path.steps if name in step.more), sums[name]], UNITS[name])
        for name in others
    }
    names = {"cost": "", "energy": "energy, ", "time": "run, "}
    head = (
        "", "change", "takes off", "of it", "work, days",
        *(f"{names[name]}{units[name][1]}" for name in others), "risk", "share", "quality",
    )  # fmt: skip
    rows = [
        (
            str(number),
            step.words,
            amount(step.saving.value, symbol),
            less(1 - step.ratio),
            effort(step.effort_d),
            *(change(-step.more[name].value / units[name][0]) if name in step.more else "?" for name in others),
            risk(step),
            less(step.share),
            quality(step),
        )
        for number, step in enumerate(path.steps, 1)
    ]
    if len(rows) > 1:
        whole = float(path.drawn_after[0] / path.drawn_before[0])
        less_all, spent = less(1 - whole), effort(path.effort_d)
        changed = [change(sums[name] / units[name][0]) for name in others]
        rows.append(("", "all of it", amount(plan.saving.value, symbol), less_all, spent, *changed, "", "", ""))
    return head, rows


def _tells(path: Path, name: str) -> bool:
    return any(name in step.more for step in path.steps)
