"""Observations read in: what a meter or a scan saw, row by row."""

from __future__ import annotations

from collections.abc import Iterable

from thirdwatt.quantity import KINDS, OBSERVATIONS_SCHEMA, Observation, unit
from thirdwatt.scenario import content
from thirdwatt.scenario.document import parsed
from thirdwatt.scenario.mistakes import InputError, Mistake, nearest

SCHEMAS = (OBSERVATIONS_SCHEMA, "thirdwatt/scan/1", "thirdwatt/diff/1")
"""Documents that hold observations: what a meter or somebody's hand wrote, and a scan among all that it found."""


def observations(where: str) -> list[Observation]:
    """Observations from a file of ``thirdwatt/observations/1``, or those in a scan of a dataset.

    Raises
    ------
    InputError
        With every row that is wrong.
    """
    document = parsed(content.text(where, content.MAX_OBSERVED), where, ".json")
    if not isinstance(document, dict):
        raise InputError([Mistake(where, f"holds a {type(document).__name__}", "observations are a table")])
    if document.get("schema") not in SCHEMAS:
        fix = f"it must be {' or '.join(map(repr, SCHEMAS))}"
        raise InputError([Mistake(where, f"schema is {document.get('schema')!r}", fix)])
    rows = document.get("observations")
    if not isinstance(rows, list):
        raise InputError([Mistake(f"{where}: observations", "must be a list of rows")])
    mistakes: list[Mistake] = []
    found = []
    for number, row in enumerate(rows):
        here = f"{where}: observations[{number}]"
        if not isinstance(row, dict):
            mistakes.append(Mistake(here, "must be a table"))
            continue
        if unknown := sorted(set(row) - set(Observation._fields)):
            mistakes.append(Mistake(here, f"unknown keys {', '.join(map(str, unknown))}"))
            continue
        value = row.get("value")
        seen = Observation(
            quantity=row.get("quantity"),
            value=value,
            low=row.get("low", value),
            high=row.get("high", value),
            unit=row.get("unit"),
            kind=row.get("kind", "measured"),
            source=row.get("source", where),
            scope=row.get("scope", "rate"),
        )
        wrong = list(_observation_mistakes(seen, here))
        mistakes += wrong
        if not wrong:
            found.append(seen._replace(**{k: float(getattr(seen, k)) for k in ("value", "low", "high")}))
    if mistakes:
        raise InputError(mistakes)
    return found


def _observation_mistakes(seen: Observation, here: str) -> Iterable[Mistake]:
    if not isinstance(seen.quantity, str) or not isinstance(seen.source, str):
        yield Mistake(here, "quantity and source must be text")
        return
    for name in ("value", "low", "high"):
        number = getattr(seen, name)
        if isinstance(number, bool) or not isinstance(number, int | float) or not abs(number) < 1e300:
            yield Mistake(f"{here}.{name}", f"{number!r} is not a finite number")
    try:
        wanted = unit(seen.quantity)
    except ValueError:
        wanted = "1"
    if seen.unit not in (None, wanted):
        yield Mistake(f"{here}.unit", f"{seen.unit!r} is not the unit of {seen.quantity}", f"give it in {wanted}")
    if seen.kind not in KINDS:
        yield Mistake(f"{here}.kind", f"{seen.kind!r} is unknown", nearest(str(seen.kind), KINDS))
    if seen.scope not in ("rate", "run"):
        yield Mistake(f"{here}.scope", f"{seen.scope!r} is unknown", "rate or run")
