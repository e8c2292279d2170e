"""Fact tables: how rows are read, found by name and checked.

A table is a CSV file with one row per figure: ``id, field, value, low, high, kind, source, retrieved, confidence,
note``. The field is the name of a quantity, so its unit is its ending; ``field@choice`` is a figure that holds for one
choice, such as a precision. Rows of kind ``text`` describe (name, aliases, links to other tables). To add a chip, add
rows.
"""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from thirdwatt.facts.figure import Figure
from thirdwatt.quantity import KINDS, UnitError, dimension, limits

HEADER = ("id", "field", "value", "low", "high", "kind", "source", "retrieved", "confidence", "note")

TABLES = (
    "accelerators",
    "instances",
    "generations",
    "hosts",
    "networks",
    "media",
    "facilities",
    "regions",
    "models",
    "prices",
    "constants",
)


@dataclass(frozen=True, slots=True)
class Row:
    """Everything a table says of one thing."""

    id: str
    text: Mapping[str, str]
    figures: Mapping[str, Figure]

    @property
    def name(self) -> str:
        """The name people know it by."""
        return self.text.get("name", self.id)

    def aliases(self) -> tuple[str, ...]:
        """Other names it is found by."""
        return tuple(filter(None, self.text.get("aliases", "").split("|")))


def plain(name: str) -> str:
    """Spelling under which names are compared: lower case, spaces and underscores as hyphens.

    Examples
    --------
    >>> plain("A100 80GB")
    'a100-80gb'
    """
    return "-".join(name.lower().replace("_", " ").split())


@dataclass(frozen=True, slots=True)
class Table:
    """Rows by id, and the ids by every name they go by."""

    name: str
    rows: Mapping[str, Row]
    ids: Mapping[str, str]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows.values())

    def find(self, name: str) -> Row | None:
        """Row with this id or alias, however it is spelt."""
        found = self.ids.get(plain(name))
        return self.rows[found] if found else None

    def nearest(self, name: str) -> str | None:
        """Known name that is closest to a misspelt one."""
        import difflib

        close = difflib.get_close_matches(plain(name), self.ids, n=1, cutoff=0.5)
        return self.ids[close[0]] if close else None


def lines(table: str) -> list[list[str]]:
    """Lines of a table as they stand in its file, header first."""
    text = resources.files("thirdwatt.facts").joinpath("tables", f"{table}.csv").read_text(encoding="utf-8")
    return list(csv.reader(text.splitlines()))


def read(name: str, rows: list[list[str]]) -> Table:
    """Build a table from its rows, header first."""
    text: dict[str, dict[str, str]] = {}
    figures: dict[str, dict[str, Figure]] = {}
    for row, field, value, low, high, kind, source, _, _, note in rows[1:]:
        if kind == "text":
            text.setdefault(row, {})[field] = value
            figures.setdefault(row, {})
            continue
        number = float(value)
        figures.setdefault(row, {})[field] = Figure(
            value=number,
            low=float(low) if low else number,
            high=float(high) if high else number,
            kind=kind,
            source=source,
            stream=f"{name}/{row}/{field}",
            note=note,
        )
    found = {row: Row(row, text.get(row, {}), figures[row]) for row in figures}
    ids = {plain(alias): row.id for row in found.values() for alias in (*row.aliases(), row.id)}
    return Table(name, found, ids)


@cache
def table(name: str) -> Table:
    """One of the tables that ship with the package."""
    return read(name, lines(name))


@cache
def sources() -> Mapping[str, Mapping[str, str]]:
    """Where figures come from: id to title, year, locator, licence."""
    header, *rows = lines("sources")
    return {row[0]: dict(zip(header, row, strict=True)) for row in rows}


@cache
def digest() -> str:
    """Twelve hex digits that change whenever any figure or source does."""
    total = hashlib.sha256()
    for name in (*TABLES, "equivalents", "sources"):
        for line in lines(name):
            total.update("\x1f".join(line).encode())
    return total.hexdigest()[:12]


# --- checks -------------------------------------------------------------------------------------------------------


def check(name: str, rows: list[list[str]], known_sources: Mapping[str, object]) -> list[str]:
    """Every mistake in a table's lines, each with where it stands and what would be right."""
    if not rows or tuple(rows[0]) != HEADER:
        return [f"{name}.csv:1: the header must be {','.join(HEADER)}"]
    mistakes: list[str] = []
    seen: dict[tuple[str, str], int] = {}
    names: dict[str, str] = {}
    for number, line in enumerate(rows[1:], start=2):
        where = f"{name}.csv:{number}"
        if len(line) != len(HEADER):
            mistakes.append(f"{where}: {len(line)} columns where {len(HEADER)} are needed; quote text with commas")
            continue
        row, field, value, low, high, kind, source = line[:7]
        if (row, field) in seen:
            mistakes.append(f"{where}: {row} {field} stands in line {seen[row, field]} already")
        seen[row, field] = number
        if kind == "text":
            for alias in value.split("|") if field == "aliases" else ():
                if names.setdefault(alias, row) != row:
                    mistakes.append(f"{where}: alias {alias} is taken by {names[alias]}")
            continue
        mistakes += (f"{where}: {row} {field}: {wrong}" for wrong in _figure_mistakes(field, value, low, high, kind))
        if source not in known_sources:
            mistakes.append(f"{where}: {row} {field}: source {source!r} is not in sources.csv")
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


def check_all() -> list[str]:
    """Every mistake in the tables that ship with the package."""
    return [mistake for name in TABLES for mistake in check(name, lines(name), sources())]
