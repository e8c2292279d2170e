"""What ``plan`` prints."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from thirdwatt.report.schemas.estimate import Totals
from thirdwatt.report.schemas.parts import Boundary, Note, Strict, Three
from thirdwatt.search.levers.lever import GROUPS, QUALITY, RISKS, STRENGTHS
from thirdwatt.search.plan.goals import CAN_BE_LESS, UNITS
from thirdwatt.search.plan.offered import FORBIDDEN, NOT_NOW, OFF, USELESS

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
