"""What ``estimate``, ``explain`` and ``compare`` print."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, create_model

from thirdwatt.ledger.ledger import ACCOUNTED, TOTALS
from thirdwatt.report.schemas.parts import Boundary, ComponentName, Kind, Note, PhaseName, Strict, Three

_TOTAL_FIELDS: dict[str, Any] = dict.fromkeys(TOTALS, (Three | None, ...))


Totals: Any = create_model("Totals", __base__=Strict, **_TOTAL_FIELDS)


class Formula(Strict):
    """E = P × N × T × PUE with its numbers."""

    power_kw: float | None
    count: float | None
    hours: float | None
    pue: float | None
    energy_kwh: float | None
    intensity_kg_per_kwh: float | None
    carbon_kg: float | None
    boundary: Literal["accelerators+facility"]
    calibration: float = 1.0


_ACCOUNT_FIELDS: dict[str, Any] = {
    name: (float, ...) if name == "energy_kwh" else (float | None, ...) for name in ACCOUNTED
}


_Accounts: Any = create_model("_Accounts", __base__=Strict, component=(ComponentName, ...), **_ACCOUNT_FIELDS)


class ComponentRow(_Accounts):
    """One component of the whole facility: its accounts and its place."""

    power_share: float
    cost_share: float | None
    quadrant: str | None
    reference_quadrant: str | None
    scope: str
    embodied_scope: str


class PhaseRow(Strict):
    """One phase."""

    phase: PhaseName
    time_share: float | None
    energy_kwh: float


class EquivalentRow(Strict):
    """One equivalent with the edition of its factor."""

    name: str
    count: float
    factor: float
    unit: str
    edition: str


class InputRow(Strict):
    """One figure the result rests on."""

    quantity: str
    value: float
    low: float
    high: float
    unit: str
    kind: Kind
    source: str
    sources: list[str]
    spread_share: float | None


class ChoiceRow(Strict):
    """A quantity that is computed another way than by default."""

    quantity: str
    alternative: str
    formula: str


class QuadrantRule(Strict):
    """From which shares a component counts as high."""

    power_share: float
    cost_share: float
    cost: Literal["capex", "tco"]


class Validation(Strict):
    """How far estimates of this generation were from published runs, and the nearest of these."""

    question: Literal["time", "energy"]
    nearest: str | None
    n: int
    error: float | None
    extrapolated: bool


_BOUNDED: dict[str, Any] = {account.name: (Three | None, ...) for account in ACCOUNTED.values() if account.bounded}


WithinBoundary: Any = create_model("WithinBoundary", __base__=Strict, **_BOUNDED)


class ObservationRow(Strict):
    """One thing that a meter saw and the estimate rests on."""

    quantity: str
    value: float
    low: float
    high: float
    unit: str | None
    kind: Kind
    source: str
    scope: Literal["rate"]


class Memory(Strict):
    """What the fullest accelerator must hold, and what fills it."""

    needed_byte: Three
    capacity_byte: float
    fits: bool
    layout_stated: bool
    buckets: dict[str, float]


class DevelopmentPart(Strict):
    """A part of development, to the final run's work."""

    part: Literal["development", "failed_runs", "ablations", "search"]
    ratio: Three
    how: str
    source: str
    kind: Kind


class Project(Strict):
    """What development takes, and what the whole project does."""

    development: Three
    project: Three


_PROJECT_FIELDS: dict[str, Any] = dict.fromkeys(ACCOUNTED, (Project | None, ...))


ProjectAccounts: Any = create_model("ProjectAccounts", __base__=Strict, **_PROJECT_FIELDS)


class DevelopmentPhase(Strict):
    """Development as a phase of the whole project, its time share that of accelerator hours."""

    phase: Literal["development"]
    time_share: float
    energy_kwh: float | None


class FailureRow(Strict):
    """What failures take of a job of one size; shares are of all time, the ratio is to productive time."""

    accelerators: float
    time_between_failures_h: float
    young_interval_h: float
    daly_interval_h: float
    checkpoint_share: float
    lost_share: float
    waste_share: float
    waste_ratio: float
    daly_waste_share: float


class PublishedDevelopment(Strict):
    """A project that published all its work to that of its final run."""

    id: str
    name: str
    year: str
    counts: str
    multiplier: float
    kind: Kind
    source: str
    note: str


class DevelopmentBlock(Strict):
    """A whole project beside its final run, which alone the totals are of."""

    ratio: Three
    multiplier: Three
    parts: list[DevelopmentPart]
    accounts: ProjectAccounts
    accelerator_hours: Project | None
    phases: list[DevelopmentPhase]
    expected_failures: Three | None
    failures: list[FailureRow]
    sources: list[PublishedDevelopment]


class Estimate(Strict):
    """The document of ``estimate --json``."""

    schema_: Literal["thirdwatt/estimate/1"] = Field(alias="schema")
    version: str
    numpy: str
    facts_digest: str
    seed: int
    samples: int
    name: str
    boundary: Boundary
    scenario: dict[str, Any]
    formula: Formula
    totals: Totals
    boundaries: dict[Boundary, WithinBoundary]
    components: list[ComponentRow]
    quadrant: QuadrantRule
    phases: list[PhaseRow]
    layout: dict[str, float]
    memory: Memory | None
    equivalents: list[EquivalentRow]
    inputs: list[InputRow]
    observations: list[ObservationRow]
    choices: list[ChoiceRow]
    validation: Validation
    assumed_share: float | None
    interaction: float | None
    warnings: list[Note]
    development: DevelopmentBlock | None = None


class TableEntry(Strict):
    """One row of a table."""

    id: str
    totals: Totals | None
    error: str | None
    warnings: list[str]


class Table(Strict):
    """The document of ``estimate --table --json``."""

    schema_: Literal["thirdwatt/table/1"] = Field(alias="schema")
    facts_digest: str
    seed: int
    samples: int
    rows: list[TableEntry]


class Tree(Strict):
    """One quantity of a derivation."""

    quantity: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    kind: Kind
    parts: dict[str, float]
    meaning: str
    alternative: str | None
    expression: str | None
    formula: str | None
    source: str
    note: str
    repeated: bool
    inputs: list[Tree]


class Explain(Strict):
    """The document of ``explain --json``."""

    schema_: Literal["thirdwatt/explain/1"] = Field(alias="schema")
    facts_digest: str
    name: str
    boundary: Boundary
    tree: Tree


class Paired(Three):
    """A ratio over paired draws."""

    less: float | None


class Compared(Three):
    """A total and its ratio to the first scenario's."""

    ratio: Paired | None = None


class Difference(Strict):
    """A choice or stated figure, as the first scenario and this one have it."""

    name: str
    first: str | None
    this: str | None


class ComparedScenario(Strict):
    """One scenario of a comparison; carbon on another basis than the first scenario's has no ratio."""

    name: str
    basis: str
    totals: dict[str, Compared | None]
    component_difference_kwh: dict[ComponentName, float]
    differences: list[Difference]


class Compare(Strict):
    """The document of ``compare --json``."""

    schema_: Literal["thirdwatt/compare/1"] = Field(alias="schema")
    facts_digest: str
    boundary: Boundary
    seed: int
    samples: int
    scenarios: list[ComparedScenario]
