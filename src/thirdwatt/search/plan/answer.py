"""The answer: the shortest path and the next ones, what each lever would do alone, what stays out of reach."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from thirdwatt.ledger.ledger import Total, total
from thirdwatt.search.levers.lever import Lever, Way
from thirdwatt.search.plan.bench import FLOOR, Bench, Combination, Combinations
from thirdwatt.search.plan.goals import GOALS, Counted
from thirdwatt.search.plan.offered import USELESS, Offered, Refused
from thirdwatt.search.plan.path import Path, path
from thirdwatt.search.plan.search import Found, Limits, Point, find
from thirdwatt.search.today import Start

REBOUNDS = (0.0, 0.3, 0.6, 1.0)
"""Shares of a saving that may be spent again on more of the same."""
RUNNERS = 3
"""Other paths that are told."""
WORTH = 0.002
"""Part of the goal that a change must save on the way as far as it goes, to be in it."""
HANGS = 0.03
"""Part of the goal without which a path noticeably misses a change."""
NOTHING = 1e-12
TRIED = 64
"""Ways on top of which a lever is tried, to see whether it changes anything at all."""


@dataclass(frozen=True, slots=True)
class Alone:
    """What the best way of one lever would do to the run today, by itself.

    Attributes
    ----------
    changes
        By how much each goal falls, in its unit: below 0 where it rises; what is not known is left out.
    ratio
        The plan's goal after it to today's.
    why
        Why it cannot be taken by itself; then there are no changes.
    """

    lever: Lever
    way: Way
    days: float
    changes: Mapping[str, float]
    ratio: float | None
    why: str = ""

    @property
    def usd_per_t(self) -> float | None:
        """What a tonne of CO2 less costs, below 0 where it saves money; ``None`` where carbon does not fall."""
        carbon, cost = self.changes.get("carbon", 0.0), self.changes.get("cost")
        return None if cost is None or carbon <= 0 else -cost / carbon * 1_000.0


@dataclass(frozen=True, slots=True)
class Rebound:
    """What is left of a saving where a share of it is spent again."""

    share: float
    net: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is known of the way to a factor.

    Attributes
    ----------
    goal, factor
        What is to be less, and how many times.
    reached
        Whether the path comes to the factor at the centre of the estimate.
    path
        The shortest path, or where none reaches the factor the one that goes farthest.
    runners
        Other paths that reach it, none of them the first with more on top.
    most
        The combination that saves most within the limits; ``most_unlimited`` the same without them.
    alone
        Every lever on offer by itself, the largest saving first.
    refused
        Levers that are in no path, and why.
    floor_kwh, drawn_kwh
        Energy of the accelerators after the path if every FLOP were at peak, and as they draw it; ``None`` where
        unknown.
    rebounds
        What is left of the saving, in the goal's unit.
    cap_kwh
        A cap on energy that its owner keeps; a saving counts as banked down to it and not below.
    """

    start: Start
    counted: Counted
    goal: str
    factor: float
    limits: Limits
    found: Found
    levers: tuple[Offered, ...]
    reached: bool
    path: Path
    runners: tuple[Path, ...]
    alone: tuple[Alone, ...]
    refused: tuple[Refused, ...]
    floor_kwh: Total | None
    drawn_kwh: Total | None
    rebounds: tuple[Rebound, ...]
    documents: tuple[Mapping[str, object], ...]
    cap_kwh: float | None = None

    @property
    def probability(self) -> float:
        """How sure it is that the path comes to the factor."""
        return self.path.probability(self.factor)

    @property
    def saving(self) -> Total:
        """What the path takes off the goal."""
        return total(self.path.saved)

    @property
    def banked_kwh(self) -> float | None:
        """Energy that is saved for good since a cap on it is kept; ``None`` where none is, or energy is not known."""
        if self.cap_kwh is None:
            return None
        before = self.counted.drawn(self.path.before, "energy")
        after = self.counted.drawn(self.path.after, "energy")
        if before is None or after is None:
            return None
        return max(float(before[0]) - max(float(after[0]), self.cap_kwh), 0.0)


def answered(
    bench: Bench,
    refused: Iterable[Refused],
    goal: str,
    factor: float,
    limits: Limits,
    most: int,
    cap_kwh: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Plan:
    """Search, and put together what follows.

    Parameters
    ----------
    bench
        Today's run with everything on offer.
    refused
        Levers that are not on offer.
    """
    useless = tuple(_useless(bench, goal, limits))
    alone = tuple(sorted(_alone(bench, goal), key=lambda each: -each.changes.get(goal, -np.inf)))
    left = tuple(each for each in bench.levers if each.lever.id not in {one.lever.id for one in useless})
    narrow = bench.on_offer(left)
    found = find(narrow, goal, factor, limits, most, progress)
    reached = bool(found.shortest)
    first = found.shortest[0] if reached else None
    if first is not None:
        chosen = first.combination
    elif found.most is not None:
        chosen = _worthwhile(narrow, found.most.combination, goal, limits)
    else:
        chosen = tuple(0 for _ in left)
    walked = path(narrow, chosen, goal, factor if reached else np.inf)
    runners = tuple(path(narrow, each.combination, goal, factor) for each in _others(narrow, found.shortest, goal))
    floor, drawn = (walked.after.of(name) for name in (FLOOR, "accelerators_energy_kwh"))
    saved = float(walked.drawn_before[0] - walked.drawn_after[0])
    documents = tuple(narrow.document(step.combination) for step in walked.steps)
    return Plan(
        start=bench.start,
        counted=bench.counted,
        goal=goal,
        factor=factor,
        limits=limits,
        found=found,
        levers=left,
        reached=reached,
        path=walked,
        runners=runners,
        alone=alone,
        refused=(*refused, *useless),
        floor_kwh=floor,
        drawn_kwh=drawn,
        rebounds=tuple(Rebound(share, saved * (1 - share)) for share in REBOUNDS),
        documents=tuple(each for each in documents if not isinstance(each, str)),
        cap_kwh=cap_kwh,
    )


# --- levers by themselves -----------------------------------------------------------------------------------------


def _singles(bench: Bench) -> Combinations:
    """Each way of each lever by itself, in their order."""
    rows = []
    for column, each in enumerate(bench.levers):
        for number in range(len(each.ways)):
            row = np.zeros(len(bench.levers), dtype=np.int8)
            row[column] = number + 1
            rows.append(row)
    return np.array(rows, dtype=np.int8).reshape(len(rows), len(bench.levers))


def _alone(bench: Bench, goal: str) -> Iterator[Alone]:
    singles = _singles(bench)
    if not len(singles):
        return
    priced, today = bench.prices(singles), bench.prices(np.zeros((1, len(bench.levers)), dtype=np.int8))
    at = 0
    for column, each in enumerate(bench.levers):
        rows = range(at, at + len(each.ways))
        at += len(each.ways)
        able = [row for row in rows if priced.able[row] and np.isfinite(priced.goals[goal][row])]
        if not able:
            combination = tuple(map(int, singles[rows[0]]))
            yield Alone(each.lever, each.ways[0], each.effort_d(0)[0], {}, None, bench.why_not(combination))
            continue
        best = min(able, key=lambda row: priced.goals[goal][row])
        number = int(singles[best, column]) - 1
        changes = {
            name: float(today.goals[name][0] - priced.goals[name][best])
            for name in GOALS
            if np.isfinite(priced.goals[name][best]) and np.isfinite(today.goals[name][0])
        }
        ratio = float(priced.goals[goal][best] / today.goals[goal][0])
        yield Alone(each.lever, each.ways[number], each.effort_d(number)[0], changes, ratio)


def _useless(bench: Bench, goal: str, limits: Limits) -> Iterator[Refused]:
    """Levers that change nothing that is looked at, neither alone nor on top of others."""
    singles = _singles(bench)
    if not len(singles):
        return
    watched = [goal, *(name for name in ("cost", "time") if np.isfinite(getattr(limits, name)))]
    base = np.concatenate([np.zeros((1, len(bench.levers)), dtype=np.int8), _random(bench, singles)])
    before = bench.prices(base)
    needed = {name for each in bench.levers for name in each.lever.needs}
    for column, each in enumerate(bench.levers):
        changed = each.lever.id in needed
        for number in range(len(each.ways)):
            if changed:
                break
            with_it = base.copy()
            with_it[:, column] = number + 1
            after = bench.prices(with_it)
            changed = bool((before.able != after.able).any())
            both = before.able & after.able
            for name in watched:
                one, other = before.goals[name][both], after.goals[name][both]
                changed = changed or bool((np.abs(other - one) > NOTHING * np.abs(one)).any())
        if not changed:
            yield Refused(each.lever, USELESS, f"it changes nothing of the {'energy' if goal == 'energy' else goal}")


def _random(bench: Bench, singles: Combinations) -> Combinations:
    """Ways on top of which another is tried, some of those that can be taken by themselves."""
    draw = np.random.Generator(np.random.PCG64(0))
    picked = singles[bench.prices(singles).able]
    return picked[draw.permutation(len(picked))[:TRIED]]


# --- paths --------------------------------------------------------------------------------------------------------


def _worthwhile(bench: Bench, combination: Combination, goal: str, limits: Limits) -> Combination:
    """The combination that saves most, without what hardly adds to it and no limit needs: the least of it is left out
    first.
    """
    here = combination
    today = bench.prices(np.zeros((1, len(here)), dtype=np.int8)).goals
    while True:
        taken = [number for number, way in enumerate(here) if way]
        if not taken:
            return here
        rows = np.array([here, *(_without(here, number) for number in taken)], dtype=np.int8)
        priced = bench.prices(rows)
        good = priced.able & limits.hold({name: values / today[name][0] for name, values in priced.goals.items()})
        values = np.where(good, priced.goals[goal], np.inf)
        needed = {need for number in taken for need in bench.levers[number].lever.needs}
        losses = {
            number: values[at + 1] / values[0] - 1
            for at, number in enumerate(taken)
            if bench.levers[number].lever.id not in needed
        }
        least = min(losses, key=lambda number: losses[number])
        if losses[least] > WORTH:
            return here
        here = _without(here, least)


def _without(combination: Combination, number: int) -> Combination:
    return tuple(0 if at == number else way for at, way in enumerate(combination))


def _others(bench: Bench, shortest: Sequence[Point], goal: str) -> list[Point]:
    """The next paths: each hangs on other levers than those before it, and none is one of them with more on top."""
    taken: list[frozenset[int]] = []
    hung: set[frozenset[int]] = set()
    found: list[Point] = []
    for point, core in zip(shortest, _cores(bench, shortest, goal), strict=True):
        mine = frozenset(number for number, way in enumerate(point.combination) if way)
        if core in hung or any(before <= mine for before in taken):
            continue
        hung.add(core)
        taken.append(mine)
        found.append(point)
        if len(found) > RUNNERS:
            break
    return found[1:]


def _cores(bench: Bench, points: Sequence[Point], goal: str) -> list[frozenset[int]]:
    """Levers that each combination hangs on: without one of them it comes noticeably less far, or makes no sense."""
    rows, of = [], []
    for at, point in enumerate(points):
        for number, way in enumerate(point.combination):
            if way:
                rows.append(_without(point.combination, number))
                of.append((at, number))
    cores: list[set[int]] = [set() for _ in points]
    if rows:
        priced = bench.prices(np.array(rows, dtype=np.int8))
        today = bench.prices(np.zeros((1, len(bench.levers)), dtype=np.int8)).goals[goal][0]
        for (at, number), able, value in zip(of, priced.able, priced.goals[goal], strict=True):
            if not able or value / today > points[at].ratios[goal] * (1 + HANGS):
                cores[at].add(number)
    return [frozenset(each) for each in cores]
