"""What ``check``, ``equivalents``, ``facts``, ``reconcile``, ``audit`` and ``evidence`` print."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from thirdwatt.report.schemas.estimate import EquivalentRow
from thirdwatt.report.schemas.parts import Boundary, Kind, Strict


class CheckRow(Strict):
    """One limit."""

    quantity: str
    unit: str
    limit: float
    compared: float
    over: bool
    probability_over: float | None


class GpaiThreshold(Strict):
    """One threshold of training compute and how the training stands to it."""

    name: str
    what: str
    threshold_flop: float
    ratio: float
    ratio_low: float
    ratio_high: float
    reached: bool
    probability: float | None


class GpaiStanding(Strict):
    """Training compute and how it stands to each threshold."""

    name: str
    base: str | None
    training_flop: float
    low: float
    high: float
    thresholds: list[GpaiThreshold]


class Gpai(GpaiStanding):
    """The document of ``check --gpai --json``."""

    schema_: Literal["thirdwatt/gpai/1"] = Field(alias="schema")
    facts_digest: str


class Check(Strict):
    """The document of ``check --json``; ``gpai`` is there if it was asked for too."""

    schema_: Literal["thirdwatt/check/1"] = Field(alias="schema")
    facts_digest: str
    name: str
    boundary: Boundary
    confidence: float | None
    over: bool
    results: list[CheckRow]
    gpai: GpaiStanding | None = None


class Equivalents(Strict):
    """The document of ``equivalents --json``."""

    schema_: Literal["thirdwatt/equivalents/1"] = Field(alias="schema")
    facts_digest: str
    carbon_kg: float
    equivalents: list[EquivalentRow]


class FactFigure(Strict):
    """One figure of a table; ``condition`` is the choice for which it holds."""

    quantity: str
    condition: str | None
    value: float
    low: float
    high: float
    unit: str
    kind: Kind
    source: str
    retrieved: str
    confidence: str
    note: str


class FactRow(Strict):
    """Everything a table says of one thing."""

    id: str
    name: str
    text: dict[str, str]
    figures: list[FactFigure]


class Facts(Strict):
    """The document of ``facts TABLE --json``."""

    schema_: Literal["thirdwatt/facts/1"] = Field(alias="schema")
    table: str
    facts_digest: str
    rows: list[FactRow]


class ReconciledSide(Strict):
    """One of two numbers and the factors that it tells."""

    name: str
    kind: str
    boundary: str
    value: float
    factors: dict[str, float]
    notes: list[str]


class ReconciledStep(Strict):
    """What one factor adds to the difference of two numbers."""

    quantity: str
    meaning: str
    first: float | None
    second: float | None
    difference: float


class Reconcile(Strict):
    """The document of ``reconcile --json``."""

    schema_: Literal["thirdwatt/reconcile/1"] = Field(alias="schema")
    facts_digest: str
    quantity: str
    unit: str
    first: ReconciledSide
    second: ReconciledSide
    difference: float
    steps: list[ReconciledStep]
    residual: float


class JudgedClaim(Strict):
    """A claim with its verdict and the figures behind it."""

    id: str
    text: str
    by: str
    verdict: str
    why: str
    source: str


class Audit(Strict):
    """The document of ``audit --json``."""

    schema_: Literal["thirdwatt/audit/1"] = Field(alias="schema")
    facts_digest: str
    claims: list[JudgedClaim]
    verdicts: dict[str, int]


class EvidenceChange(Strict):
    """One thing of a pack of evidence that is not as it was."""

    where: str
    what: str
    before: str
    now: str


class Evidence(Strict):
    """The document of ``evidence --reproduce --json``."""

    schema_: Literal["thirdwatt/evidence/1"] = Field(alias="schema")
    facts_digest: str
    same: bool
    changes: list[EvidenceChange]
