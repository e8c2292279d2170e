"""Documents of scenarios with fields set, unstated, or in proportion to what they were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from thirdwatt.facts import Figure
from thirdwatt.ledger.change import SAME, Three
from thirdwatt.ledger.document import copied
from thirdwatt.ledger.ledger import path_of
from thirdwatt.scenario import InputError
from thirdwatt.scenario.parse import QUANTITY_OF
from thirdwatt.scenario.read import put


def quantity_of(path: str) -> str:
    """Quantity that a field states; the field itself if it states none."""
    return QUANTITY_OF.get(path, path.removeprefix("known."))


def state(document: dict[str, Any], path: str, value: Any) -> None:
    """Set a field, or unstate it; what else stated the same quantity goes."""
    name = quantity_of(path)
    for other in (path, path_of(name), f"known.{name}", f"range.{name}"):
        *sections, last = other.split(".")
        here: Any = document
        for section in sections:
            here = here.get(section) if isinstance(here, dict) else None
        if isinstance(here, dict):
            here.pop(last, None)
    if value is not None:
        put(document, path, copied(value) if isinstance(value, Mapping) else value)


def stating(document: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a document with settings in."""
    whole = copied(document)
    for path, value in settings.items():
        state(whole, path, value)
    return whole


def times(figure: Figure, by: Three = SAME) -> dict[str, Any]:
    """A figure as a scenario states it, in proportion to what it was."""
    ends = sorted((figure.low * by[1], figure.value * by[0], figure.high * by[2]))
    return {
        "value": figure.value * by[0], "low": ends[0], "high": ends[2],
        "kind": "modelled" if figure.kind == "exact" else figure.kind, "source": figure.source,
    }  # fmt: skip


def one_line(error: InputError) -> str:
    """All that is wrong, in one line."""
    return "; ".join(str(each) for each in error.mistakes)


def paths_of(document: Mapping[str, Any], prefix: str = "") -> frozenset[str]:
    """Paths that a document states."""
    found: set[str] = set()
    for name, value in document.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping) and "value" not in value:
            found |= paths_of(value, f"{path}.")
        else:
            found.add(path)
    return frozenset(found)
