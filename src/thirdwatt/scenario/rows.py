"""Scenarios from the rows of a table: columns are paths, empty cells are not given, ``id`` passes through."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from thirdwatt.scenario import content
from thirdwatt.scenario.mistakes import InputError, Mistake, nearest
from thirdwatt.scenario.parse import parse
from thirdwatt.scenario.read import chips_first, value_of, with_setting
from thirdwatt.scenario.scenario import Scenario
from thirdwatt.scenario.schema import paths

_TEXT = ("title", "note", "site.vendor", "software.stack", "workload.model", "cluster.accelerator", "cluster.instance")


def rows(where: str, base: Mapping[str, Any], quantities: Collection[str]) -> Sequence[tuple[str, Scenario | str]]:
    """Id and scenario of each row, or what is wrong with it.

    Parameters
    ----------
    where
        A CSV file with a header, or ``-`` for standard input.
    base
        Document that every row changes.

    Raises
    ------
    InputError
        If the file cannot be read or its header names no path of a scenario.
    """
    lines = _lines(where)
    if not lines:
        raise InputError([Mistake(where, "is empty", "the first line names columns such as cluster.count")])
    header = [cell.strip() for cell in lines[0]]
    mistakes = list(_header_mistakes(where, header))
    if mistakes:
        raise InputError(mistakes)
    return _Rows(header, lines[1:], base, quantities, Path(where).parent)


def _header_mistakes(where: str, header: list[str]) -> list[Mistake]:
    known = paths()
    found = []
    for number, path in enumerate(header):
        here = f"{where}:1: column {number + 1}"
        if header.count(path) > 1 and header.index(path) != number:
            found.append(Mistake(here, f"{path!r} stands twice"))
        elif path not in known and path != "id" and not path.startswith("known."):
            found.append(Mistake(here, f"{path!r} is no path of a scenario", nearest(path, known)))
    return found


def _lines(where: str) -> list[list[str]]:
    text = content.text(where, content.MAX_ROWS, smaller="split it")
    try:
        return [line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if any(map(str.strip, line))]
    except csv.Error as error:
        raise InputError([Mistake(where, f"is no CSV: {error}")]) from None


class _Rows(Sequence[tuple[str, "Scenario | str"]]):
    """Rows parsed one at a time, so that a progress bar can count them."""

    def __init__(
        self,
        header: list[str],
        lines: list[list[str]],
        base: Mapping[str, Any],
        quantities: Collection[str],
        folder: Path,
    ) -> None:
        self._header = header
        self._lines = lines
        self._base = base
        self._quantities = quantities
        self._folder = folder

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, number: Any) -> Any:
        line = self._lines[number]
        cells = dict(zip(self._header, line, strict=False))
        name = cells.pop("id", "").strip() or str(number + 1)
        if len(line) != len(self._header):
            return name, _miscounted(len(line), len(self._header))
        try:
            return name, parse(document_of(cells, self._base, self._folder), self._quantities, name=name)
        except InputError as error:
            return name, "; ".join(map(str, error.mistakes))


def document_of(
    cells: Mapping[str, str], base: Mapping[str, Any] | None = None, folder: Path = Path()
) -> dict[str, Any]:
    """The document that the cells of a row make of a base; empty ones are not given.

    Parameters
    ----------
    folder
        Where relative paths of chips start.

    Raises
    ------
    InputError
        If a column leads through a value.
    """
    document: dict[str, Any] = _copy(base or {})
    for path, cell in chips_first(cells.items(), lambda each: each[0]):
        if cell.strip():
            document = with_setting(document, path, cell.strip() if path in _TEXT else value_of(cell.strip()), folder)
    return document


def _miscounted(cells: int, columns: int) -> str:
    """What is wrong with a row whose cells are not its columns: whatever a missing one held, a default would stand."""
    fix = "quote text with commas" if cells > columns else "write an empty cell for what is not given"
    return f"{cells} cell{'s' if cells > 1 else ''} under {columns} column{'s' if columns > 1 else ''}; {fix}"


def _copy(value: Any) -> Any:
    return {key: _copy(inner) for key, inner in value.items()} if isinstance(value, Mapping) else value
