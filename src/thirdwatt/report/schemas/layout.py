"""What ``layout`` and the table of places print."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from thirdwatt.report.schemas.parts import Boundary, Note, Strict


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
