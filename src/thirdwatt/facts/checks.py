"""What is wrong with a fact table: every mistake, with its line and what would be right.

A figure is held against its unit, its range, its source, its own id, and its neighbours: the other figures of the
same quantity in the same table.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence

from thirdwatt.facts.table import HEADER, TABLES, lines, sources
from thirdwatt.quantity import KINDS, UnitError, dimension, limits

NEIGHBOURS = 8
"""Figures of one quantity from which on a figure can stand out."""

OUTLYING = 6.0
"""Distance from the median of the logarithms, in robust standard deviations, at which a figure stands out."""

LEAST_DEVIATION = 0.25
"""Robust standard deviation of the logarithm below which neighbours are not taken to differ less than they do."""

CONFIDENCES = ("high", "medium", "low")

RETRIEVED = re.compile("[0-9]{4}(-(0[1-9]|1[0-2]))?")
"""When a figure was read: a year, or a month of one."""

SEEN = "outlier checked"
"""In a note: the figure stands out, and is right all the same."""


def check(name: str, rows: Sequence[Sequence[str]], known_sources: Mapping[str, object]) -> list[str]:
    """Every mistake in a table's lines, header first."""
    if not rows or tuple(rows[0]) != HEADER:
        return [f"{name}.csv:1: the header must be {','.join(HEADER)}"]
    mistakes: list[str] = []
    seen: dict[tuple[str, str], int] = {}
    names: dict[str, str] = {}
    sound: list[tuple[str, Sequence[str]]] = []
    for number, line in enumerate(rows[1:], start=2):
        where = f"{name}.csv:{number}"
        if len(line) != len(HEADER):
            mistakes.append(f"{where}: {len(line)} columns where {len(HEADER)} are needed; quote text with commas")
            continue
        row, field, value, low, high, kind, source, retrieved, confidence, _ = line
        if (row, field) in seen:
            mistakes.append(f"{where}: {row} {field} stands in line {seen[row, field]} already")
        seen[row, field] = number
        if kind == "text":
            for alias in value.split("|") if field == "aliases" else ():
                if names.setdefault(alias, row) != row:
                    mistakes.append(f"{where}: alias {alias} is taken by {names[alias]}")
            continue
        wrong = list(_figure_mistakes(field, value, low, high, kind))
        if not wrong:
            sound.append((where, line))
        if source not in known_sources:
            wrong.append(f"source {source!r} is not in sources.csv")
        if not RETRIEVED.fullmatch(retrieved):
            wrong.append(f"retrieved {retrieved!r} is neither a year nor a month; write 2026 or 2026-11")
        if confidence not in CONFIDENCES:
            wrong.append(f"confidence {confidence!r} is none of {', '.join(CONFIDENCES)}")
        mistakes += (f"{where}: {row} {field}: {what}" for what in wrong)
    mistakes += _ids(name, rows[1:])
    mistakes += _rings(name, rows[1:])
    mistakes += _outliers(sound)
    return mistakes


def _figure_mistakes(field: str, value: str, low: str, high: str, kind: str) -> Iterator[str]:
    quantity = field.split("@")[0]
    try:
        dimension(quantity)
    except UnitError as error:
        yield str(error)
    if kind not in KINDS:
        yield f"kind {kind!r} is none of {', '.join(KINDS)}, text"
    try:
        numbers = [float(text) for text in (low or value, value, high or value)]
    except ValueError:
        yield "value, low and high must be numbers"
        return
    if not all(math.isfinite(number) for number in numbers):
        yield "value, low and high must be finite"
        return
    if sorted(numbers) != numbers:
        yield f"low {numbers[0]:g} <= value {numbers[1]:g} <= high {numbers[2]:g} does not hold"
    floor, ceiling = limits(quantity)
    if numbers[0] < floor or numbers[2] > ceiling:
        yield f"outside what is possible, {floor:g} to {ceiling:g}"
    if kind == "assumed" and numbers[0] == numbers[2]:
        yield "an assumed figure needs low and high"
    if kind == "exact" and numbers[0] != numbers[2]:
        yield "an exact figure has no spread"


def _ids(name: str, rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Ids that are not spelt as ids are, and parents that are no row."""
    ids = dict.fromkeys(line[0] for line in rows if line)
    for row in ids:
        if row != row.lower() or " " in row or "_" in row:
            yield f"{name}.csv: id {row!r} must be lower case with hyphens"
    for line in rows:
        if len(line) > 2 and line[1] == "parent" and line[2] not in ids:
            yield f"{name}.csv: {line[0]} stands under {line[2]!r}, which is no row"


def _rings(name: str, rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows that stand under themselves, each ring once: whoever climbs such parents never arrives."""
    lines = {line[0]: number for number, line in enumerate(rows, start=2) if len(line) > 2 and line[1] == "parent"}
    parents = {row: rows[number - 2][2] for row, number in lines.items()}
    climbed: set[str] = set()
    for start in parents:
        path: list[str] = []
        row = start
        while row in parents and row not in climbed:
            climbed.add(row)
            path.append(row)
            row = parents[row]
        if row in path:
            ring = " under ".join((*path[path.index(row) :], row))
            yield f"{name}.csv:{lines[row]}: {ring}: parents lead in a ring; name another parent for one of them"


def _outliers(rows: Iterable[tuple[str, Sequence[str]]]) -> Iterator[str]:
    """Figures far from their neighbours: a forgotten 1,000 shows here."""
    by_field: dict[str, list[tuple[str, str, float, str]]] = {}
    for where, (row, field, value, *_, note) in rows:
        if float(value) > 0:
            by_field.setdefault(field, []).append((where, row, math.log(float(value)), note))
    for field, figures in by_field.items():
        if len(figures) < NEIGHBOURS:
            continue
        logs = [log for _, _, log, _ in figures]
        middle = statistics.median(logs)
        deviation = max(LEAST_DEVIATION, 1.4826 * statistics.median(abs(log - middle) for log in logs))
        for where, row, log, note in figures:
            if abs(log - middle) > OUTLYING * deviation and SEEN not in note:
                yield (
                    f"{where}: {row} {field}: {math.exp(log):.3g} is implausible beside its neighbours, whose median "
                    f"is {math.exp(middle):.3g}; mend it, or write {SEEN!r} in the note"
                )


def check_all() -> list[str]:
    """Every mistake in the tables that ship with the package."""
    return [mistake for name in TABLES for mistake in check(name, lines(name), sources())]
