"""The steps of a plan as a table of a terminal: as many columns as there is room for."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from thirdwatt.amounts import plain
from thirdwatt.ledger.change import Three
from thirdwatt.report.phrases import Column, column
from thirdwatt.report.plan_words import AFTER, change, less, quality, risk, shorter
from thirdwatt.search.plan.answer import Plan
from thirdwatt.search.plan.goals import UNITS
from thirdwatt.search.plan.path import Path

LEAST_NAME, WHOLE_NAME, GAP = 20, 32, 2
"""Characters that names have at least, that they have before a column of :data:`BESIDE` is told, between columns."""
BESIDE = ("risk", "quality")
"""Columns that a sentence below the table tells as well."""
WHOLE = "all of it"
OTHERS = {"cost": "cost", "energy": "energy", "time": "run time"}
"""What a step changes beside the goal, and what stands over it."""
SHORT = {"million USD": "M USD", "billion USD": "bn USD"}
"""Units that would make a column wider than its figures are."""


@dataclass(frozen=True, slots=True)
class Told:
    """One column: what it tells, in which unit or of what, and a cell for every row."""

    name: str
    of: str
    cells: tuple[str, ...]

    @property
    def width(self) -> int:
        """How wide it is, with the gap before it."""
        return max(map(len, (self.name, self.of, *self.cells))) + GAP


def steps(plan: Plan, width: int, *, cut: bool = False) -> list[str]:
    """The steps in their order below a head of two lines, and their sum.

    Parameters
    ----------
    width
        What there is no room for is left out from the right.
    cut
        Whether what is done is said by the lever's name where it takes more than one line.
    """
    shown = columns(plan, width)
    names = [step.words for step in plan.path.steps] + ([WHOLE] if len(plan.path.steps) > 1 else [])
    lead = len(str(len(plan.path.steps))) + GAP
    room = min(max(LEAST_NAME, *map(len, names)), width - lead - sum(each.width for each in shown))
    lines = [
        f"{' ' * lead}{name:{room}}{_row(shown, words)}"
        for name, words in (("change", [each.name for each in shown]), ("", [each.of for each in shown]))
    ]
    for at, name in enumerate(names):
        number = f"{'' if name == WHOLE else at + 1:>{lead - GAP}}{' ' * GAP}"
        brief = shorter(plan.path.steps[at]) if cut and name != WHOLE and len(name) > room else name
        first, *rest = _broken(brief if len(brief) < len(name) else name, room, width - lead)
        cells = _row(shown, [each.cells[at] for each in shown])
        if len(first) <= room:
            lines.append(f"{number}{first:{room}}{cells}")
            lines += [f"{' ' * lead}{each}" for each in rest]
        else:
            lines += [f"{number}{first}", *(f"{' ' * lead}{each}" for each in rest), f"{' ' * (lead + room)}{cells}"]
    return lines


def _row(shown: Sequence[Told], cells: Iterable[str]) -> str:
    return "".join(f"{cell:>{each.width}}" for each, cell in zip(shown, cells, strict=True))


def _broken(name: str, room: int, whole: int) -> list[str]:
    """A name in two lines of its column, or across the whole table if that takes more."""
    narrow = textwrap.wrap(name, room, break_long_words=False, break_on_hyphens=False)
    fits = len(narrow) <= 2 and max(map(len, narrow)) <= room
    return narrow if fits else textwrap.wrap(name, whole, break_long_words=False, break_on_hyphens=False)


def columns(plan: Plan, width: int) -> list[Told]:
    """The first columns, as many as there is room for beside the names."""
    shown, room = [], width - len(str(len(plan.path.steps))) - GAP
    names = min(WHOLE_NAME, max((len(shorter(step)) for step in plan.path.steps), default=0))
    for each in table(plan):
        room -= each.width
        if room < max(LEAST_NAME, names if each.name in BESIDE else 0):
            break
        shown.append(each)
    return shown


def table(plan: Plan) -> list[Told]:
    """Every column that there is, those first that a narrow screen should keep."""
    path = plan.path
    several = len(path.steps) > 1
    saved = column([*(step.saving.value for step in path.steps), plan.saving.value], UNITS[plan.goal])
    share = ("100 %",) if several else ()
    blank = ("",) if several else ()
    return [
        Told(
            "takes off",
            _unit(saved, AFTER.get(plan.goal, "")),
            (*(saved.cell(step.saving.value) for step in path.steps), *_last(several, saved.cell(plan.saving.value))),
        ),
        Told(
            "of what",
            "was left",
            (
                *(less(1 - step.ratio) for step in path.steps),
                *_last(several, less(1 - float(path.drawn_after[0] / path.drawn_before[0]))),
            ),
        ),
        Told("share of", "the path", (*(less(step.share) for step in path.steps), *share)),
        Told(
            "days of",
            "work",
            (*(days_of(step.effort_d) for step in path.steps), *_last(several, days_of(path.effort_d))),
        ),
        *_others(path, plan.goal, several=several),
        Told("risk", "", (*map(risk, path.steps), *blank)),
        Told("quality", "", (*map(quality, path.steps), *blank)),
    ]


def _last(several: bool, cell: str) -> tuple[str, ...]:
    return (cell,) if several else ()


def _unit(cells: Column, after: str = "") -> str:
    return "" if cells.unit is None else f"{SHORT.get(cells.unit[1], cells.unit[1])}{after}"


def _others(path: Path, goal: str, *, several: bool) -> Iterable[Told]:
    """What the steps change beside the goal; what is not known of any of them is left out."""
    for name, head in OTHERS.items():
        if name == goal or not any(name in step.more for step in path.steps):
            continue
        found = [-step.more[name].value if name in step.more else None for step in path.steps]
        values = [*found, sum(value for value in found if value is not None)] if several else found
        cells = column(values, UNITS[name])
        yield Told(head, _unit(cells), tuple(_risen(cells, value) for value in values))


def _risen(cells: Column, value: float | None) -> str:
    """By how much an account rises, with its sign."""
    if value is None:
        return "?"
    if cells.unit is not None:
        return change(value / cells.unit[0])
    said = cells.cell(abs(value))
    return f"{'-' if value < 0 else '+'}{said}" if value else said


def days_of(three: Three) -> str:
    """Days of work with their range, as short as can be: "7 (3-15)"."""
    value, low, high = three
    return plain(value) if low == high else f"{plain(value)} ({plain(low)}-{plain(high)})"
