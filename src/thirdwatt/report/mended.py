"""A dataset that is the result of a fix, beside what it was made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class State:
    """A dataset before or after a fix; tokens are none where they are not known.

    Attributes
    ----------
    name
        ``before``, or ``after`` and what was done.
    """

    name: str
    rows: int
    byte: int
    stored_byte: int
    tokens: float | None


def is_mended(scan: Mapping[str, Any]) -> bool:
    """Whether a scan is of the result of a fix that leaves documents, with what was found in them before, and of all
    of it as it was proved.
    """
    return bool(scan.get("mended")) and not scan.get("mended_changes") and "findings" in scan["mended"]["before"]


def states(scan: Mapping[str, Any]) -> tuple[State, State]:
    """The dataset before the fix that a scan knows of, and as it is."""
    report = scan["mended"]
    verb = str(report["schema"]).split("/")[1]
    return _state("before", report["before"]), _state(f"after {verb}", scan)


def _state(name: str, of: Mapping[str, Any]) -> State:
    tokens = of["tokens"]
    return State(name, of["rows"], of["bytes"], of["stored_bytes"], tokens["value"] if tokens else None)
