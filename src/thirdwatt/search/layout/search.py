"""The search for a layout: what of a scenario is open, what stays as it is, and how its own layout stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import log2
from typing import Any

from thirdwatt.facts import table
from thirdwatt.facts.prices import rent
from thirdwatt.ledger import Ledger, estimate, scenario_of
from thirdwatt.ledger.book import book
from thirdwatt.ledger.fit import fit
from thirdwatt.ledger.ledger import path_of
from thirdwatt.ledger.pricing import Sourced
from thirdwatt.scenario import InputError, InsufficientError, Mistake, Scenario, Warn
from thirdwatt.scenario.parse import QUANTITY_OF
from thirdwatt.search.layout.axes import (
    AXES,
    LATE,
    OPEN,
    Axis,
    Job,
    axis,
    counts_up_to,
    degrees_of,
    usual,
)
from thirdwatt.search.layout.find import STEP, Candidate, Found, Limits, Progress, find, goals
from thirdwatt.search.layout.space import Space

GOALS = ("time", "energy", "cost", "carbon")
COUNT, CAP, BATCH = "cluster.count", "cluster.power_cap_w", "layout.global_batch"
CHIP = "cluster.accelerator"
OPTIONS = {"layout.zero_stage": "zero", "layout.recompute": "recompute", "layout.offload": "offload"}
COUNTED = tuple(f"layout.{name}" for name in ("tensor", "pipeline", "context", "expert"))
"""Degrees that divide the number of accelerators."""
MOST_ACCELERATORS = 32_768
"""Accelerators up to which a cluster is sized where a scenario leaves their number open."""


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
    job = job_of(ledger, _counts(more, ledger))
    if "global_batch_count" not in ledger.figures:
        job = replace(job, batch=divisible(job.batch, max(job.counts)))
    fixed = frozenset(kept)
    _refuse_paths(more, fixed)
    current = settings_of(ledger)
    _refuse_values(own, more)
    base = scenario_of(own, {**dict.fromkeys(AXES, None), "layout.data": None, BATCH: job.batch})
    stated = bool(_stated(wanted))
    tried = list(_spaces(base, job, current, more, fixed, by, bounds, union=stated))
    spaces, quantities, unpriced = _priceable(tried, quantities, by)
    standing, fits = _priced(base, current, quantities)
    found = find(
        spaces, by, quantities, bounds, standing.figures[by] if standing is not None and fits else 0.0, progress
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
        spaces=tuple(spaces),
        limits=bounds,
        warnings=(*(warning for warning in base.warnings if warning not in aside), *aside, *left, *unpriced),
    )


def loosened(scenario: Scenario) -> tuple[Scenario, tuple[Warn, ...]]:
    """A scenario without what its layout decides: hours and utilisation that are stated would be the same for all."""
    decided = _downstream(QUANTITY_OF[path] for path in AXES if path in QUANTITY_OF)
    fields = frozenset(QUANTITY_OF.values())
    idle = [name for name in scenario.given if name in decided - fields and not name.endswith("_w")]
    if not idle:
        return scenario, ()
    given = {name: figure for name, figure in scenario.given.items() if name not in idle}
    said = ", ".join(path_of(name) for name in idle)
    document = {
        **scenario.document,
        "known": {k: v for k, v in scenario.document.get("known", {}).items() if k in given},
    }
    text = f"{said}: set aside, since a layout decides it"
    kept = tuple(each for each in scenario.observations if each.quantity not in idle)
    own = replace(scenario, given=given, document=document, observations=kept)
    return own, (Warn("set_aside", text),)


def _downstream(names: Iterable[str]) -> frozenset[str]:
    """Quantities that depend on some, those and the batch apart."""
    reached = {*names, "data_count"}
    start = frozenset({*reached, "global_batch_count"})
    while True:
        more = {
            quantity
            for quantity, ways in book().formulas.items()
            if quantity not in reached and any(reached.intersection(way.arguments) for way in ways)
        }
        if not more:
            return frozenset(reached - start)
        reached |= more


def job_of(ledger: Ledger, counts: Sequence[int] = ()) -> Job:
    """What of a scenario decides which layouts there are."""

    def whole(name: str) -> int:
        found = ledger.of(name)
        return 0 if found is None else round(found.value)

    choices = ledger.scenario.choices
    return Job(
        layers=whole("layer_count"),
        heads=max(whole("head_count"), 1),
        kv_heads=max(whole("kv_head_count"), 1),
        experts=whole("expert_count"),
        sequence=whole("sequence_length"),
        batch=max(whole("global_batch_count"), 1),
        counts=tuple(counts) or (max(whole("accelerator_count"), 1),),
        in_host=max(whole("accelerators_in_host_count"), 1),
        tdp_w=ledger.figures["accelerator_tdp_w"].value,
        uncapped_w=max(float(whole("power_cap_w")), ledger.figures["accelerator_tdp_w"].value),
        zero_stage=int(choices["zero"]),
        heads_exchanged=choices["context_by"] == "heads",
        degrees=degrees_of(choices["stack"]),
    )


def divisible(batch: int, count: int) -> int:
    """The batch nearest to one that nobody states, of those that many numbers of replicas share evenly: what is odd in
    the number of accelerators, doubled.

    Examples
    --------
    >>> divisible(489, 8), divisible(1954, 10_000)
    (512, 2500)
    """
    odd = count // (count & -count)
    return int(odd * 2 ** max(round(log2(batch / odd)), 0))


def settings_of(ledger: Ledger) -> dict[str, Any]:
    """The layout that a ledger has, as a scenario states it."""
    choices = ledger.scenario.choices
    found: dict[str, Any] = {}
    for path in (*AXES, "layout.data"):
        if path in OPTIONS:
            word = choices[OPTIONS[path]]
            found[path] = int(word) if word.isdigit() else word
            continue
        value = ledger.of(QUANTITY_OF[path])
        found[path] = 1 if value is None else int(value.value) if float(value.value).is_integer() else value.value
    cap = ledger.scenario.given.get("power_cap_w")
    if cap is not None:
        found[CAP] = cap.value
    return found


def rentable(scenario: Scenario) -> tuple[tuple[str, ...], tuple[Warn, ...]]:
    """Accelerators that somebody rents out and that the scenario can run on, and a word on those it cannot."""
    offered = [name for name in table("accelerators").rows if rent(name, None, scenario.choices["term"]) is not None]
    able, unable = [], []
    for name in offered:
        try:
            scenario_of(scenario, {CHIP: name})
        except InputError:
            unable.append(name)
        else:
            able.append(name)
    said = f"{', '.join(unable)}: not tried, since they have not what the scenario states"
    return tuple(able), (Warn("not_tried", said),) if unable else ()


# --- what is open -------------------------------------------------------------------------------------------------


def _counts(opened: Mapping[str, Sequence[Any]], ledger: Ledger) -> tuple[int, ...]:
    if COUNT not in opened:
        return ()
    host = ledger.figures.get("accelerators_in_host_count")
    usually = counts_up_to(MOST_ACCELERATORS, 1 if host is None else int(host.value))
    return tuple(sorted(int(each) for each in opened[COUNT])) or usually


def _refuse_paths(opened: Mapping[str, Sequence[Any]], kept: frozenset[str]) -> None:
    mistakes = [
        Mistake(path, "is not searched, so it stays as it is", f"axes are {', '.join((*AXES, *LATE))}")
        for path in kept
        if path not in AXES and path not in LATE
    ]
    for path, values in opened.items():
        if not values and path not in (*AXES, *LATE, COUNT, CHIP):
            mistakes.append(Mistake(path, "has no usual values", f"give them: --open {path}=A,B"))
        if path in kept:
            mistakes.append(Mistake(path, "is opened and kept", "do one of them"))
    if mistakes:
        raise InputError(mistakes)


def _refuse_values(scenario: Scenario, opened: Mapping[str, Sequence[Any]]) -> None:
    """Refuse values that a scenario may not have, all of them at once.

    A degree may be any whole number: whether it goes together with the others is for the rules to say.
    """
    alone = scenario_of(scenario, dict.fromkeys((*AXES, "layout.data"), None))
    mistakes: dict[str, Mistake] = {}
    for path, values in opened.items():
        for value in values:
            if value is OPEN:
                continue
            change = {path: value} if path.startswith("layout.") else {path: value, "layout.global_batch": 1}
            try:
                scenario_of(alone, {COUNT: value} | change if path in COUNTED and _whole(value) else change)
            except InputError as error:
                mistakes |= {str(each): each for each in error.mistakes}
    if mistakes:
        raise InputError(list(mistakes.values()))


def _whole(value: Any) -> bool:
    return isinstance(value, int) and value > 0


def _spaces(
    base: Scenario,
    job: Job,
    current: Mapping[str, Any],
    opened: Mapping[str, Sequence[Any]],
    kept: frozenset[str],
    by: str,
    limits: Limits,
    *,
    union: bool,
) -> Iterator[tuple[Space, Mapping[str, str]]]:
    """One space for every choice of what makes a scenario of its own: an accelerator, a precision, a network; and the
    goals that can be had there.

    Parameters
    ----------
    union
        Whether what the scenario's own layout has is tried beside the usual, as it is where somebody states it.
    """
    outer = {path: values for path, values in opened.items() if path not in (*AXES, *LATE, COUNT)}
    for values in product(*outer.values()):
        chosen = dict(zip(outer, values, strict=True))
        scenario = scenario_of(base, chosen) if chosen else base
        ledger = estimate(scenario, samples=1)
        own = replace(job_of(ledger, job.counts), batch=job.batch)
        axes = [Axis(path, (value,), {}) for path, value in chosen.items()]
        if len(own.counts) > 1:
            axes.append(axis(scenario, COUNT, own.counts))
        for path in AXES:
            own_values = current if path in kept or (union and not outer) else {}
            axes.append(axis(scenario, path, _values(path, own, own_values, opened, kept)))
        capped = CAP in opened or (CAP not in kept and by != "time") or limits.power_w < float("inf")
        late = []
        if capped:
            late.append(axis(scenario, CAP, _values(CAP, own, current, opened, kept), own.uncapped_w))
        elif CAP in current:
            late.append(axis(scenario, CAP, (current[CAP],)))
        yield Space(scenario, own, tuple(axes), tuple(late)), goals(ledger)


def _priceable(
    tried: Sequence[tuple[Space, Mapping[str, str]]], quantities: Mapping[str, str], by: str
) -> tuple[list[Space], dict[str, str], tuple[Warn, ...]]:
    """Spaces in which the goal can be had, the goals that can be had in all of them, and a word on the others."""
    able = [(space, own) for space, own in tried if by in own and own["time"] == quantities["time"]]
    if not able:
        raise InsufficientError(f"the least {by} is known of none of what is opened")
    shared = {goal: name for goal, name in quantities.items() if all(goal in own for _, own in able)}
    unable = [space.title for space, own in tried if by not in own]
    said = f"{', '.join(unable)}: not tried, since the {by} is not known"
    return [space for space, _ in able], shared, (Warn("not_tried", said),) if unable else ()


def _values(
    path: str,
    job: Job,
    current: Mapping[str, Any],
    opened: Mapping[str, Sequence[Any]],
    kept: frozenset[str],
) -> tuple[Any, ...]:
    """Values of an axis: those asked for, the one that is kept, or the usual ones and the scenario's own."""
    own = current.get(path, OPEN)
    if path in kept:
        return (own,)
    if opened.get(path):
        return tuple(opened[path])
    usually = usual(path, job)
    if own in usually or (path not in LATE and own is OPEN) or isinstance(own, float):
        return usually
    return (*usually, own) if isinstance(own, str) else tuple(sorted((*usually, own)))


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
