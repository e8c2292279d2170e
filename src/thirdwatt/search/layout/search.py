"""The search for a layout: what of a scenario is open, what stays as it is, and how its own layout stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from thirdwatt.ledger import Ledger, estimate, scenario_of
from thirdwatt.ledger.fit import fit
from thirdwatt.ledger.pricing import Sourced
from thirdwatt.scenario import InputError, InsufficientError, Scenario, Warn
from thirdwatt.search.layout.axes import AXES
from thirdwatt.search.layout.find import STEP, Candidate, Found, Limits, Progress, find, goals
from thirdwatt.search.layout.job import Job, divisible, job_of, loosened, settings_of
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
from thirdwatt.search.layout.space import Space

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
    spaces, limits
        What was searched, and what a layout might take.
    """

    scenario: Scenario
    goal: str
    quantities: Mapping[str, str]
    job: Job
    found: Found
    current: Candidate | None
    stated: bool
    current_fits: bool
    spaces: tuple[Space, ...]
    limits: Limits
    warnings: tuple[Warn, ...]

    @property
    def best(self) -> Candidate | None:
        """The best layout; ``None`` if none is feasible."""
        return self.found.best

    def ledger(self, candidate: Candidate, samples: int = 1, seed: int = 0) -> Ledger:
        """The ledger of the scenario with a layout in."""
        return estimate(self.scenario, candidate.settings, samples=samples, seed=seed)


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
    wanted = scenario_of(source, set)
    own, aside = loosened(wanted)
    ledger = estimate(own, samples=1)
    quantities = goals(ledger)
    _demand(ledger, by, quantities)
    bounds = limits or Limits()
    more = dict(opened or {})
    left: tuple[Warn, ...] = ()
    if CHIP in more and not more[CHIP]:
        more[CHIP], left = rentable(own)
    if bounds.bound_the_cluster and "accelerator_count" not in own.given and "instance" not in own.choices:
        more.setdefault(COUNT, ())
    job = job_of(ledger, counts(more, ledger))
    if "global_batch_count" not in ledger.figures:
        job = replace(job, batch=divisible(job.batch, max(job.counts)))
    fixed = frozenset(kept)
    refuse_paths(more, fixed)
    current = settings_of(ledger)
    refuse_values(own, more)
    base = scenario_of(own, {**dict.fromkeys(AXES, None), "layout.data": None, BATCH: job.batch})
    stated = bool(_stated(wanted))
    tried = list(spaces(base, job, current, more, fixed, by, bounds, union=stated))
    searched, quantities, unpriced = priceable(tried, quantities, by)
    standing, fits = _priced(base, current, quantities)
    found = find(
        searched, by, quantities, bounds, standing.figures[by] if standing is not None and fits else 0.0, progress
    )
    return Answer(
        scenario=base,
        goal=by,
        quantities=quantities,
        job=job,
        found=found,
        current=standing,
        stated=stated,
        current_fits=fits,
        spaces=tuple(searched),
        limits=bounds,
        warnings=(*(warning for warning in base.warnings if warning not in aside), *aside, *left, *unpriced),
    )


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
        ledger = estimate(base, settings, samples=1)
    except InputError:
        return None, False
    figures = {goal: found.value for goal, name in quantities.items() if (found := ledger.of(name)) is not None}
    used = ledger.of("memory_used_ratio")
    held = fit(ledger)
    return Candidate(settings, figures | {"memory": 0.0 if used is None else used.value}), held is None or held.fits


def _demand(ledger: Ledger, by: str, quantities: Mapping[str, str]) -> None:
    if STEP not in ledger.values:
        lacking = ", ".join(ledger.lacking(STEP)) or "workload.model"
        raise InsufficientError(f"a layout needs the model's architecture: state workload.model, or {lacking}")
    if by not in quantities:
        needed = "workload.tokens" if "energy" not in quantities else f"what its {by} follows from"
        raise InsufficientError(f"the least {by} needs a campaign: state {needed}, or ask by time")
