"""What ``chip`` prints."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from thirdwatt.report.schemas.parts import Boundary, Kind, KnownBy, Strict, Three


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
