"""What ``validate`` prints."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from thirdwatt.report.schemas.outlook import OutlookBar
from thirdwatt.report.schemas.parts import Strict, Three


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
