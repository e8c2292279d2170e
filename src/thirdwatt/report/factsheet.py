"""Facts as people read them: a table as a list of rows, a row as its figures with source, age and confidence."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from thirdwatt.amounts import amount, span, unit_to_read
from thirdwatt.facts import Figure, Row, digest, sources
from thirdwatt.quantity import unit
from thirdwatt.report.text import WIDTH

SCREEN = 40
DESCRIPTIVE = ("name", "aliases")
FIELDS = (
    "id", "quantity", "condition", "value", "low", "high", "unit", "kind", "source", "retrieved", "confidence", "note",
)  # fmt: skip


def document(table: str, rows: Iterable[Row]) -> dict[str, Any]:
    """Rows as plain data, schema ``thirdwatt/facts/1``."""
    return {
        "schema": "thirdwatt/facts/1",
        "table": table,
        "facts_digest": digest(),
        "rows": [
            {"id": row.id, "name": row.name, "text": dict(row.text), "figures": list(_figures(row))} for row in rows
        ],
    }


def _figures(row: Row) -> Iterator[dict[str, Any]]:
    for field, figure in row.figures.items():
        quantity, _, condition = field.partition("@")
        yield {
            "quantity": quantity,
            "condition": condition or None,
            "value": figure.value,
            "low": figure.low,
            "high": figure.high,
            "unit": unit(quantity),
            "kind": figure.kind,
            "source": figure.source,
            "retrieved": figure.retrieved,
            "confidence": figure.confidence,
            "note": figure.note,
        }


def cells(rows: Iterable[Row]) -> Iterator[Sequence[object]]:
    """One line a figure, header first; text fields as lines of kind ``text``."""
    yield FIELDS
    for row in rows:
        for field, value in row.text.items():
            yield (row.id, field, "", value, "", "", "", "text", "", "", "", "")
        for figure in _figures(row):
            yield (row.id, *(figure[name] for name in FIELDS[1:]))


def contents(tables: Iterable[Row]) -> str:
    """Which tables there are: number of rows, what they hold."""
    lines = [f"{table.id:14}{table.text['rows']:>5} rows   {table.name}" for table in tables]
    return "\n".join([*lines, f"facts {digest()} · next: thirdwatt facts accelerators h100-sxm-80gb"]) + "\n"


def listing(table: str, rows: Sequence[Row], *, whole: bool, columns: int = WIDTH) -> str:
    """One line a row: id, name and as many figures as fit."""
    shown = rows if whole else rows[:SCREEN]
    width = max((len(row.id) for row in shown), default=0)
    lines = [_line(row, width, columns) for row in shown]
    more = f"{len(rows) - len(shown)} more rows: --all, or name one · " if len(shown) < len(rows) else ""
    return "\n".join([*lines, f"{more}{len(rows)} rows of {table}, facts {digest()}"]) + "\n"


def _line(row: Row, width: int, columns: int) -> str:
    line = (
        f"{row.id:{width}}  {textwrap.shorten(row.name, 34, placeholder=' …') if row.name != row.id else ''}".rstrip()
    )
    words = _prefix(row)
    told: set[str] = set()
    for field, figure in row.figures.items():
        quantity = field.partition("@")[0]
        if quantity in told:
            continue
        told.add(quantity)
        added = f"{', ' if ': ' in line[width:] else ': '}{_label(field, words)} {_value(field, figure)}"
        if len(line) + len(added) > columns:
            break
        line += added
    return line if len(line) <= columns else f"{line[: columns - 2].rstrip()} …"


def _prefix(row: Row) -> str:
    """First word that more than half of a row's figures share; it says nothing inside the row."""
    firsts = [field.partition("_")[0] for field in row.figures]
    first = max(firsts, key=firsts.count, default="")
    return f"{first}_" if 2 * firsts.count(first) > max(2, len(firsts)) else ""


def _label(field: str, prefix: str) -> str:
    quantity, _, condition = field.partition("@")
    words = quantity.removeprefix(prefix).split("_per_")[0].split("_")
    if unit(quantity) != "1" and len(words) > 1:
        words = words[:-1]
    return " ".join([*words, *([condition] if condition else [])])


def _value(field: str, figure: Figure) -> str:
    return amount(figure.value, unit_to_read(field.partition("@")[0]), 5)


def sheet(table: str, row: Row, columns: int = WIDTH) -> str:
    """Everything a table says of one thing."""
    lines = [f"{row.id}: {row.name}" if row.name != row.id else row.id]
    said = {field: value for field, value in row.text.items() if field not in DESCRIPTIVE}
    if row.text.get("aliases"):
        lines.append(f"also {row.text['aliases'].replace('|', ', ')}")
    if said:
        lines += textwrap.wrap(", ".join(f"{field} {value}" for field, value in said.items()), columns)
    lines.append("")
    for field, figure in row.figures.items():
        symbol = unit_to_read(field.partition("@")[0])
        spread = f" ({span(figure.low, figure.high, symbol, figure.value)})" if figure.spread else ""
        head = f"{field} = {amount(figure.value, symbol, 6)}{spread}  [{figure.kind}, {figure.confidence}]"
        where = " · ".join(filter(None, (_source(figure.source), f"read {figure.retrieved}", figure.note)))
        lines += textwrap.wrap(head, columns, subsequent_indent="    ", break_on_hyphens=False)
        lines += textwrap.wrap(where, columns, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)
    lines.append(f"\n{len(row.figures)} figures of {table}, facts {digest()}")
    return "\n".join(lines) + "\n"


def _source(name: str) -> str:
    found = sources().get(name)
    return name if found is None else ", ".join(filter(None, (found["title"], found["year"])))
