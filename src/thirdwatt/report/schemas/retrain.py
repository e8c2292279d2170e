"""What ``retrain`` prints."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from thirdwatt.report.schemas.parts import Boundary, Kind, Note, Range, Strict, Three


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
