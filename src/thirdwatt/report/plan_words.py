"""The words of a plan: what things are called and how figures are said, one at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from thirdwatt.amounts import percent, plain
from thirdwatt.ledger.change import Three
from thirdwatt.ledger.ledger import Total, total
from thirdwatt.scenario import Warn
from thirdwatt.search.levers.lever import QUALITY, RISKS, STRENGTHS, Evidence, Lever, Way
from thirdwatt.search.plan.answer import Alone, Plan
from thirdwatt.search.plan.held import of_lever
from thirdwatt.search.plan.offered import FORBIDDEN, NOT_NOW, OFF, USELESS, Refused
from thirdwatt.search.plan.path import Path, Step
from thirdwatt.search.plan.question import TWICE
from thirdwatt.search.plan.search import Point

GOAL_NAMES: Mapping[str, str] = {
    "energy": "energy",
    "cost": "cost",
    "carbon": "carbon (location-based)",
    "market": "carbon (by contracts)",
    "time": "time",
}
"""What a plan can be held against, for a reader."""
AFTER: Mapping[str, str] = {"carbon": " CO2e", "market": " CO2e"}
"""What follows the unit of a goal."""
PARTS: Mapping[float, str] = {2.0: "half", 3.0: "a third", 4.0: "a quarter", 5.0: "a fifth"}
SMALL = 0.005
"""Part of a unit below which a cell says nothing."""
BOUNDARIES: Mapping[str, str] = {
    "accelerators": "accelerators",
    "accelerators+facility": "accelerators and the building's overhead on them",
    "it": "all IT equipment",
    "facility": "facility",
}
"""The boundaries of an energy, as a sentence takes them."""


def aim(plan: Plan) -> str:
    """What the plan is for: "a third of the energy"."""
    part = PARTS.get(plan.factor, f"1/{plan.factor:g}")
    return f"{part} of the {GOAL_NAMES[plan.goal]}"


def times(value: float, beside: float | None = None) -> str:
    """A factor in three digits, or in as many as tell it from another one.

    Examples
    --------
    >>> times(3.0415), times(2.9996, 3.0), times(3.0, 3.0)
    ('3.04', '2.9996', '3')
    """
    for digits in range(3, 12):
        said = plain(value, digits)
        if beside is None or abs(value - beside) <= 1e-9 * beside or said != plain(beside, digits):
            break
    return said


def factor_words(path: Path, beside: float | None = None) -> str:
    """How many times less, with the interval if there is one."""
    found = path.factor
    said = f"{times(found.value, beside)} times less"
    return said if found.low == found.high else f"{said} (90 %: {times(found.low)} to {times(found.high)})"


def sureness(plan: Plan) -> str:
    """How probable it is that it comes to the factor; empty where nothing was drawn."""
    return f"{plan.factor:g} times or more: {percent(plan.probability)} probable" if drawn(plan) else ""


def drawn(plan: Plan) -> bool:
    """Whether there are draws beside the central value."""
    return len(plan.path.drawn_before) > 1


def titles(step: Step) -> str:
    """The changes of a step by their names."""
    return " and ".join(each.lever.title for each in step.changes)


def shorter(step: Step) -> str:
    """The changes of a step by their names, and by which way they are taken."""
    return " and ".join(named(each.lever, each.way) for each in step.changes)


def named(lever: Lever, way: Way) -> str:
    """A lever by its name, with the way it is taken where it has several: "lower clock (75%)"."""
    return f"{lever.title} ({way.id})" if way.id else lever.title


def taken(plan: Plan, combination: Sequence[int]) -> list[str]:
    """Names of the levers that a combination takes, and of the way where there are several."""
    return [
        named(each.lever, each.ways[number - 1])
        for each, number in zip(plan.levers, combination, strict=True)
        if number
    ]


def apart(combinations: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """What all of some combinations take, and what each takes besides.

    Examples
    --------
    >>> apart([["fp8", "spot"], ["fp8"]])
    (['fp8'], [['spot'], []])
    """
    common = [name for name in combinations[0] if all(name in names for names in combinations)]
    return common, [[name for name in names if name not in common] for names in combinations]


def changes_count(path: Path) -> int:
    """How many levers a path takes."""
    return sum(len(step.changes) for step in path.steps)


def days(value: float) -> str:
    """Days of work."""
    return f"{plain(value)} day{'' if value == 1 else 's'}"


def effort(three: Three) -> str:
    """Days of work with their range, as short as a column."""
    value, low, high = three
    return plain(value) if low == high else f"{plain(value)} ({plain(low)} to {plain(high)})"


def risk(step: Step) -> str:
    """The highest risk of the changes of a step."""
    return max((each.lever.risk for each in step.changes), key=RISKS.index)


def quality(step: Step) -> str:
    """What the changes of a step do to quality: the least sure of them counts."""
    return max((each.lever.quality for each in step.changes), key=list(QUALITY).index)


def strength(step: Step) -> str:
    """What a step rests on: of each change its strongest evidence, and of those the weakest."""
    order = list(STRENGTHS).index
    best = (min((evidence.strength for evidence in each.lever.evidence), key=order) for each in step.changes)
    return max(best, key=order)


def so_far(plan: Plan, step: Step) -> Total:
    """How many times less after a step than today."""
    after = plan.counted.drawn(step.ledger, plan.goal)
    assert after is not None  # noqa: S101 - a path has its goal
    return total(plan.path.drawn_to(plan.path.steps.index(step) + 1, after))


def warnings(plan: Plan) -> tuple[Warn, ...]:
    """What a reader should know, each thing once: of the run today, of it after the path, of the limits."""
    said: dict[str, Warn] = {}
    for each in (*plan.start.own.warnings, *plan.start.warnings, *plan.path.after.warnings, *_unlimited(plan)):
        said.setdefault(each.text, each)
    return tuple(said.values())


def _unlimited(plan: Plan) -> Iterator[Warn]:
    for name, ratio in (("cost", plan.limits.cost), ("time", plan.limits.time)):
        if math.isfinite(ratio) and ratio != TWICE and plan.counted.drawn(plan.path.before, name) is None:
            yield Warn("no_limit", f"the {name} of the run is not known, so --max-{name} limits nothing")


def count(some: Sequence[str]) -> str:
    """So many changes."""
    return f"{len(some)} change{'s' if len(some) > 1 else ''}"


def are(some: Sequence[str]) -> str:
    """The verb for so many."""
    return "are" if len(some) > 1 else "is"


def listed(names: Sequence[str], most: int = 3) -> str:
    """The first names, and how many more there are."""
    rest = len(names) - most
    apart = "; " if any("," in name for name in names[:most]) else ", "
    return apart.join([*names[:most], *([f"{rest} more"] if rest > 0 else [])])


def tested_lever(lever: Lever) -> str:
    """How far a lever was from what was published of it."""
    found = of_lever(lever.id)
    if found is None:
        return "held against no published ratio"
    one = f"held against {found.n} published ratio{'s' if found.n > 1 else ''}"
    return f"{one}: {percent(found.median)} off in the median, {signed(found.worst)} at worst"


def signed(error: float) -> str:
    """A relative error with its sign.

    Examples
    --------
    >>> signed(-0.32), signed(0.058)
    ('-32 %', '+5.8 %')
    """
    return f"{'-' if error < 0 else '+'}{percent(abs(error))}"


def rests_on(evidence: Evidence) -> str:
    """One thing that is known of a lever, with its strength and who says so."""
    return f"({evidence.strength}) {evidence.said}: {evidence.source}"


def less(share: float) -> str:
    """A part of something, below nothing where it is more of it."""
    size = percent(abs(share))
    return f"-{size}" if share < 0 and not size.startswith(("0", "<")) else size


def change(value: float) -> str:
    """By how much something rises or falls, with its sign."""
    if abs(value) < SMALL:
        return "0"
    return f"{'+' if value > 0 else '-'}{plain(abs(value))}"


def runner(plan: Plan, path: Path) -> str:
    """Another path in one line."""
    sure = f", {percent(path.probability(plan.factor))} probable" if drawn(plan) else ""
    names = " + ".join(shorter(step) for step in path.steps)
    return f"{times(path.factor.value)} times less{sure}, {days(path.effort_d[0])} of work: {names}"


def beside(plan: Plan) -> list[Alone]:
    """Levers that save something by themselves and are in no step, the most first."""
    inside = {change.lever.id for step in plan.path.steps for change in step.changes}
    return [
        each for each in plan.alone if each.lever.id not in inside and each.ratio is not None and each.ratio < 1 - 1e-3
    ]


def spread_out(points: Sequence[Point], most: int) -> list[Point]:
    """So many points at most, from the first to the last."""
    if len(points) <= most:
        return list(points)
    return [points[round(at * (len(points) - 1) / (most - 1))] for at in range(most)]


def to_today(point: Point) -> str:
    """A point of the front to today's, and its work."""
    ratios = [
        f"{name} {percent(point.ratios[name])}"
        for name in ("energy", "cost", "time")
        if math.isfinite(point.ratios[name])
    ]
    return ", ".join([*ratios, f"{days(point.days)} of work"])


def grouped(plan: Plan) -> dict[str, list[Refused]]:
    """What is out of reach by how it is, that which somebody can open first."""
    found: dict[str, list[Refused]] = {how: [] for how in (OFF, FORBIDDEN, USELESS, NOT_NOW)}
    for each in plan.refused:
        found[each.how].append(each)
    found[NOT_NOW].sort(key=lambda each: not _opens(each.why))
    return {how: some for how, some in found.items() if some}


def _opens(why: str) -> bool:
    """Whether a reason names what would change it."""
    return any(word in why for word in ("thirdwatt ", "state ", "--"))
