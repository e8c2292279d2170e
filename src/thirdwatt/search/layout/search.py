"""The search for a layout: what of a scenario is open, what stays as it is, and how its own layout stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from thirdwatt.amounts import amount, plain
from thirdwatt.ledger import Ledger, estimate, scenario_of
from thirdwatt.ledger.fit import fit
from thirdwatt.ledger.pricing import Sourced
from thirdwatt.scenario import InputError, InsufficientError, Scenario, Warn
from thirdwatt.search.layout.axes import AXES
from thirdwatt.search.layout.find import PEAK, STEP, TIME, Candidate, Found, Limits, Progress, find, goals
from thirdwatt.search.layout.job import Job, divisible, job_of, loosened, put_in, settings_of
from thirdwatt.search.layout.opened import (
    BATCH,
    CHIP,
    COUNT,
    counts,
    priceable,
    refuse_paths,
    refuse_values,
    rentable,
    spaces,
)
from thirdwatt.search.layout.rules import broken_by
from thirdwatt.search.layout.space import Space

OUTSIDE = 2**31
"""Number of the space of a layout that lies in none: the scenario's own."""
GOALS = ("time", "energy", "cost", "carbon")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search found, and what it was asked.

    Attributes
    ----------
    scenario
        The scenario with what the search left as it is.
    goal
        What is best: time, energy, cost or carbon.
    quantities
        Quantity that each goal is read from.
    current
        The scenario's own layout, as stated or as the rules guess it; ``None`` where that is none.
    stated
        Whether any of it is stated.
    current_fits
        Whether it fits into the memory.
    current_misses
        Why it is no layout of those that were searched: a limit that it misses, a value that is not open; empty if it
        is one.
    spaces, limits
        What was searched, and what a layout might take.
    opened, kept
        Fields that were opened with their values, and those that stay as they are.
    """

    scenario: Scenario
    goal: str
    quantities: Mapping[str, str]
    job: Job
    found: Found
    current: Candidate | None
    stated: bool
    current_fits: bool
    current_misses: str
    spaces: tuple[Space, ...]
    limits: Limits
    opened: Mapping[str, Sequence[Any]]
    kept: frozenset[str]
    warnings: tuple[Warn, ...]

    @property
    def best(self) -> Candidate | None:
        """The best layout; ``None`` if none is feasible."""
        return self.found.best

    def ledger(self, candidate: Candidate, samples: int = 1, seed: int = 0) -> Ledger:
        """The ledger of the scenario with a layout in."""
        return estimate(put_in(self.scenario_of(candidate), candidate.settings), samples=samples, seed=seed)

    def scenario_of(self, candidate: Candidate) -> Scenario:
        """The scenario that a layout was found in: with the accelerator, the precision that it has."""
        return self.spaces[candidate.space].scenario if candidate.space < len(self.spaces) else self.scenario

    def job_of(self, candidate: Candidate) -> Job:
        """The job that a layout was found for."""
        return self.spaces[candidate.space].job if candidate.space < len(self.spaces) else self.job


def search(
    source: Sourced,
    by: str = "time",
    *,
    set: Mapping[str, Any] | None = None,
    opened: Mapping[str, Sequence[Any]] | None = None,
    kept: Iterable[str] = (),
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> Answer:
    """Find the layout of a scenario that takes least.

    Parameters
    ----------
    by
        Least of what: ``time``, ``energy``, ``cost`` or ``carbon``.
    set
        Changes to the scenario by path.
    opened
        Values to try of further fields, or of an axis in place of the usual ones; an empty list stands for the usual.
    kept
        Axes that stay as the scenario has them.
    limits
        What a layout may take at most.
    progress
        Called with the layouts looked at and their whole number.

    Raises
    ------
    InputError
        If the scenario, or what is opened or kept, is wrong.
    InsufficientError
        If too little is known of the model or the campaign.
    """
    wanted = put_in(source, set or {}) if isinstance(source, Scenario) else scenario_of(source, set)
    bounds = limits or Limits()
    asked = _asked(wanted, by, opened or {}, frozenset(kept), bounds)
    standing, fits = _priced(asked.base, {**asked.pinned, **asked.current}, asked.quantities)
    misses = "" if standing is None else _misses(asked.base, standing, bounds, asked.job, asked.opened)
    than = standing.figures[by] if standing is not None and fits and not misses else 0.0
    found = find(asked.spaces, by, asked.quantities, bounds, than, progress)
    said = (warning for warning in asked.base.warnings if warning not in asked.aside)
    return Answer(
        scenario=asked.base,
        goal=by,
        quantities=asked.quantities,
        job=asked.job,
        found=found,
        current=standing,
        stated=asked.stated,
        current_fits=fits,
        current_misses=misses,
        spaces=asked.spaces,
        limits=bounds,
        opened=dict(opened or {}),
        kept=frozenset(kept),
        warnings=(*said, *asked.aside, *asked.left_out),
    )


def best(scenario: Scenario, by: str, kept: Iterable[str] = ()) -> Mapping[str, Any] | None:
    """Settings of the best layout of all, as :func:`search` finds it, and nothing of the others; ``None`` if none is
    feasible.
    """
    asked = _asked(scenario, by, {}, frozenset(kept), Limits())
    found = find(asked.spaces, by, {by: asked.quantities[by]}, most_spreads=1).best
    return None if found is None else found.settings


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is searched: the scenario with what is open left out, its spaces, and what was set aside or left out."""

    base: Scenario
    job: Job
    current: Mapping[str, Any]
    stated: bool
    pinned: Mapping[str, Any]
    spaces: tuple[Space, ...]
    quantities: Mapping[str, str]
    opened: Mapping[str, Sequence[Any]]
    aside: tuple[Warn, ...]
    left_out: tuple[Warn, ...]


def _asked(
    wanted: Scenario, by: str, opened: Mapping[str, Sequence[Any]], fixed: frozenset[str], bounds: Limits
) -> _Asked:
    own, aside = loosened(wanted)
    ledger = estimate(own, samples=1)
    quantities = goals(ledger)
    _demand(ledger, by, quantities)
    more = dict(opened)
    left: tuple[Warn, ...] = ()
    if CHIP in more and not more[CHIP]:
        more[CHIP], left = rentable(own)
    if bounds.bound_the_cluster and "accelerator_count" not in own.given and "instance" not in own.choices:
        more.setdefault(COUNT, ())
    job = job_of(ledger, counts(more, ledger))
    if "global_batch_count" not in own.given:
        job = replace(job, batch=divisible(job.batch, max(job.counts)))
    refuse_paths(more, fixed)
    current = settings_of(ledger)
    refuse_values(own, more)
    pinned = {BATCH: job.batch, **_sequence(ledger)}
    base = put_in(own, {**dict.fromkeys(AXES, None), "layout.data": None, **pinned})
    stated = bool(_stated(wanted))
    tried = list(spaces(base, job, current, more, fixed, by, bounds, pinned, union=stated))
    searched, quantities, unpriced = priceable(tried, quantities, by)
    return _Asked(
        base, job, current, stated, pinned, tuple(searched), quantities, more, aside, (*left, *unpriced)
    )  # fmt: skip


def _sequence(ledger: Ledger) -> dict[str, int]:
    """The length of a sequence where it is assumed: unless it is stated, hours come from experience and not from the
    step, and all layouts would take the same.
    """
    length = ledger.figures.get("sequence_length")
    assumed = length is not None and length.kind == "assumed"
    return {"workload.transformer.seq_len": int(length.value)} if length is not None and assumed else {}


def _stated(scenario: Scenario) -> list[str]:
    layout = scenario.document.get("layout", {})
    return (
        [f"layout.{field}" for field in layout if f"layout.{field}" in AXES or field == "data"]
        if isinstance(layout, Mapping)
        else []
    )


def _priced(
    base: Scenario, settings: Mapping[str, Any], quantities: Mapping[str, str]
) -> tuple[Candidate | None, bool]:
    """A layout with its figures, and whether it fits; ``None`` where no such layout can be."""
    try:
        ledger = estimate(put_in(base, settings), samples=1)
    except InputError:
        return None, False
    figures = {goal: found.value for goal, name in quantities.items() if (found := ledger.of(name)) is not None}
    used = ledger.of("memory_used_ratio")
    held = fit(ledger)
    figures["memory"] = 0.0 if used is None else used.value
    return Candidate(settings, figures, OUTSIDE), held is None or held.fits


def _misses(base: Scenario, standing: Candidate, limits: Limits, job: Job, opened: Mapping[str, Sequence[Any]]) -> str:
    """Why the scenario's own layout is none of those that were searched; empty if it is one."""
    ledger = estimate(put_in(base, standing.settings), samples=1)
    power, hours, count = (ledger.of(name) for name in (PEAK, TIME, "accelerator_count"))
    if power is not None and power.value > limits.power_w:
        return f"draws {amount(power.value, 'W')}, more than there is"
    if hours is not None and hours.value > limits.wall_time_h:
        return f"takes {amount(hours.value, 'h')}, longer than there is"
    if count is not None and round(count.value) not in job.counts:
        return f"has {plain(count.value, 7)} accelerators, which is not among those that are open"
    own = {**standing.settings, "layout.zero_stage": _shared_stage(standing)}
    if broken := broken_by(own, job):
        return f"is none that is searched: {broken}"
    other = [path for path, value in standing.settings.items() if opened.get(path) and value not in opened[path]]
    return f"has a {other[0]} that is not among those that are open" if other else ""


def _shared_stage(standing: Candidate) -> int:
    """ZeRO stage of a layout: none where nothing shares the states, whatever is said."""
    copies = standing.settings["layout.data"] * standing.settings["layout.context"]
    return int(standing.settings["layout.zero_stage"]) if copies > 1 else 0


def _demand(ledger: Ledger, by: str, quantities: Mapping[str, str]) -> None:
    if STEP not in ledger.values:
        lacking = ", ".join(ledger.lacking(STEP)) or "workload.model"
        raise InsufficientError(f"a layout needs the model's architecture: state workload.model, or {lacking}")
    if by not in quantities:
        needed = "workload.tokens" if "energy" not in quantities else f"what its {by} follows from"
        raise InsufficientError(f"the least {by} needs a campaign: state {needed}, or ask by time")
