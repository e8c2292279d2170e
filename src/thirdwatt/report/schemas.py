"""JSON Schemas of scenarios and results, from one definition each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from thirdwatt.ledger.ledger import ACCOUNTED, TOTALS
from thirdwatt.outlook.assumptions import BY_YEAR, REGIMES, SECTIONS
from thirdwatt.quantity import BOUNDARIES, COMPONENTS, KINDS, PHASES, limits, unit
from thirdwatt.scenario.schema import ScenarioFile
from thirdwatt.search.blueprint.known import KNOWN_BY
from thirdwatt.search.levers.lever import GROUPS, QUALITY, RISKS, STRENGTHS
from thirdwatt.search.plan.goals import CAN_BE_LESS, UNITS
from thirdwatt.search.plan.offered import FORBIDDEN, NOT_NOW, OFF, USELESS

NAMES = {
    "scenario": "a scenario file, as estimate reads it",
    "observations": "what a meter or a scan saw, as --observed reads it",
    "estimate": "estimate --json",
    "table": "estimate --table --json",
    "explain": "explain --json",
    "compare": "compare --json",
    "layout": "layout --json",
    "retrain": "retrain --json",
    "plan": "plan --json",
    "outlook": "outlook --json",
    "outlook-file": "a file of an outlook, as outlook FILE reads it",
    "chip-search": "chip search --json",
    "chip": "chip show --json",
    "chip-compare": "chip compare --json",
    "chip-fit": "chip fit --json",
    "runs": "runs --json",
    "scan": "data scan --json",
    "dedup": "data dedup --json, and report.json of its result",
    "convert": "data convert --json, and report.json of its result",
    "pack": "data pack --json, and report.json of its result",
    "diff": "data diff --json",
    "doctor": "doctor --json",
    "check": "check --json",
    "equivalents": "equivalents --json",
    "facts": "facts TABLE --json",
    "reconcile": "reconcile --json",
    "audit": "audit --json",
    "evidence": "evidence --reproduce --json",
    "gpai": "check --gpai --json without a budget",
    "validate": "validate --json",
    "cite": "cite --json",
}


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


_TOTAL_FIELDS: dict[str, Any] = dict.fromkeys(TOTALS, (Three | None, ...))
Totals: Any = create_model("Totals", __base__=Strict, **_TOTAL_FIELDS)
Boundary: Any = Literal[BOUNDARIES]
Kind: Any = Literal[KINDS]
ComponentName: Any = Literal[COMPONENTS]
PhaseName: Any = Literal[PHASES]
KnownBy: Any = Literal[KNOWN_BY]


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


class Note(Strict):
    """Something a reader should know."""

    code: str
    text: str


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


class Laid(Strict):
    """A layout as a scenario states it, and what it takes."""

    set: dict[str, str | int | float]
    figures: dict[str, float]


class Refusal(Strict):
    """Why layouts were left out, and how many."""

    reason: str
    count: int


class StepTerms(Strict):
    """What a layout's step is made of."""

    set: dict[str, str | int | float]
    step_time_s: float
    parts_s: dict[str, float]
    memory_share: float
    fits_share: float
    accelerator_power_w: float


class LayoutDoubt(Strict):
    """How sure the best is, and the leaf that decides most between it and its rival."""

    best_share: float
    rival: Laid | None
    rival_share: float
    quantity: str | None
    toward: Literal["low", "high"] | None
    explains: float


class SmallOffer(Strict):
    """One way to fit a job on one host."""

    adapter: str
    offload: str
    fits: bool
    set: dict[str, str | int | float] | None
    step_time_s: float | None
    tokens_per_s: float | None


class LaunchArguments(Strict):
    """What to give a tool, for the best layout or the best that it can run; no text if it can run none."""

    tool: str
    set: dict[str, str | int | float] | None
    text: str
    notes: list[str]


class LayoutSearch(Strict):
    """The document of ``layout --json``."""

    schema_: Literal["thirdwatt/layout/1"] = Field(alias="schema")
    facts_digest: str
    scenario: str
    by: Literal["time", "energy", "cost", "carbon"]
    boundary: Boundary
    quantities: dict[str, str]
    searched: int
    feasible: int
    refused: list[Refusal]
    best: Laid | None
    current: Laid | None
    current_stated: bool
    current_fits: bool
    current_misses: str | None
    better_than_current: int | None
    spreads: list[Laid]
    front: list[Laid]
    terms: dict[Literal["best", "surer", "next", "current"], StepTerms]
    doubt: LayoutDoubt | None
    offers: list[SmallOffer]
    least_count: int | None
    launch: dict[str, LaunchArguments]
    warnings: list[Note]


class PlaceRow(Strict):
    """One place that a run could be at, or the scenario itself, which has no rank; totals are of the run.

    ``document`` is the scenario of that row, for ``thirdwatt estimate``.
    """

    rank: int | None
    scenario: bool
    accelerator: str
    count: int
    tenure: Literal["rented", "colo", "own"]
    vendor: str | None
    term: str | None
    cost_usd: float | None
    cost_usd_low: float | None
    cost_usd_high: float | None
    energy_kwh: float | None
    energy_kwh_low: float | None
    energy_kwh_high: float | None
    carbon_kg: float | None
    carbon_kg_low: float | None
    carbon_kg_high: float | None
    wall_time_h: float | None
    wall_time_h_low: float | None
    wall_time_h_high: float | None
    accelerator_hours: float | None
    accelerator_hours_low: float | None
    accelerator_hours_high: float | None
    cost_usd_per_million_tokens: float | None
    energy_kwh_per_million_tokens: float | None
    carbon_kg_per_million_tokens: float | None
    wall_time_h_per_million_tokens: float | None
    rent_usd_per_accelerator_h: float | None
    rent_usd_per_accelerator_h_low: float | None
    rent_usd_per_accelerator_h_high: float | None
    rent_usd_per_accelerator_h_source: str | None
    accelerator_price_usd: float | None
    accelerator_price_usd_low: float | None
    accelerator_price_usd_high: float | None
    accelerator_price_usd_source: str | None
    month: str | None
    old: bool
    break_even_utilisation_share: float | None
    redone_h: float | None
    redone_usd: float | None
    fits: bool | None
    sold_by: int | None
    document: dict[str, Any]


class PlaceLeftOut(Strict):
    """A place that was not priced, and why; of all vendors or terms where these are null."""

    accelerator: str
    vendor: str | None
    term: str | None
    kind: Literal["no_price", "gone", "average", "unable", "no_fit", "not_known"]
    reason: str


class PlacesTable(Strict):
    """Where a run could be: accelerator x vendor x term, the best first, and the scenario's own standing."""

    by: Literal["cost", "energy", "carbon", "time"]
    boundary: Boundary
    region: str
    tried: int
    better: int | None
    standing: PlaceRow
    rows: list[PlaceRow]
    left_out: list[PlaceLeftOut]
    notes: list[Note]


class NewData(Strict):
    """Data that came since: new tokens to old ones, all tokens after to those before, tokens before."""

    share: Three
    after_ratio: Three
    tokens: Three | None
    source: str
    kind: Kind


class RetrainAdvice(Strict):
    """What follows; no interval where that is not known, or never."""

    option: str
    every_d: float | None
    because: list[str]


class RetrainOption(Strict):
    """One way to take new data in.

    ``loss`` is by law, in nats per token, empty where no law says it; ``gap`` is in it: what the way is taken to leave
    missing of training on everything.
    """

    id: str
    name: str
    work_ratio: Three
    totals: dict[str, Three | None]
    of_full: Three | None
    loss: dict[str, Three]
    gap: Range | None
    evidence: str
    caveat: str
    unknown: str
    misfit: str


class LawSays(Strict):
    """Loss before and after the new data by one law, and how far that lies beyond its fit."""

    law: str
    name: str
    loss_before: float
    loss_after: float
    gain: float
    extrapolated: str


class SizedAs(Strict):
    """A size with its data, and its work to the present training's where that is another."""

    parameters: float
    tokens: float
    work_ratio: float | None = None


class SizedThird(Strict):
    """What a third of the work predicts, spent on the best size; how much better tokens it takes for the same loss."""

    loss: float
    parameters: float
    quality_ratio: float


class MoreData(Strict):
    """What a share of new data takes from the loss."""

    share: float
    gain: float


class MorePasses(Strict):
    """What more passes over the same data take from the loss, and what as many new tokens would."""

    times: float
    gain: float
    gain_if_new: float


class LawSizes(Strict):
    """Size and data by one law."""

    law: str
    name: str
    loss: float
    extrapolated: str
    optimal: SizedAs
    isoloss: SizedAs
    third: SizedThird
    more_data: list[MoreData]
    more_passes: list[MorePasses]
    served: SizedAs | None


class EventPolicy(Strict):
    """Retraining when staleness has cost as much as that does; null says never."""

    every_d: float | None
    total_per_d: float
    monitoring_per_d: float


class StatedPolicy(Strict):
    """An interval that somebody named."""

    every_d: float
    total_per_d: float
    over_best: float | None


class RetrainPolicy(Strict):
    """How often, for one way or a mix; null says never, and a null end of ``near_d`` without end.

    ``every_low_d`` to ``every_high_d``, and the totals, are by what a retraining may cost, and by what the drift may be
    where a history left it open.
    """

    option: str
    unit: Literal["USD", "kWh", "kg"]
    retrain_cost: float
    every_d: float | None
    every_low_d: float | None
    every_high_d: float | None
    retraining_per_d: float
    staleness_per_d: float
    total_per_d: float
    total_low_per_d: float
    total_high_per_d: float
    never_per_d: float | None
    near_d: list[float | None]
    event: EventPolicy
    stated: StatedPolicy | None


class RetrainMix(Strict):
    """Updates mixed with full retrains: how many, what each and all of them leave missing, the mean price."""

    updates: int
    gap: Range
    unit: Literal["nats", "points"]
    missing: Three
    tolerated: float | None
    within: bool | None
    totals: dict[str, Three | None]
    of_full: Three | None
    policy: RetrainPolicy | None


class DriftFit(Strict):
    """A drift of one shape fitted to a history, and its error in points."""

    drift: str
    error: float


class ReplayedPolicy(Strict):
    """A policy on the half of a history on which nothing was chosen."""

    policy: str
    says: str
    retrainings: int
    updates: int
    retraining: float
    staleness: float
    monitoring: float
    total: float
    low: float
    high: float
    regret: float | None
    wins_share: float


class RetrainHistory(Strict):
    """The drift that a history shows, and policies replayed on it."""

    drift: str
    fits: list[DriftFit]
    noise: float
    burstiness: float
    burstiness_of_noise: float
    lost_in_30_d: Three
    days: list[int] | None
    hindsight: float | None
    policies: list[ReplayedPolicy]


class Retrain(Strict):
    """The document of ``retrain --json``."""

    schema_: Literal["thirdwatt/retrain/1"] = Field(alias="schema")
    facts_digest: str
    name: str
    boundary: Boundary
    samples: int
    seed: int
    new_data: NewData
    advice: RetrainAdvice
    options: list[RetrainOption]
    laws: list[LawSays]
    refused: str
    sizes: list[LawSizes]
    drift: str | None
    value: str | None
    policies: list[RetrainPolicy]
    mix: RetrainMix | None
    history: RetrainHistory | None
    warnings: list[Note]


PlanGoal: Any = Literal[CAN_BE_LESS]
PlanUnit: Any = Literal[tuple(dict.fromkeys(UNITS[goal] for goal in CAN_BE_LESS))]
LeverGroup: Any = Literal[tuple(GROUPS)]
Risk: Any = Literal[RISKS]
Quality: Any = Literal[tuple(QUALITY)]
Strength: Any = Literal[tuple(STRENGTHS)]
RefusedHow: Any = Literal[NOT_NOW, OFF, FORBIDDEN, USELESS]


class PlanLimits(Strict):
    """What a path may take at most, to today's; null where it may be anything."""

    cost_ratio: float | None
    time_ratio: float | None


class PlanCounted(Strict):
    """What is counted: a run within its boundary, times these quantities."""

    words: str
    factors: list[str]


class PlanToday(Strict):
    """The run as it is, what is known of it as a whole turned into rates; ``goal`` is what is to be less."""

    totals: Totals
    goal: Three
    scenario: dict[str, Any]


class PlanSaves(Strict):
    """What a change takes off each account, below 0 where it adds to it; left out where that is not known."""

    energy_kwh: Three | None = None
    cost_usd: Three | None = None
    carbon_kg: Three | None = None
    carbon_market_kg: Three | None = None
    wall_time_h: Three | None = None


class PlanSavesAlone(Strict):
    """The same at the centre of the estimate."""

    energy_kwh: float | None = None
    cost_usd: float | None = None
    carbon_kg: float | None = None
    carbon_market_kg: float | None = None
    wall_time_h: float | None = None


class LeverEvidence(Strict):
    """One thing that is known of a lever."""

    said: str
    source: str
    strength: Strength


class NamedLever(Strict):
    """A lever and the way in which it is taken."""

    id: str
    title: str
    group: LeverGroup
    way: str
    words: str


class HeldLever(Strict):
    """Published ratios that levers were held against: how many, the median of absolute errors, the worst error, the
    share inside the 90 % interval of the ledger alone; ``spread`` is the root mean square of the errors' logarithms.
    """

    n: int
    median: float
    worst: float
    covered: float
    spread: float


class TakenLever(NamedLever):
    """A lever that a step takes: fields of the scenario that it sets, ratios to what quantities are today."""

    changes: str
    sets: dict[str, Any]
    scales: dict[str, Three]
    effort_d: Three
    risk: Risk
    doubt: str
    quality: Quality
    evidence: list[LeverEvidence]
    excludes: list[str]
    needs: list[str]
    held: HeldLever | None


class PlanStep(Strict):
    """One step: what it takes off where it stands, and the run after it, as ``estimate`` takes it.

    ``ratio`` is the goal after it to that before; ``share`` its part of the whole factor whatever the order; ``tied``
    are changes of the path that are as good first in its place, ``instead`` others that would bring it about as far for
    about as much work, ``excludes`` those that it rules out.
    """

    words: str
    changes: list[TakenLever]
    saving: Three
    saves: PlanSaves
    ratio: float
    share: float
    factor_so_far: Three
    effort_d: Three
    risk: Risk
    quality: Quality
    tied: list[str]
    instead: list[str]
    excludes: list[str]
    totals: Totals
    scenario: dict[str, Any]


class PlanPath(Strict):
    """The path: how many times less, by boundary too, and the run after all of it.

    ``spread`` is the standard deviation of the factor's logarithm that stands for how far levers were from published
    ratios; ``chip_alone`` is how many times less the machines would take if the accelerators alone drew a factor less.
    """

    factor: Three
    spread: float
    saving: Three
    boundaries: dict[Boundary, float]
    chip_alone: float | None
    effort_d: Three
    ratios: Totals
    totals: Totals
    goal: Three
    scenario: dict[str, Any]
    steps: list[PlanStep]


class PlanRunnerStep(Strict):
    """One step of another path."""

    ids: list[str]
    words: str
    ratio: float
    share: float


class PlanRunner(Strict):
    """Another path that reaches the factor; ``ratios`` are to today's."""

    factor: Three
    probability: float | None
    effort_d: Three
    ratios: Totals
    steps: list[PlanRunnerStep]


class PlanPoint(Strict):
    """A combination at the centre of the estimate: what it takes to today's, and by itself."""

    effort_d: float
    ratios: PlanSavesAlone
    values: PlanSavesAlone
    levers: list[NamedLever]


class PlanAlone(NamedLever):
    """The best way of a lever by itself; no ratio where it cannot be, ``why_not`` then says why.

    ``usd_per_t`` is what a tonne of CO2e less costs the run, below 0 where it saves money; people's time is not in it.
    """

    effort_d: float
    saves: PlanSavesAlone
    ratio: float | None
    usd_per_t: float | None
    why_not: str


class PlanRefused(Strict):
    """A lever that is in no path, and why."""

    id: str
    title: str
    group: LeverGroup
    how: RefusedHow
    why: str


class PlanFloor(Strict):
    """What the accelerators draw after the path, and would at peak: no plan goes below."""

    floor_kwh: Three
    accelerators_kwh: Three


class PlanRebound(Strict):
    """What is left of the saving where a share of it is spent again, in the unit of the goal."""

    share: float
    net: float


class PlanBanked(Strict):
    """Energy that is saved for good by a cap that is kept."""

    cap_kwh: float
    energy_kwh: float


class PlanSearch(Strict):
    """How much was looked at: all there is up to some days of work, or all where that is null."""

    there: int
    looked: int
    able: int
    within: int
    reaching: int
    complete_to_days: float | None
    most: PlanPoint | None
    most_unlimited: PlanPoint | None


class Planned(Strict):
    """The document of ``plan --json``; ``probability`` is null where nothing was drawn."""

    schema_: Literal["thirdwatt/plan/1"] = Field(alias="schema")
    facts_digest: str
    version: str
    name: str
    seed: int
    samples: int
    goal: PlanGoal
    unit: PlanUnit
    factor: float
    limits: PlanLimits
    reached: bool
    probability: float | None
    boundary: Boundary
    counted: PlanCounted
    today: PlanToday
    path: PlanPath
    runners: list[PlanRunner]
    front: list[PlanPoint]
    alone: list[PlanAlone]
    refused: list[PlanRefused]
    held: HeldLever | None
    floor: PlanFloor | None
    rebound: list[PlanRebound]
    banked: PlanBanked | None
    search: PlanSearch
    warnings: list[Note]


class ChipLimits(Strict):
    """What a design may be at most; null where nothing is."""

    reticle_share: float | None
    power_w: float | None
    cost_usd: float | None
    time_ratio: float | None
    least_supply_v: float | None


class ChipDesigned(Strict):
    """A design: its section ``[blueprint]``, what it trains in, and quantities that follow from it at the centre."""

    blueprint: dict[str, Any]
    precision: str
    built: dict[str, float]
    times_less: float
    time_ratio: float
    cost_usd: float


class ChipTrained(Strict):
    """A workload on the baseline and on the best design, at the boundary that was asked for."""

    model: str
    count: int
    weight: float
    before_j_per_token: Three
    after_j_per_token: Three
    times_less: Three
    hours_ratio: float


class ChipPart(Strict):
    """What one group of changes brings, in order and in any order, with fitted and with prior constants."""

    group: str
    in_order: float
    any_order: float
    prior_in_order: float
    prior_any_order: float


class ChipAssumption(Strict):
    """A figure that the factor hangs on, with its share of the factor's variance."""

    quantity: str
    stream: str
    share: float
    value: float
    low: float
    high: float
    unit: str
    kind: Kind
    source: str
    known_by: KnownBy


class ChipBounds(Strict):
    """How far a design is from what no chip can pass; ``cmos`` is the estimate over its own peak for a joule."""

    flop_per_j: float
    precision: str
    cmos: float
    cmos_low: float
    cmos_high: float
    landauer: float


class ChipError(Strict):
    """What a chip did and the model's error there."""

    what: str
    error: float


class ChipNear(Strict):
    """The nearest chip that was measured at work, and errors of the model there and elsewhere."""

    chip: str
    fitted: bool
    power: list[ChipError]
    area_error: float | None
    apart: list[str]
    median_error: float
    n: int


class ChipBeyond(Strict):
    """The best design with one thing more allowed; null where none can be built."""

    what: str
    speculative: bool
    design: ChipDesigned | None


class ChipCounts(Strict):
    """What became of designs that were looked at."""

    looked: int
    buildable: int
    priced: int
    fitting: int


class ChipSearch(Strict):
    """The document of ``chip search --json``; ``best`` is null where nothing can be built within the limits.

    ``documents`` are the workloads on the best design, for ``estimate``.
    """

    schema_: Literal["thirdwatt/chip-search/1"] = Field(alias="schema")
    facts_digest: str
    version: str
    baseline: str
    baseline_precision: str
    factor: float
    boundary: Boundary
    mix: str
    weights: dict[str, float]
    nodes: list[str]
    memories: list[str]
    links: list[str]
    style: str
    precisions: list[str]
    dies: int
    limits: ChipLimits
    speculative: list[str]
    samples: int
    seed: int
    best: ChipDesigned | None
    times_less: Three | None
    probability: float | None
    reached: bool
    boundaries: dict[Boundary, Three]
    trained: list[ChipTrained]
    parts: list[ChipPart]
    assumptions: list[ChipAssumption]
    on_sale: dict[str, float]
    bounds: ChipBounds | None
    validated: ChipNear | None
    front: list[ChipDesigned]
    beyond: list[ChipBeyond]
    counts: ChipCounts
    documents: list[dict[str, Any]]


class ChipFigure(Three):
    """A quantity that follows from a blueprint."""

    unit: str


class ChipJoules(Strict):
    """Where energy goes: J for every FLOP, and its parts, which add up to it."""

    j_per_flop: Three
    parts: dict[str, Three]


class ChipTraining(ChipJoules):
    """A chip while it trains something; J for every FLOP of the model."""

    model: str
    count: int
    precision: str
    accelerator_power_w: Three
    mfu: Three
    boundaries_j_per_flop: dict[Boundary, Three]


class ChipAgainst(Strict):
    """A figure that is published of a chip, and what the model has for it."""

    quantity: str
    unit: str
    published: float
    source: str
    model: Three
    error: float


class ChipField(Strict):
    """A field of a blueprint or a constant behind it, and how it is known."""

    name: str
    value: float | str
    known_by: KnownBy
    source: str


class ChipBody(Strict):
    """Everything that follows from a blueprint; of a chip that only its datasheet tells of, ``constants`` and
    ``product`` are null and nothing is said of area and limits.
    """

    name: str
    id: str
    precision: str
    constants: Literal["fitted", "prior"] | None
    sold: bool
    figures: dict[str, ChipFigure]
    area_mm2: dict[str, Three]
    limits: dict[str, Three]
    broken: list[str]
    peaks_flop_per_s: dict[str, float]
    product: ChipJoules | None
    training: ChipTraining | None
    no_training: str | None
    against: list[ChipAgainst]
    fields: list[ChipField]


class ChipMeasured(Strict):
    """A board that was measured at work, and what the model has for it."""

    what: str
    precision: str
    fitted: bool
    measured_w: float
    source: str
    model_w: float
    error: float


class ChipShown(ChipBody):
    """The document of ``chip show --json``; ``validated`` is null where the chip was itself measured at work."""

    schema_: Literal["thirdwatt/chip/1"] = Field(alias="schema")
    facts_digest: str
    measured: list[ChipMeasured]
    validated: ChipNear | None


class ChipBeside(ChipBody):
    """A chip beside the first: how many times less energy it takes on the mix, within each boundary."""

    times_less: dict[Boundary, Three]


class ChipCompare(Strict):
    """The document of ``chip compare --json``; ``left_out`` names the chips that a workload does not fit."""

    schema_: Literal["thirdwatt/chip-compare/1"] = Field(alias="schema")
    facts_digest: str
    mix: str
    models: list[str]
    left_out: dict[str, str]
    chips: list[ChipBeside]


class ChipConstant(Strict):
    """A constant before and after the fit; sigmas are of its logarithm."""

    name: str
    fitted_to: str
    prior: float
    fitted: float
    prior_log_sigma: float
    left_log_sigma: float
    follow: list[str]


class ChipFitPoint(Strict):
    """Something measured of a chip and the model's figure; ``assumed`` where the measure is a guess in part."""

    id: str
    chip: str
    what: str
    quantity: str
    fitted: bool
    assumed: bool
    measured: float
    model: float
    error: float
    source: str


class ChipLeftOut(Strict):
    """A fitted chip by constants that are fitted without it."""

    chip: str
    quantity: str
    errors: list[float]
    constants_log_sigmas: list[float]


class ChipFit(Strict):
    """The document of ``chip fit --json``; ``spreads`` are sigmas of logarithms, beyond those of constants."""

    schema_: Literal["thirdwatt/chip-fit/1"] = Field(alias="schema")
    facts_digest: str
    version: str
    constants: list[ChipConstant]
    points: list[ChipFitPoint]
    left_out: list[ChipLeftOut]
    spreads: dict[str, float]


class MeteredDevice(Strict):
    """Energy of one device of a run, from its samples."""

    host: str
    boot: str
    device: str
    component: str
    scope: str
    source: str
    method: str
    whole_node: bool
    energy_j: Three
    job_j: Three
    mean_w: float | None
    max_w: float | None
    measured_s: float
    gap_s: float
    gaps: list[dict[str, float]]
    events: dict[str, int]


class ModelledComponent(Strict):
    """What has no sensor, as a range."""

    component: str
    energy_j: Three
    how: str
    host: str
    boot: str
    device: str | None = None


class MachineShare(Three):
    """What of a machine is the job's, apart from its accelerators, and why."""

    how: str


class MeteredMachine(Strict):
    """A machine of a run: the job's energy there, and what was measured of all of it."""

    host: str
    boot: str
    share: MachineShare
    energy_j: Three
    measured_j: Three
    modelled_j: Three
    machine_j: float


class ComponentEnergy(Strict):
    """What was measured of a kind of device."""

    component: str
    energy_j: float


class RestsOn(Strict):
    """A figure on which a price rests."""

    quantity: str
    value: float
    kind: str
    source: str


class PricedRun(Strict):
    """What the energy of a run comes to at a site; no carbon and no water where no place is stated."""

    facility_energy_kwh: Three
    electricity_usd: Three | None
    carbon_kg: Three | None
    water_l: Three | None
    rests_on: list[RestsOn]


class Run(Strict):
    """One measured run; the short form of a list lacks everything after ``tokens``."""

    id: str
    name: str | None = None
    state: Literal["finished", "killed", "running"] | None = None
    start_s: float | None = None
    duration_s: float | None = None
    hosts: list[str] = []
    processes: int | None = None
    attempts: int | None = None
    accelerators: int | None = None
    accelerator_hours: float | None = None
    energy_j: Three | None = None
    measured_j: float | None = None
    modelled_j: Three | None = None
    measured_share: float | None = None
    steps: int | None = None
    tokens: int | None = None
    boundary: Literal["it"] | None = None
    machines: list[MeteredMachine] = []
    components: list[ComponentEnergy] = []
    devices: list[MeteredDevice] = []
    modelled: list[ModelledComponent] = []
    step_s: float | None = None
    tokens_per_s: Three | None = None
    j_per_token: Three | None = None
    phases: list[dict[str, Any]] = []
    processor_s: float | None = None
    processor_share: float | None = None
    own_cpu_s: float | None = None
    clock_jumps: int | None = None
    slept_s: float | None = None
    slurm_jobs: list[str] = []
    slurm_j: float | None = None
    priced: PricedRun | None = None
    notes: list[Any] = []
    bad_lines: int | None = None
    lost_mark_details: int | None = None
    how: list[str] = []


class Runs(Strict):
    """The document of ``runs --json``."""

    schema_: Literal["thirdwatt/runs/1"] = Field(alias="schema")
    facts_digest: str
    runs: list[Run]


class Summary(Strict):
    """The result of a run as its file holds it: ``said`` is how much was measured, ``made`` what it was made from."""

    schema_: Literal["thirdwatt/summary/1"] = Field(alias="schema")
    said: str
    windows: dict[str, tuple[int, int]]
    made: str
    run: Run


class Observed(Strict):
    """One thing that was seen; its unit is the ending of the quantity's name."""

    quantity: str
    value: float
    low: float | None = None
    high: float | None = None
    unit: str | None = None
    kind: Kind = "measured"
    source: str = ""
    scope: Literal["rate", "run"] = "rate"


class Range(Strict):
    """A figure with its ends (90 %), how it is known and by what; an end is null where it is not known."""

    value: float
    low: float | None
    high: float | None
    kind: Kind = "measured"
    source: str = ""


class ScanFinding(BaseModel):
    """A waste of a dataset; where it is not verified it says where to look, and no saving.

    What is null is not told: a finding may be made of no rows, or there is nothing that mends it.
    """

    id: str
    what: str
    verified: bool
    rows: int | None
    bytes: int | None
    rows_share: Range | float | None
    bytes_share: Range | float | None
    tokens_share: Range | None = None
    extrapolated: Range | None = None
    fix: str | None = None
    examples: list[str] = []


class ScanStrategy(BaseModel):
    """A way to make batches: what of all that is processed is padding, and what it cuts off."""

    id: str
    what: str
    padding_share: Range
    sequences: int
    truncated_documents: int
    lost_tokens: int


class ScanPadding(BaseModel):
    """Ways to make batches at a context."""

    context: int
    batch: int
    strategies: list[ScanStrategy]


class ScanTrial(BaseModel):
    """A format that a sample was stored in, in bytes for each byte of text."""

    id: str
    stored_ratio: float


class ScanStorage(BaseModel):
    """Formats that were tried, by id which is the present one, and which is better."""

    trials: list[ScanTrial]
    present: str | None
    better: str | None


class ScanTokenise(BaseModel):
    """What making tokens takes: seconds of a processor core."""

    cpu_s_per_token: Range


class ScanHistogram(Strict):
    """Documents and their tokens by length; a bin reaches to the next, the last to the longest."""

    from_tokens: list[int]
    documents: list[int]
    tokens: list[int]


class ScanLine(Strict):
    """A line that stands in many documents, as it begins."""

    line: str | None
    documents: int
    times: int
    bytes: int


class ScanLines(BaseModel):
    """Lines that are repeated, those first that take most."""

    lines: int
    top: list[ScanLine]


class _Price(Strict):
    """What a waste takes, as the difference of two runs; null where too little is known."""

    accelerator_hours: Three | None
    wall_time_h: Three | None
    facility_energy_kwh: Three | None
    cost_usd: Three | None
    carbon_kg: Three | None
    water_l: Three | None
    energy_share: Three | None
    small: bool | None


class ScanFaded(_Price):
    """The part of a price of repeats by which they counted less than new tokens, and by which law."""

    worth_share: Three
    by: str


class ScanWay(Strict):
    """What a way to make batches takes beyond packing."""

    id: str
    padding_share: Three
    facility_energy_kwh: Three | None


class ScanPrice(_Price):
    """The price of a finding; ``why`` says what it rests on, or why there is none."""

    id: str
    what: str
    how: str
    tokens_share: Three | None
    faded: ScanFaded | None
    why: str
    fix: str
    padding_share: Three | None = None
    by_strategy: list[ScanWay] | None = None
    core_hours: Three | None = None


class ScanPricedAt(Strict):
    """The run that prices are part of, and all that can be priced at once: prices do not add up."""

    scenario: str
    samples: int
    seed: int
    tokens: Three | None
    epochs: Three | None
    trained_tokens: Three | None
    processed_tokens: Three | None
    effective_tokens: Three | None
    accelerator_hours: Three | None
    wall_time_h: Three | None
    facility_energy_kwh: Three | None
    cost_usd: Three | None
    carbon_kg: Three | None
    water_l: Three | None
    together: _Price | None
    notes: list[str]


class ScanBadSample(BaseModel):
    """A row that could not be read, or the first of several."""

    file: str
    row: int
    reason: str
    sample: str


class ScanBadRows(Strict):
    """How many rows could not be read, why, and the first of them."""

    count: int
    reasons: dict[str, int]
    samples: list[ScanBadSample]


class Scanned(BaseModel):
    """The document of ``data scan --json``; ``tokens`` is null where they were neither counted nor estimated."""

    schema_: Literal["thirdwatt/scan/1"] = Field(alias="schema")
    facts_digest: str
    id: str = ""
    path: str
    rows: int
    bytes: int
    tokens: Range | None
    stored_bytes: int
    links: int
    columns: list[str]
    lengths: dict[str, int]
    token_lengths: dict[str, int] = {}
    histogram: ScanHistogram | None = None
    bad_rows: ScanBadRows
    unread_files: list[str]
    kernels: str | None
    full_buckets: int
    findings: list[ScanFinding]
    padding: ScanPadding | None = None
    storage: ScanStorage | None = None
    tokenise: ScanTokenise | None = None
    lines: ScanLines | None = None
    sample: dict[str, Any] | None = None
    estimated: dict[str, Range] | None = None
    observations: list[Observed] = []
    prices: list[ScanPrice] | None = None
    priced_at: ScanPricedAt | None = None
    mended: dict[str, Any] | None = None
    mended_changes: list[str] = []
    mended_prices: list[ScanPrice] | None = None
    mended_priced_at: ScanPricedAt | None = None


class Mended(BaseModel):
    """What a dataset was, or is, around a fix."""

    rows: int
    bytes: int
    files: int
    tokens: Range | None


class MendedBefore(Mended):
    """What was read; its findings are as those of a scan."""

    stored_bytes: int
    bad_rows: int
    bytes_per_token: Range | None
    findings: list[ScanFinding]


class Removed(Strict):
    """What went, for one reason."""

    rows: int
    bytes: int


class DedupFile(Strict):
    """A file of the result: rows, text or tokens in bytes, and what the file takes, with 128 bits of it (XXH3)."""

    name: str
    rows: int
    bytes: int
    stored_bytes: int
    digest: str


class Dedup(Strict):
    """The document of ``data dedup --json``, and ``report.json`` of its result."""

    schema_: Literal["thirdwatt/dedup/1"] = Field(alias="schema")
    facts_digest: str = ""
    thirdwatt: str
    path: str
    how: list[str]
    keep: str
    against: str | None
    kernels: str | None
    full_buckets: int
    ceiling: str | None
    before: MendedBefore
    removed: dict[str, Removed]
    edited_rows: int
    after: Mended
    files: list[DedupFile]
    proof: str
    splits: list[str] = []
    bad_rows: ScanBadRows


class PackedBefore(Strict):
    """What was read, in documents and in tokens without ends."""

    rows: int
    bytes: int
    stored_bytes: int
    files: int
    tokens: int
    bad_rows: int
    empty_rows: int


class PackedAfter(Strict):
    """Rows of tokens; segments are documents, or pieces of those that are longer than a row."""

    rows: int
    documents: int
    segments: int
    tokens: int
    end_tokens: int
    padding_tokens: int
    split_documents: int
    files: int


class PackedFile(Strict):
    """A file of the result."""

    name: str
    rows: int
    segments: int
    tokens: int
    stored_bytes: int
    digest: str


class PackedPadding(Strict):
    """Padding among all tokens: as it is, the least that any packing has, and with a document a row."""

    packed: float
    bound: float
    padded_to_context: float


class Pack(BaseModel):
    """The document of ``data pack --json``, and ``report.json`` of its result."""

    schema_: Literal["thirdwatt/pack/1"] = Field(alias="schema")
    facts_digest: str = ""
    thirdwatt: str
    path: str
    context: int
    seed: int
    tokenizer: str
    vocabulary: int
    before: PackedBefore
    removed: dict[str, dict[str, int]]
    after: PackedAfter
    padding_share: PackedPadding
    bound_rows: int
    files: list[PackedFile]
    proof: str
    splits: list[str] = []
    bad_rows: ScanBadRows


class Converted(Mended):
    """A dataset before or after a conversion; documents are the rows that have a text or an image."""

    documents: int
    stored_bytes: int


class Convert(Strict):
    """The document of ``data convert --json``, and ``report.json`` of its result."""

    schema_: Literal["thirdwatt/convert/1"] = Field(alias="schema")
    facts_digest: str = ""
    thirdwatt: str
    path: str
    to: str
    options: dict[str, Any]
    before: Converted
    after: Converted
    nan: int
    files: list[DedupFile]
    proof: str
    splits: list[str] = []
    bad_rows: ScanBadRows


class DiffSet(Strict):
    """One of two revisions of a dataset; rows are documents, and tokens those of its whole text."""

    path: str
    files: int
    stored_bytes: int
    columns: list[str]
    rows: int
    bytes: int
    lines: int
    tokens: Range
    bytes_per_token: Range
    image_files: int
    unread_files: list[str]
    bad_rows: ScanBadRows


class DiffClass(Strict):
    """Documents with which the same has happened; shares are of the set that they are in, that of tokens by bytes."""

    rows: int
    bytes: int
    lines: int
    tokens: Range
    rows_share: float
    bytes_share: float
    lines_share: float


class DiffDocuments(Strict):
    """Documents of the new set by what they are, and those of the old one that are there edited, or not any more."""

    unchanged: DiffClass
    moved: DiffClass
    copied: DiffClass
    stamped: DiffClass
    edited: DiffClass
    new: DiffClass
    replaced: DiffClass
    removed: DiffClass


class DiffStamp(Strict):
    """A line that is new in many documents that are otherwise old, as it begins."""

    line: str | None
    documents: int
    times: int
    bytes: int


class DiffLines(Strict):
    """Lines that the old set has not as often, stamps among them, and lines that the new one has not as often."""

    new: int
    new_bytes: int
    new_share: float
    stamps: int
    stamp_bytes: int
    removed: int
    removed_bytes: int
    removed_share: float
    top_stamps: list[DiffStamp]


class DiffShare(Range):
    """Share of the tokens of the new set that are in new lines.

    The low end leaves out stamps and copies of old documents; the high one counts all of a document in which anything
    else is new. ``lines``, ``without_stamps_and_copies`` and ``whole_documents`` are these as shares of bytes.
    """

    low: float
    high: float
    unit: Literal["1"]
    lines: float
    without_stamps_and_copies: float
    whole_documents: float
    tokens_per_byte_ratio: Three


class DiffHashes(Strict):
    """What hashes of files would have said: files whose bytes are those of no file of the old set."""

    files: int
    bytes: int
    changed_files: int
    changed_bytes: int
    changed_files_share: float
    changed_bytes_share: float


class DiffTransfer(Strict):
    """What a transfer takes: of whole files, and of chunks cut by what they hold; each different one once."""

    whole_files_bytes: int
    chunks_bytes: int
    chunks: int
    least_chunk_bytes: int
    most_chunk_bytes: int
    unread_files: list[str]


class DiffCost(Strict):
    """What the diff itself took."""

    wall_s: float
    cpu_s: float
    text_byte_per_cpu_s: float | None


class Diffed(Strict):
    """The document of ``data diff --json``; what is read of stored files is null where these are at an address.

    ``new_tokens`` are those in new lines, ``removed_tokens`` those in lines of the old set that are gone; tokens of
    documents that are new, edited or removed stand in ``documents``. ``tokenizer`` is null where none was named.
    """

    schema_: Literal["thirdwatt/diff/1"] = Field(alias="schema")
    facts_digest: str
    tokenizer: str | None
    seed: int
    old: DiffSet
    new: DiffSet
    documents: DiffDocuments
    lines: DiffLines
    new_token_share: DiffShare
    new_tokens: Range
    removed_tokens: Range
    observations: list[Observed]
    file_hashes: DiffHashes | None
    transfer: DiffTransfer | None
    kernels: str
    cost: DiffCost


class DoctorSensor(Strict):
    """One sensor: whether it works here, why not, and the least that would make it work."""

    name: str
    works: bool
    reason: str
    fix: str
    channels: list[Any]
    notes: list[str]


class DoctorComponent(Strict):
    """How a part of this machine would be known, and the watts that a model gives where it would be modelled."""

    component: str
    status: str
    by: list[str]
    devices: int
    low_w: float | None
    high_w: float | None


class Doctor(Strict):
    """The document of ``doctor --json``."""

    schema_: Literal["thirdwatt/doctor/1"] = Field(alias="schema")
    facts_digest: str
    sensors: list[DoctorSensor]
    components: list[DoctorComponent]


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


class WorstRun(Strict):
    """A run and the error of its estimate."""

    run: str
    error: float


class ValidationScore(Strict):
    """How one set of estimates stands to what was published."""

    question: str
    family: str
    n: int
    median: float
    mean: float
    bias: float
    factor: float
    coverage: float
    half_width: float
    p90: float
    baseline_median: float | None
    baseline_factor: float | None
    worst: list[WorstRun]


class ValidationAnswer(Strict):
    """One estimate beside what was published."""

    run: str
    question: str
    family: str
    quantity: str
    published: float
    predicted: Three
    error: float
    inside: bool
    baseline: float | None
    unfitted: bool


class LeftOut(Strict):
    """A run that is not asked a question, and why."""

    run: str
    question: str
    why: str


class Refused(Strict):
    """A published job that is said not to fit, in byte."""

    run: str
    family: str
    needed_byte: float
    capacity_byte: float
    published_byte: float


class PublishedProduct(Strict):
    """The product of published factors beside the figure that is published."""

    run: str
    what: str
    product: float
    published: float
    with_pue: bool


class PublishedRatio(Strict):
    """What the book gives for the set-up of a published ratio, beside it."""

    case: str
    kind: Literal["predicted", "arithmetic"]
    quantity: str
    predicted: float
    published: float
    low: float
    high: float
    source: str
    note: str
    error: float
    inside: bool


class LeverRatio(Strict):
    """What a lever does to the set-up of a published ratio by the ledger, beside it."""

    id: str
    lever: str
    way: str
    on: str
    before: str
    after: str
    quantity: str
    published: float
    low: float
    high: float
    boundary: str
    source: str
    kind: Literal["predicted", "fitted", "arithmetic", "bound"]
    note: str
    predicted: Three
    error: float
    inside: bool
    covered: bool


class SearchedPolicies(Strict):
    """Random policies of one shape of drift: the most by which theirs costs more than a search's."""

    shape: str
    n: int
    worst: float


class AddedUpParts(Strict):
    """Published parts of a project, added up, beside their published total."""

    run: str
    multiplier: float
    published: float
    note: str


class LongestPause(Strict):
    """Longest pause for a checkpoint that leaves the published share of useful time."""

    restart_h: float
    first_order_s: float
    full_model_s: float


class OutlookFan(Strict):
    """Percentiles of a quantity, a row a year."""

    unit: str
    percentiles: list[list[float]]


class OutlookBinding(Strict):
    """Shares of paths in which each cap binds; they add up to 1."""

    year: int
    shares: dict[str, float]


class OutlookBanked(Strict):
    """What is left of a gain at one rebound, percentiles of the sum over the years; null for runs alone.

    Months of growth that make up for it; null where it never is, since nothing grows.
    """

    rebound: float
    energy_kwh: list[float] | None
    carbon_kg: list[float] | None
    months: dict[str, list[float | None]]


class OutlookThird(Strict):
    """What a gain buys; ratios are of a frontier run with it to the same run without, in the last year."""

    gain: float
    when: int
    by: Literal["chip", "draw", "method"]
    until: int
    by_rebound: list[OutlookBanked]
    growth: dict[str, list[float]]
    run_energy_ratio: list[float]
    run_flop_ratio: list[float]
    binding: dict[str, float]


class OutlookOutgrown(Strict):
    """Share of paths on which a frontier run draws more than a site may, or on which generation bounds data centres."""

    year: int
    share: float


class OutlookAround(Strict):
    """A state around a site: what it generated in a year, and the site's part of it."""

    name: str
    year: int
    generation_kwh: float
    share: Three


class OutlookSite(Strict):
    """One site; ``place`` is the grid whose generation it is a part of, ``nation`` and ``within`` where it stands."""

    power_kw: float
    region: str
    place: str
    year: int
    national: bool
    nation: str
    within: str
    generation_kwh: float
    energy_kwh: Three
    share: Three
    local: OutlookAround | None
    outgrown: list[OutlookOutgrown]


class OutlookEra(Strict):
    """Electricity of data centres from one year to another."""

    first: int
    last: int
    before_kwh: float
    after_kwh: float
    grew: float


class OutlookTold(Strict):
    """Electricity of a company in a year."""

    year: int
    kwh: float


class OutlookCompany(Strict):
    """What one company told of all its electricity."""

    name: str
    told: list[OutlookTold]


class OutlookForecast(Strict):
    """What somebody else forecast, and the share of paths below it."""

    id: str
    year: int
    source: str
    case: str
    issued: str
    kwh: float
    paths_below: float
    second_hand: bool


class OutlookMember(Strict):
    """One line of the ensemble."""

    since: int
    largest: int
    n: int
    growth: float
    deviation_dex: float


class OutlookFits(Strict):
    """Lines through frontier runs, and what their spread is scaled by."""

    scale: float
    members: list[OutlookMember]


class OutlookBar(Strict):
    """What was demanded of the fits beforehand."""

    what: str
    value: float
    demanded: str
    holds: bool


class OutlookTrack(Strict):
    """How such forecasts did: shares of outcomes inside intervals by name, and where they lay in ten bins."""

    bars: list[OutlookBar]
    coverage: dict[str, float]
    pit: list[int]
    forecast_ln_rmse: float


class OutlookInput(Strict):
    """A figure that the outlook rests on."""

    quantity: str
    value: float
    low: float
    high: float
    unit: str
    kind: Kind
    source: str
    note: str


class OutlookRefused(Strict):
    """A statement that evidence does not support."""

    statement: str
    why: str


class OutlookDocument(Strict):
    """The document of ``outlook --json``; percentiles of each year by itself, no path runs along one."""

    schema_: Literal["thirdwatt/outlook/1"] = Field(alias="schema")
    facts_digest: str
    version: str
    scope: str
    scenario: str
    efficiency: str
    years: list[int]
    samples: int
    seed: int
    percentiles: list[int]
    fans: dict[str, OutlookFan]
    binding: list[OutlookBinding]
    supply_bound: list[OutlookOutgrown]
    third: OutlookThird
    site: OutlookSite | None
    eras: list[OutlookEra]
    companies: list[OutlookCompany]
    forecasts: list[OutlookForecast]
    fits: OutlookFits
    track: OutlookTrack
    inputs: list[OutlookInput]
    refused: list[OutlookRefused]


class OutlookRange(Strict):
    """A figure with its range of 90 %, its kind and where it is from."""

    value: float
    low: float = Field(default_factory=float)
    high: float = Field(default_factory=float)
    kind: Kind = "stated"
    source: str = ""


YearName: Any = Annotated[str, Field(pattern="^[0-9]{4}$")]


def _number_of(name: str) -> Any:
    least, most = limits(name)
    return Annotated[float, Field(ge=least, le=most)] if most < UNBOUNDED else Annotated[float, Field(ge=least)]


def _stated_fields(section: str) -> dict[str, Any]:
    """Fields of a section, each a number, a range, or values by year where it may be; none of them is null."""
    found: dict[str, Any] = {}
    for name in SECTIONS[section]:
        number: Any = _number_of(name)
        told: Any = number | OutlookRange
        if name in BY_YEAR:
            years: Any = dict[YearName, number]
            told |= Annotated[years, Field(json_schema_extra={"additionalProperties": False})]
        found[name] = (told, Field(default_factory=float, description=f"in {unit(name)}"))
    return found


def _section(section: str) -> Any:
    regime: Any = Literal[REGIMES]
    more: dict[str, Any] = {"efficiency": (regime, REGIMES[0])} if section == "growth" else {}
    return create_model(f"Outlook{section.title()}", __base__=Strict, **more, **_stated_fields(section))


_FILE_FIELDS: dict[str, Any] = {section: (_section(section), Field(default_factory=dict)) for section in SECTIONS}
OutlookFile: Any = create_model(
    "OutlookFile", __base__=Strict, __doc__="What a file of an outlook states.", name=(str, ""), **_FILE_FIELDS
)


class OutlookScore(Strict):
    """Forecasts from one cut scored on what followed, in decades."""

    measure: str
    cut: int
    imputed: bool
    n: int
    members: int
    growth: float
    scale: float
    bias: float
    mae: float
    crps: float
    coverage: list[float]
    unscaled: list[float]
    pit: list[float]
    unscaled_pit: list[float]
    persistence: float
    record: float
    fixed: float | None
    fixed_record: float | None
    doubling: float | None


class OutlookPooled(Strict):
    """All cuts of one measure together, of single cuts and of all but one the least and the largest part in 80 %."""

    measure: str
    imputed: bool
    n: int
    runs: int
    single: list[float]
    without_one: list[float]
    coverage: list[float]
    unscaled: list[float]
    histogram: list[int]


class OutlookQuotient(Strict):
    """Energy as compute over FLOP per joule from one cut, in decades."""

    since: int
    cut: int
    n: int
    growth: float
    bias: float
    mae: float
    inside: float


class OutlookResolved(Strict):
    """A forecast of data centres and what came."""

    case: str
    horizon: float
    forecast: float
    outcome: float
    error: float


class ValidatedOutlook(Strict):
    """The outlook held against what followed."""

    scores: list[OutlookScore]
    pooled: list[OutlookPooled]
    energy_as_told: list[OutlookQuotient]
    bars: list[OutlookBar]
    resolved: list[OutlookResolved]


class HeldPoint(Strict):
    """A die or a board beside what the model of chips makes of it."""

    id: str
    chip: str
    quantity: str
    without: bool
    groups: list[str]
    measured: float
    model: Three
    error: float
    inside: bool
    source: str


class ChipGroup(Strict):
    """How a group of dies or boards stands to the model."""

    quantity: str
    group: str
    n: int
    median: float
    mean: float
    bias: float
    inside: float
    wide: float
    worst: str
    worst_error: float


class ChipGeneration(Strict):
    """How many times less energy a FLOP takes on a newer chip."""

    what: str
    older: str
    newer: str
    measured: float
    model: float
    error: float


class TimedProduct(Strict):
    """One product by itself on a chip."""

    id: str
    rows: int
    measured_s: float
    model_s: float
    roofline_s: float
    searched_s: float
    error: float


class ChipBar(Strict):
    """What was asked of the model of chips beside what was found."""

    what: str
    asked: str
    found: str
    met: bool


class ToldConstant(Strict):
    """What boards tell of a constant: spreads of its logarithm, and how what is left goes with the node's energy."""

    name: str
    prior: float
    left: float
    measured: float
    together: float


class ChipsHeld(Strict):
    """The model of chips beside chips on sale."""

    points: list[HeldPoint]
    scores: list[ChipGroup]
    generations: list[ChipGeneration]
    products: list[TimedProduct]
    bars: list[ChipBar]
    told: list[ToldConstant]


class Validate(Strict):
    """The document of ``validate --json``."""

    schema_: Literal["thirdwatt/validate/1"] = Field(alias="schema")
    facts_digest: str
    version: str
    samples: int
    constant_mfu: float
    scores: list[ValidationScore]
    step_scores: list[ValidationScore]
    memory_scores: list[ValidationScore]
    development_scores: list[ValidationScore]
    lever_scores: list[ValidationScore]
    levers: list[LeverRatio]
    levers_not_held: dict[str, str]
    development: list[ValidationAnswer]
    added_up: list[AddedUpParts]
    pauses: list[LongestPause]
    refused: list[Refused]
    answers: list[ValidationAnswer]
    left_out: list[LeftOut]
    arithmetic: list[PublishedProduct]
    retraining: list[PublishedRatio]
    policies: list[SearchedPolicies]
    outlook: ValidatedOutlook
    chips: ChipsHeld


class CitedSource(Strict):
    """A source and the quantities taken from it."""

    id: str
    title: str = ""
    year: str = ""
    locator: str = ""
    licence: str = ""
    quantities: list[str]


class Cite(Strict):
    """The document of ``cite --json``."""

    schema_: Literal["thirdwatt/cite/1"] = Field(alias="schema")
    name: str
    version: str
    facts_digest: str
    boundary: Boundary
    seed: int
    sources: list[CitedSource]


class Observations(BaseModel):
    """The document that ``--observed`` reads."""

    schema_: Literal["thirdwatt/observations/1"] = Field(alias="schema")
    observations: list[Observed]


_MODELS: dict[str, type[BaseModel]] = {
    "scenario": ScenarioFile,
    "observations": Observations,
    "estimate": Estimate,
    "table": Table,
    "explain": Explain,
    "compare": Compare,
    "layout": LayoutSearch,
    "retrain": Retrain,
    "plan": Planned,
    "outlook": OutlookDocument,
    "outlook-file": OutlookFile,
    "chip-search": ChipSearch,
    "chip": ChipShown,
    "chip-compare": ChipCompare,
    "chip-fit": ChipFit,
    "runs": Runs,
    "summary": Summary,
    "scan": Scanned,
    "dedup": Dedup,
    "convert": Convert,
    "pack": Pack,
    "diff": Diffed,
    "doctor": Doctor,
    "check": Check,
    "equivalents": Equivalents,
    "facts": Facts,
    "reconcile": Reconcile,
    "audit": Audit,
    "evidence": Evidence,
    "gpai": Gpai,
    "validate": Validate,
    "cite": Cite,
}


def schema(name: str) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of one of ``NAMES``."""
    mode: Literal["validation", "serialization"] = "validation"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_MODELS[name].model_json_schema(mode=mode)}
