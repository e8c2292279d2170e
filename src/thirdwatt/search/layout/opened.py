"""What is open: the spaces that a search goes through, and what is wrong with what was asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from thirdwatt.facts import table
from thirdwatt.facts.prices import rent
from thirdwatt.ledger import Ledger, estimate, scenario_of
from thirdwatt.ledger.leaves import figures
from thirdwatt.ledger.limits import demand_buildable
from thirdwatt.scenario import InputError, InsufficientError, Mistake, Scenario, Warn
from thirdwatt.search.layout.axes import AXES, LATE, OPEN, Axis, axis, counts_up_to, usual
from thirdwatt.search.layout.find import Limits, goals
from thirdwatt.search.layout.job import CAP, Job, job_of, put_in
from thirdwatt.search.layout.space import Space

COUNT, CHIP, BATCH = "cluster.count", "cluster.accelerator", "layout.global_batch"
COUNTED = tuple(f"layout.{name}" for name in ("tensor", "pipeline", "context", "expert"))
"""Degrees that divide the number of accelerators."""
NOT_LAID_OUT = (
    "boundary", "title", "note", "layout", "range", "known.", "calibration", "quadrant.", "workload.model",
    "workload.tokens", "workload.epochs", "workload.flop", "workload.method", "workload.parameters",
    "workload.active_parameters", "workload.forward_flop_per_token", "workload.transformer.",
)  # fmt: skip
"""Fields, and beginnings of fields, whose values make another job of a scenario."""
MOST_ACCELERATORS = 32_768
"""Accelerators up to which a cluster is sized where a scenario leaves their number open."""


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


def counts(opened: Mapping[str, Sequence[Any]], ledger: Ledger) -> tuple[int, ...]:
    """Numbers of accelerators to try; none where their number is not open."""
    if COUNT not in opened:
        return ()
    wrong = [value for value in opened[COUNT] if not _whole(value)]
    if wrong:
        raise InputError(
            [Mistake(COUNT, f"{value!r} is no number of accelerators", "give whole ones") for value in wrong]
        )
    host = ledger.figures.get("accelerators_in_host_count")
    usually = counts_up_to(MOST_ACCELERATORS, 1 if host is None else int(host.value))
    return tuple(sorted(int(each) for each in opened[COUNT])) or usually


def refuse_paths(opened: Mapping[str, Sequence[Any]], kept: frozenset[str]) -> None:
    """Refuse paths that cannot be opened or kept, all of them at once."""
    mistakes = [
        Mistake(path or "--keep", "is not searched, so it stays as it is", f"axes are {', '.join((*AXES, *LATE))}")
        for path in kept
        if path not in AXES and path not in LATE
    ]
    for path, values in opened.items():
        if not path:
            mistakes.append(Mistake("--open", "names no field", "write --open section.field=A,B"))
        elif path in NOT_LAID_OUT or path.startswith(tuple(each for each in NOT_LAID_OUT if each.endswith("."))):
            mistakes.append(Mistake(path, "changes what is trained or asked, not how", "set it, and ask once for each"))
        elif path == "layout.data":
            mistakes.append(Mistake(path, "is what the other degrees leave", "open tensor, pipeline or context"))
        if path and not values and path not in (*AXES, *LATE, COUNT, CHIP):
            mistakes.append(Mistake(path, "has no usual values", f"give them: --open {path}=A,B"))
        if path in kept:
            mistakes.append(Mistake(path, "is opened and kept", "do one of them"))
    if mistakes:
        raise InputError(mistakes)


def refuse_values(scenario: Scenario, opened: Mapping[str, Sequence[Any]]) -> None:
    """Refuse values that a scenario may not have, all of them at once.

    A degree may be any whole number: whether it goes together with the others is for the rules to say.
    """
    if not opened:
        return
    alone = scenario_of(scenario, dict.fromkeys((*AXES, "layout.data"), None))
    mistakes: dict[str, Mistake] = {}
    for path, values in opened.items():
        for value in values:
            if value is OPEN or path not in (*AXES, *LATE, COUNT, BATCH):
                continue
            if path == BATCH and not _whole(value):
                mistakes[f"{path} {value}"] = Mistake(
                    path, f"{value!r} is no whole number of sequences", "give whole ones"
                )
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


def spaces(
    base: Scenario,
    job: Job,
    current: Mapping[str, Any],
    opened: Mapping[str, Sequence[Any]],
    kept: frozenset[str],
    by: str,
    limits: Limits,
    pinned: Mapping[str, Any],
    *,
    union: bool,
) -> Iterator[tuple[Space, Mapping[str, str]]]:
    """One space for every choice of what makes a scenario of its own: an accelerator, a precision, a network; and the
    goals that can be had there.

    Parameters
    ----------
    pinned
        What every layout states beside.
    union
        Whether what the scenario's own layout has is tried beside the usual, as it is where somebody states it.
    """
    outer = {path: values for path, values in opened.items() if path not in (*AXES, *LATE, COUNT)}
    for chosen, scenario in _alone(base, outer):
        ledger = estimate(scenario, samples=1)
        own = replace(job_of(ledger, job.counts), batch=int(chosen.get(BATCH, job.batch)))
        axes = [Axis(path, (value,), {}) for path, value in chosen.items()]
        if COUNT in opened:
            axes.append(axis(scenario, COUNT, own.counts))
        for path in AXES:
            own_values = current if path in kept or (union and not outer) else {}
            axes.append(axis(scenario, path, _values(path, own, own_values, opened, kept)))
        capped = CAP in opened or (CAP not in kept and by != "time") or limits.power_w < float("inf")
        capped = capped and scenario.blueprint is None  # which has a clock of its own
        late = []
        if capped:
            late.append(axis(scenario, CAP, _values(CAP, own, current, opened, kept), own.uncapped_w))
        elif CAP in current:
            late.append(axis(scenario, CAP, (current[CAP],)))
        yield Space(scenario, own, tuple(axes), tuple(late), {**pinned, BATCH: own.batch}), goals(ledger)


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


def _alone(base: Scenario, outer: Mapping[str, Sequence[Any]]) -> Iterator[tuple[Mapping[str, Any], Scenario]]:
    """Every combination that a scenario can have and, of a blueprint, that can be built.

    Raises
    ------
    InputError
        If a value goes together with no others.
    """
    tried = [dict(zip(outer, values, strict=True)) for values in product(*outer.values())]
    sound: list[tuple[Mapping[str, Any], Scenario]] = []
    wrong: list[tuple[Mapping[str, Any], InputError]] = []
    for chosen in tried:
        try:
            scenario = put_in(base, chosen) if chosen else base
            demand_buildable(scenario, figures(scenario))
        except InputError as error:
            wrong.append((chosen, error))
        else:
            sound.append((chosen, scenario))
    found = {(path, str(value)) for chosen, _ in sound for path, value in chosen.items()}
    mistakes: dict[str, Mistake] = {}
    for combination, reason in wrong:
        if any((path, str(value)) not in found for path, value in combination.items()):
            mistakes |= {str(each): each for each in reason.mistakes}
    if mistakes:
        raise InputError(list(mistakes.values()))
    yield from sound


def priceable(
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
