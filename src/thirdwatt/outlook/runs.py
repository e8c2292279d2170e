"""Published frontier runs by date, and which of them stood at the frontier when they came out."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from os import PathLike, fspath
from pathlib import Path

from thirdwatt.facts import Row, sources, table
from thirdwatt.facts.checks import check
from thirdwatt.facts.prices import today
from thirdwatt.facts.table import HEADER, Table
from thirdwatt.quantity import J_PER_KWH
from thirdwatt.scenario import InputError, Mistake

TABLE = "frontier"

COMPUTE, POWER, ENERGY = "training_flop", "average_power_kw", "facility_energy_kwh"
MEASURES = {COMPUTE: "compute", POWER: "power", ENERGY: "energy"}
"""What is told of a run, and its short name."""

EFFICIENCY = "achieved_flop_per_j"
"""Compute over energy, where both are told."""

IMPUTED = "imputed"
"""Basis of a run whose hours are not published: its energy and power follow from its compute, and prove nothing."""

BASES = ("measured", "reported", "derived", IMPUTED)
"""What the energy of a run is known by, the best first."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A published run; ``when`` is the year with its fraction, a figure that is not known is missing."""

    id: str
    name: str
    when: float
    basis: str
    figures: dict[str, float]

    def says_what(self, other: Run) -> bool:
        """Whether it says all that another one does, and nothing else."""
        mine, theirs = ((each.name, each.when, each.basis, each.figures) for each in (self, other))
        return mine == theirs

    def tells(self, measure: str) -> bool:
        """Whether its figure is more than a guess from its compute."""
        return measure in self.figures and (measure == COMPUTE or self.basis != IMPUTED)


@cache
def runs() -> tuple[Run, ...]:
    """Every run of the table ``frontier``, by date; those of one day by compute."""
    return _in_order(map(_run, table(TABLE)))


def with_own(file: str | PathLike[str]) -> tuple[Run, ...]:
    """The runs of the table and those of a file in its form; a row of the same id stands in place of the table's.

    Raises
    ------
    InputError
        With everything in the file that is wrong.
    """
    path = Path(fspath(file))
    try:
        lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError([Mistake(str(path), f"cannot be read: {getattr(error, 'strerror', None) or error}")]) from None
    cited = {line[6] for line in lines[1:] if len(line) == len(HEADER) and line[6]}
    wrong = [Mistake("", each) for each in check(path.stem, lines, {**sources(), **dict.fromkeys(cited)})]
    own = {} if wrong else dict(Table(TABLE, lines[1:]).rows)
    if not own and not wrong:
        wrong.append(Mistake("", f"{path.name} holds no run", "add a line for each figure, as docs/outlook.md shows"))
    for row in own.values():
        wrong.extend(_not_a_run(row))
    if wrong:
        raise InputError(wrong, str(path))
    found = {run.id: run for run in runs()}
    for run in map(_run, own.values()):
        if run.id not in found or not run.says_what(found[run.id]):
            found[run.id] = run
    return _in_order(found.values())


def _not_a_run(row: Row) -> Iterator[Mistake]:
    if COMPUTE not in row.figures or row.figures[COMPUTE].value <= 0:
        yield Mistake(row.id, f"tells no {COMPUTE}", f"add a line {row.id},{COMPUTE},…")
    if row.text.get("basis") not in BASES:
        yield Mistake(row.id, f"basis {row.text.get('basis', '')!r} says not what it is known by", ", ".join(BASES))
    for name in (POWER, ENERGY):
        if name in row.figures and row.figures[name].value <= 0:
            yield Mistake(row.id, f"{name} is nothing", "leave the line out")
    told = row.text.get("date", "")
    try:
        day = date.fromisoformat(told)
    except ValueError:
        yield Mistake(row.id, f"date {told!r} is no day", "write 2026-05-31")
        return
    if day > today():
        yield Mistake(row.id, f"{told} is yet to come", "a run is published before it is fitted to")


def _run(row: Row) -> Run:
    return Run(row.id, row.name, year_of(row.text["date"]), row.text["basis"], _figures(row))


def _in_order(found: Iterable[Run]) -> tuple[Run, ...]:
    return tuple(sorted(found, key=lambda run: (run.when, run.figures[COMPUTE])))


def _figures(row: Row) -> dict[str, float]:
    found = {name: row.figures[name].value for name in MEASURES if name in row.figures}
    if ENERGY in found:
        found[EFFICIENCY] = found[COMPUTE] / (found[ENERGY] * J_PER_KWH)
    return found


def year_of(day: str) -> float:
    """A date as a year and its fraction.

    Examples
    --------
    >>> year_of("2021-01-01"), round(year_of("2021-07-02"), 2)
    (2021.0, 2021.5)
    """
    told = date.fromisoformat(day)
    first, next_first = date(told.year, 1, 1), date(told.year + 1, 1, 1)
    return told.year + (told - first).days / (next_first - first).days


def at_frontier(among: Sequence[Run], most: int) -> tuple[Run, ...]:
    """Runs that were among the largest so many when they came out, by compute, in the order of dates."""
    largest: list[float] = []
    kept = []
    for run in among:
        largest = sorted((*largest, run.figures[COMPUTE]), reverse=True)[:most]
        if run.figures[COMPUTE] >= largest[-1]:
            kept.append(run)
    return tuple(kept)
