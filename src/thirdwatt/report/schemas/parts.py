"""What schemas of results are made of."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from thirdwatt.quantity import BOUNDARIES, COMPONENTS, KINDS, PHASES
from thirdwatt.search.blueprint.known import KNOWN_BY

UNBOUNDED = 1e40
"""A limit that is none."""


class Strict(BaseModel):
    """Results say exactly what their schema says."""

    model_config = ConfigDict(extra="forbid")


class Three(Strict):
    """A value with its 90 % interval."""

    value: float
    low: float
    high: float


Boundary: Any = Literal[BOUNDARIES]


Kind: Any = Literal[KINDS]


ComponentName: Any = Literal[COMPONENTS]


PhaseName: Any = Literal[PHASES]


KnownBy: Any = Literal[KNOWN_BY]


class Note(Strict):
    """Something a reader should know."""

    code: str
    text: str


class Range(Strict):
    """A figure with its ends (90 %), how it is known and by what; an end is null where it is not known."""

    value: float
    low: float | None
    high: float | None
    kind: Kind = "measured"
    source: str = ""
