"""Results as CSV, for spreadsheets: full figures, one row a thing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

from thirdwatt.ledger import Ledger, TableRow
from thirdwatt.ledger.development import Development, development
from thirdwatt.ledger.ledger import TOTALS
from thirdwatt.quantity import unit


def written(rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV."""
    page = io.StringIO()
    csv.writer(page, lineterminator="\n").writerows([[_safe(cell) for cell in row] for row in rows])
    return page.getvalue()


def _safe(cell: object) -> object:
    """Text that a spreadsheet would run as a formula is quoted."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def estimate(ledger: Ledger) -> str:
    """Totals, components, and development if it was asked for: ``section, name, value, low, high, unit``."""
    rows: list[Sequence[object]] = [("section", "name", "value", "low", "high", "unit")]
    for name, total in ledger.totals.items():
        three = ("", "", "") if total is None else (total.value, total.low, total.high)
        rows.append(("total", name, *three, unit(name)))
    for row in ledger.components:
        for name, total in row.accounts.items():
            three = ("", "", "") if total is None else (total.value, total.low, total.high)
            rows.append((row.name, name, *three, unit(name)))
    project = development(ledger)
    return written([*rows, *(() if project is None else _development(project))])


def _development(found: Development) -> Iterator[Sequence[object]]:
    """Rows of development: its parts, what it and the whole project take, what failures take by size."""
    ratios = (
        ("ratio", found.ratio),
        ("multiplier", found.multiplier),
        *((part.name, part.ratio) for part in found.parts),
    )
    for name, ratio in ratios:
        yield "development to final run", name, ratio.value, ratio.low, ratio.high, "1"
    for name, both in (*found.accounts.items(), ("accelerator_hours", found.accelerator_hours)):
        for section in ("development", "project"):
            total = None if both is None else getattr(both, section)
            three = ("", "", "") if total is None else (total.value, total.low, total.high)
            yield section, name, *three, unit(name)
    for each in found.failures:
        for name, value in list(asdict(each).items())[1:]:
            yield f"failures at {each.accelerators:.9g}", name, value, "", "", unit(name)


def table(results: Iterable[TableRow]) -> str:
    """One row a scenario: its id, three columns a total, its error, codes of its warnings between semicolons."""
    heads = [f"{name}{end}" for name in TOTALS for end in ("", "_low", "_high")]
    rows: list[Sequence[object]] = [("id", *heads, "error", "warnings")]
    for result in results:
        cells: list[object] = []
        for name in TOTALS:
            total = result.totals[name] if result.totals else None
            cells += ["", "", ""] if total is None else [total.value, total.low, total.high]
        rows.append((result.id, *cells, result.error or "", ";".join(result.codes)))
    return written(rows)
