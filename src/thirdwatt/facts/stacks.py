"""Training software by name and year: what people call it, and what its kernels could do at the time."""

from __future__ import annotations

import re

from thirdwatt.facts.table import Row, table

UNNAMED = "unnamed"
"""Row of software that is not named, or of which there are no measurements."""


def software(name: str | None, year: int | None = None) -> Row:
    """Row of a stack as it was in a year; that of unnamed software where there is none by its name.

    A name may list several, as papers do (``nemo / megatron-core``): the first that is known counts. A row that held
    ``until`` a year gives way to the one ``after`` it, one that held ``since`` a year to the one ``before``.
    """
    known = table("stacks")
    names = [name, *re.split(r"[/,+()]", name)] if name else []
    row = next((found for each in names if each.strip() and (found := known.find(each.strip()))), None)
    if row is None:
        row = known.rows[UNNAMED]
    while year is not None and year > int(row.text.get("until", year)):
        row = known.rows[row.text["after"]]
    while year is not None and year < int(row.text.get("since", year)):
        row = known.rows[row.text["before"]]
    return row
