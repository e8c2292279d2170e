"""All tables by name, those with a form of their own included, as rows of figures."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.facts.equivalents import editions
from thirdwatt.facts.figure import Figure
from thirdwatt.facts.table import TABLES, Row, plain, sources, table

CATALOGUE = {
    **TABLES,
    "equivalents": "a mass of CO2 in things people know, by edition of the factors",
    "sources": "where figures come from, under which licence",
}
"""Every table and what it holds."""


def tables() -> list[Row]:
    """The tables themselves as rows: what each holds and how many rows it has."""
    return [Row(name, {"name": holds, "rows": str(len(rows(name)))}, {}) for name, holds in CATALOGUE.items()]


def rows(name: str) -> Sequence[Row]:
    """Rows of a table of the catalogue, in the order of its file."""
    if name == "equivalents":
        return _equivalents()
    if name == "sources":
        return [Row(source, {"name": said["title"], **said}, {}) for source, said in sources().items()]
    return list(table(name))


def find(name: str, wanted: str) -> Row | None:
    """Row with this id or alias."""
    if name in TABLES:
        return table(name).find(wanted)
    return next((row for row in rows(name) if plain(row.id) == plain(wanted)), None)


def nearest(name: str, wanted: str) -> str | None:
    """Known id that is closest to a misspelt one."""
    import difflib

    if name in TABLES:
        return table(name).nearest(wanted)
    close = difflib.get_close_matches(plain(wanted), [row.id for row in rows(name)], n=1, cutoff=0.5)
    return close[0] if close else None


def _equivalents() -> list[Row]:
    found = []
    for edition, things in editions().items():
        for each in things:
            field = "carbon_kg_per_equivalent"
            row = f"{edition}/{plain(each.name.replace(chr(39), ''))}"
            figure = Figure(
                each.kg,
                each.kg,
                each.kg,
                "published",
                each.source,
                f"equivalents/{row}",
                each.note,
                each.retrieved,
                "low" if "not verified" in each.note or "not seen" in each.note else "high",
            )
            found.append(Row(row, {"name": each.name, "unit": each.unit, "edition": edition}, {field: figure}))
    return found
