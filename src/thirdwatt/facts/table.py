"""Fact tables: how rows are read and found by name.

A table is a CSV file with one line per figure: ``id, field, value, low, high, kind, source, retrieved, confidence,
note``. The field is the name of a quantity, so its unit is its ending; ``field@choice`` is a figure that holds for one
choice, such as a precision or a basis. Lines of kind ``text`` describe (name, aliases, links to other tables). To add a
chip, add lines; :mod:`thirdwatt.facts.checks` says what is wrong with them.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources

from thirdwatt.facts.figure import Figure

HEADER = ("id", "field", "value", "low", "high", "kind", "source", "retrieved", "confidence", "note")

TABLES = {
    "accelerators": "chips and boards: peaks, watts, memory, prices, footprints",
    "instances": "machines to rent by name: which chips, how many",
    "generations": "families of chips: utilisation and load that training reaches",
    "stacks": "training software: kernels, overlap, overheads, how far steps differ from the model",
    "hosts": "servers around the chips, per chip",
    "networks": "adapters and switches, per port",
    "media": "storage media, per TB",
    "processes": "manufacturing processes: area, energy, voltage, price and defects against a reference",
    "memories": "kinds of memory: rate, energy and area of one stack or device",
    "links": "links between chips: energy, rate and area of one port",
    "chips": "what the dies of accelerators are built of",
    "silicon": "energies and areas of the parts of a chip at the reference process",
    "facilities": "kinds of site, fleets, named sites: PUE and WUE",
    "grids": "countries, states, subregions, cloud regions, technologies: intensity, water, price",
    "updates": "ways to take new data into a trained model: what each processes, its evidence and its limits",
    "laws": "scaling laws: constants of each fit and the range it was fitted in",
    "models": "architectures and data of published models; estimates of undisclosed ones",
    "prices": "rents by chip, vendor, term and month",
    "components": "published and derived breakdowns of clusters, to compare with",
    "embodied": "published footprints of making hardware, to compare with",
    "runs": "published training runs, to hold estimates against",
    "developments": "published projects: all work to that of the final run, to compare with",
    "frontier": "largest published training runs by date: compute, power, energy, what each is known by",
    "demand": "electricity of data centres, AI, companies; generation, intensity by place, year; forecasts as issued",
    "outlook": "how fast things grow, what bounds them, what data centres share out",
    "standards": "constants and thresholds of standards and laws",
    "constants": "definitions, defaults and assumptions of the book",
}
"""Tables of figures and what they hold; ``equivalents`` and ``sources`` have forms of their own."""


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


def plain(name: str) -> str:
    """Spelling under which names are compared: lower case, spaces and underscores as hyphens.

    Examples
    --------
    >>> plain("A100 80GB")
    'a100-80gb'
    """
    return "-".join(name.lower().replace("_", " ").split())


def under(rows: Iterable[Mapping[str, Figure]], conditions: Collection[str]) -> dict[str, Figure]:
    """Figures of rows that hold under some conditions, by quantity.

    Parameters
    ----------
    rows
        The general ones first: a later row hides what an earlier one says of the same quantity.
    conditions
        What may stand behind an ``@``; a figure that asks for one goes before one of its row that asks for none.
    """
    found: dict[str, Figure] = {}
    for figures in rows:
        of_row: dict[str, Figure] = {}
        for name, figure in figures.items():
            quantity, _, condition = name.partition("@")
            if not condition:
                of_row.setdefault(quantity, figure)
            elif condition in conditions:
                of_row[quantity] = figure
        found |= of_row
    return found


class Rows(Mapping[str, Row]):
    """Rows of a table by id, each built when it is first asked for: a run needs a dozen of a thousand."""

    def __init__(self, table: str, lines: Sequence[Sequence[str]]) -> None:
        self._table = table
        self._lines: dict[str, list[Sequence[str]]] = {}
        self._built: dict[str, Row] = {}
        for line in lines:
            self._lines.setdefault(line[0], []).append(line)

    def __getitem__(self, row: str) -> Row:
        found = self._built.get(row)
        if found is None:
            found = self._built[row] = self._build(row)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def _build(self, row: str) -> Row:
        text: dict[str, str] = {}
        figures: dict[str, Figure] = {}
        for _, field, value, low, high, kind, source, retrieved, confidence, note in self._lines[row]:
            if kind == "text":
                text[field] = value
                continue
            number = float(value)
            figures[field] = Figure(
                value=number,
                low=float(low) if low else number,
                high=float(high) if high else number,
                kind=kind,
                source=source,
                stream=f"{self._table}/{row}/{field}",
                note=note,
                retrieved=retrieved,
                confidence=confidence,
            )
        return Row(row, text, figures)


class Table:
    """Rows by id, and the ids by every name they go by."""

    def __init__(self, name: str, lines: Sequence[Sequence[str]]) -> None:
        self.name = name
        self.rows = Rows(name, lines)
        self._aliases = [(line[0], line[2]) for line in lines if line[1] == "aliases"]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows.values())

    @cached_property
    def ids(self) -> Mapping[str, str]:
        """Id by every name in its plain spelling."""
        return {plain(name): row for row, names in self._aliases for name in names.split("|")} | {
            plain(row): row for row in self.rows
        }

    def find(self, name: str) -> Row | None:
        """Row with this id or alias, however it is spelt."""
        found = self.ids.get(plain(name))
        return self.rows[found] if found else None

    def nearest(self, name: str) -> str | None:
        """Known name that is closest to a misspelt one."""
        import difflib

        close = difflib.get_close_matches(plain(name), self.ids, n=1, cutoff=0.5)
        return self.ids[close[0]] if close else None

    def lineage(self, row: str) -> tuple[Row, ...]:
        """A row and the rows it stands under, itself first: a cloud region, its state, its country, the world.

        Raises
        ------
        ValueError
            If the parents lead in a ring.
        """
        found = {row: self.rows[row]}
        while parent := self.rows[row].text.get("parent"):
            if parent in found:
                ring = " under ".join((*found, parent))
                raise ValueError(f"{self.name}.csv: {ring}: parents lead in a ring; name another parent for {row}")
            row = parent
            found[row] = self.rows[row]
        return tuple(found.values())


def content(table: str) -> bytes:
    """The file of a table."""
    return resources.files("thirdwatt.facts").joinpath("tables", f"{table}.csv").read_bytes()


def lines(table: str) -> list[list[str]]:
    """Lines of a table as they stand in its file, header first."""
    return list(csv.reader(content(table).decode().splitlines()))


@cache
def table(name: str) -> Table:
    """One of the tables that ship with the package."""
    return Table(name, lines(name)[1:])


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
        total.update(content(name).replace(b"\r\n", b"\n"))
    return total.hexdigest()[:12]
