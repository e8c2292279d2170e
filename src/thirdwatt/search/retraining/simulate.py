"""Policies replayed on a history: what each would have cost beside the best that hindsight knows.

A history shows one model at a time; what another would have lost is taken from the same drift by the same clock: a
model trained on day i has lost on day t what the drift loses in the days of drift between them. Days are played in
order; a policy that watches sees what was lost yesterday, as noisily as it was evaluated, and decides in the morning.
Every policy begins with a new model.

Parameters are chosen on the first half and told on the second as well, since a policy that is scored on what it was
tuned on flatters itself. The best in hindsight is exact, by dynamic programming over days; no policy can do better. How
often each policy is the cheapest if the evaluations had been other ones, as noisy, says how much can be known.

The policies that watch staleness [1]_ retrain where it exceeds a threshold, or where its cost since the last training
has added up to one; that of a retraining needs no tuning. Watching costs what is stated for a day.

References
----------
.. [1] Mahadevan & Mathioudakis 2024, Cost-aware retraining for machine learning, arXiv:2310.04216.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from thirdwatt.amounts import plain
from thirdwatt.ledger.ask import ask
from thirdwatt.scenario import InputError, InsufficientError, Mistake
from thirdwatt.search.retraining.history import LEVELS, Shown
from thirdwatt.search.retraining.policy import Array, Drift, Value

LEAST_DAYS = 20
"""Days from which on a history can be replayed in halves."""

MOST_UPDATES = 8
REDRAWN = 20

_THRESHOLDS = 40
_SUMS = np.geomspace(1 / 8, 8.0, 25)
_PERIODS = 40


# --- what is replayed ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Costs:
    """What retraining costs, in the unit of the value.

    Attributes
    ----------
    full
        From scratch, on the first day.
    tokens
        Tokens it trained on then; if they are given, it grows as tokens come.
    update
        Of an update of the model that runs; ``None`` if there is none, or if ``replay`` prices it.
    replay
        Share of old tokens in an update on what came since the last training; it needs ``tokens``.
    gap
        Points that each update leaves missing until the next training from scratch.
    monitor
        Of watching staleness, a day.
    """

    full: float
    tokens: float | None = None
    update: float | None = None
    replay: float | None = None
    gap: float = 0.0
    monitor: float = 0.0

    def __post_init__(self) -> None:
        mistakes = list(self._mistakes())
        if mistakes:
            raise InputError(mistakes)

    def _mistakes(self) -> Iterator[Mistake]:
        if not 0 < self.full < math.inf:
            yield Mistake("cost", f"training from scratch costs {self.full:g}", "give a cost above 0")
        if self.tokens is not None and not 0 < self.tokens < math.inf:
            yield Mistake("tokens", f"{self.tokens:g} tokens", "give a number above 0")
        if self.update is not None and not 0 <= self.update < math.inf:
            yield Mistake("update", f"an update costs {self.update:g}", "give a cost from 0 on")
        if self.replay is not None and not 0 <= self.replay < 1:
            yield Mistake("replay", f"a replay of {self.replay:g}", "give a share from 0 on and below 1")
        if self.replay is not None and self.tokens is None:
            yield Mistake("replay", "needs to know what training from scratch trains on", "give tokens too")
        for name, value in (("gap", self.gap), ("monitor", self.monitor)):
            if not 0 <= value < math.inf:
                yield Mistake(name, f"{value:g}", "give a number from 0 on")

    @property
    def updates(self) -> bool:
        """Whether there are updates."""
        return self.update is not None or self.replay is not None

    def full_at(self, arrived: Array | float) -> Array:
        """Cost of training from scratch when so many tokens have come."""
        grown = 1.0 if self.tokens is None else (self.tokens + np.asarray(arrived)) / self.tokens
        return np.asarray(self.full * grown)

    def update_at(self, new: Array) -> Array:
        """Cost of an update on so many new tokens; without end if there is none."""
        if self.update is not None:
            return np.full(np.shape(new), self.update)
        if self.replay is None or self.tokens is None:
            return np.full(np.shape(new), math.inf)
        asked: dict[str, Array | float] = {
            "new_token_count": np.asarray(new),
            "retrain_count": 1.0,
            "replay_share": self.replay,
        }
        seen = ask(asked, ["continued_token_count"])["continued_token_count"]
        return np.asarray(self.full / self.tokens * seen)


@dataclass(frozen=True, eq=False)
class World:
    """Days to be lived through: the clock of the drift and the tokens at the start of each, and after the last.

    ``noise`` is what an evaluation is off by on each day, in points.
    """

    drift: Drift
    per_day: float
    clock: Array
    arrived: Array
    offered: NDArray[np.bool_]
    noise: Array
    costs: Costs

    @property
    def days(self) -> int:
        """How many."""
        return len(self.clock) - 1

    @property
    def noon(self) -> Array:
        """Clock in the middle of each day."""
        return np.asarray((self.clock[1:] + self.clock[:-1]) / 2)

    def between(self, start: int, stop: int) -> World:
        """Some of its days."""
        return replace(
            self,
            clock=self.clock[start : stop + 1],
            arrived=self.arrived[start : stop + 1],
            offered=self.offered[start : stop + 1],
            noise=self.noise[start:stop],
        )


def world_of(shown: Shown, value: Value, costs: Costs) -> World:
    """The days of a history."""
    history = shown.history
    noise = shown.noise * np.random.default_rng(0).standard_normal(history.days)
    return World(shown.drift, value.per_day, shown.clock, history.arrived, history.offered, noise, costs)


# --- policies -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Rules:
    """Policies side by side, each an element of every array; what is infinite never happens.

    Attributes
    ----------
    period
        Days after which one retrains.
    threshold
        Points of staleness above which one does.
    added
        Cost of staleness since the last training from which on one does.
    with_data
        Whether one does whenever new data come.
    updates
        Updates between two trainings from scratch.
    """

    period: Array
    threshold: Array
    added: Array
    with_data: NDArray[np.bool_]
    updates: NDArray[np.int64]

    @property
    def watches(self) -> NDArray[np.bool_]:
        """Which of them have to watch staleness."""
        return np.isfinite(self.threshold) | np.isfinite(self.added)

    def __len__(self) -> int:
        return len(self.period)

    def __getitem__(self, place: int) -> Rules:
        return Rules(**{field.name: getattr(self, field.name)[place : place + 1] for field in fields(self)})


def rules(
    *,
    period: Array | float = math.inf,
    threshold: Array | float = math.inf,
    added: Array | float = math.inf,
    with_data: bool = False,
    updates: NDArray[np.int64] | int = 0,
) -> Rules:
    """Policies of one kind; what is left out never happens."""
    wide = np.broadcast_arrays(*np.atleast_1d(period, threshold, added, np.asarray(with_data), np.asarray(updates)))
    return Rules(*wide)


def joined(some: Sequence[Rules]) -> Rules:
    """Policies of several kinds side by side."""
    return Rules(
        **{field.name: np.concatenate([getattr(each, field.name) for each in some]) for field in fields(Rules)}
    )


@dataclass(frozen=True, eq=False)
class Bills:
    """What policies cost over the days of a world, an element each."""

    retrainings: NDArray[np.int64]
    updates: NDArray[np.int64]
    retraining: Array
    staleness: Array
    monitoring: Array

    @property
    def total(self) -> Array:
        """All of it."""
        return np.asarray(self.retraining + self.staleness + self.monitoring)


def replayed(world: World, some: Rules) -> Bills:
    """Live through the days by each policy."""
    count, costs = len(some), world.costs
    last = np.zeros(count, dtype=np.int64)
    since, retrainings, updated = (np.zeros(count, dtype=np.int64) for _ in range(3))
    seen, added, retraining, staleness = (np.zeros(count) for _ in range(4))
    for day, noon in enumerate(world.noon):
        due = (day - last >= some.period) | (seen > some.threshold) | (added >= some.added)
        due |= some.with_data & world.offered[day]
        due &= day > 0
        if due.any():
            full = due & (since >= some.updates)
            update = due & ~full
            new = world.arrived[day] - world.arrived[last]
            retraining[full] += costs.full_at(world.arrived[day])
            retraining[update] += costs.update_at(new[update])
            retrainings += due
            updated += update
            since = np.where(full, 0, since + update)
            last[due] = day
            added[due] = 0.0
        lost = world.drift.lost(noon - world.clock[last]) + costs.gap * since
        staleness += world.per_day * lost
        seen = lost + world.noise[day]
        added += world.per_day * seen
    monitoring = some.watches * (costs.monitor * world.days)
    return Bills(retrainings, updated, retraining, staleness, np.asarray(monitoring, dtype=np.float64))


@dataclass(frozen=True, slots=True)
class Hindsight:
    """The best that could have been done: its cost, and the days of training from scratch and of updates."""

    total: float
    retraining: float
    staleness: float
    full: tuple[int, ...]
    updates: tuple[int, ...]


def hindsight(world: World, most_updates: int = MOST_UPDATES) -> Hindsight:
    """The cheapest days on which to retrain, exactly: over every last training and number of updates since a full one.

    Takes days squared times updates steps.
    """
    days, costs = world.days, world.costs
    most = most_updates if costs.updates else 0
    so_far = np.full((days, most + 1), math.inf)
    so_far[0, 0] = 0.0
    came_from = np.zeros((days, most + 1, 2), dtype=np.int64)
    stale = np.zeros(days)
    behind = world.per_day * costs.gap * np.arange(most + 1)
    noon = world.noon
    for day in range(days):
        if day:
            at = so_far[:day] + stale[:day, np.newaxis] + behind * (day - np.arange(day))[:, np.newaxis]
            place = np.unravel_index(int(np.argmin(at)), at.shape)
            so_far[day, 0] = at[place] + float(costs.full_at(world.arrived[day]))
            came_from[day, 0] = place
            if most:
                onward = at[:, :-1] + costs.update_at(world.arrived[day] - world.arrived[:day])[:, np.newaxis]
                first = np.argmin(onward, axis=0)
                so_far[day, 1:] = onward[first, np.arange(most)]
                came_from[day, 1:] = np.stack([first, np.arange(most)], axis=1)
        stale[: day + 1] += world.per_day * world.drift.lost(noon[day] - world.clock[: day + 1])
    end = so_far + stale[:, np.newaxis] + behind * (days - np.arange(days))[:, np.newaxis]
    place = np.unravel_index(int(np.argmin(end)), end.shape)
    total = float(end[place])
    trained = list(_back(came_from, int(place[0]), int(place[1])))
    full = tuple(day for day, updates in trained if updates == 0)
    updates = tuple(day for day, count in trained if count > 0)
    before = dict(zip((day for day, _ in trained), [0, *(day for day, _ in trained)], strict=False))
    paid = sum(float(costs.full_at(world.arrived[day])) for day in full)
    paid += sum(
        float(costs.update_at(np.atleast_1d(world.arrived[day] - world.arrived[before[day]]))[0]) for day in updates
    )
    return Hindsight(total, paid, total - paid, full, updates)


def _back(came_from: NDArray[np.int64], day: int, updates: int) -> list[tuple[int, int]]:
    """Days of training and updates since a full one, the first of them first, the model of the first day left out."""
    found: list[tuple[int, int]] = []
    while day:
        found.append((day, updates))
        day, updates = (int(each) for each in came_from[day, updates])
    return found[::-1]


# --- chosen on one half, told on the other ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a policy costs over one half; ``regret`` is how much more than hindsight, as a share of that, ``None`` where
    that costs nothing.
    """

    retrainings: int
    updates: int
    retraining: float
    staleness: float
    monitoring: float
    total: float
    regret: float | None


@dataclass(frozen=True, slots=True)
class Told:
    """One policy: what it says, what it cost where its parameters were chosen, and where they were not.

    ``low``, ``high`` of its cost on the second half and ``wins``, how often it is the cheapest there, are over
    evaluations drawn anew.
    """

    name: str
    says: str
    chosen: Outcome
    second: Outcome
    low: float
    high: float
    wins: float


@dataclass(frozen=True, eq=False)
class Replay:
    """Every policy on both halves of a history, the cheapest of the second half first."""

    days: tuple[int, int]
    policies: tuple[Told, ...]
    hindsight: tuple[Hindsight, Hindsight]
    redrawn: int

    @property
    def best(self) -> Told:
        """The cheapest on the half on which nothing was chosen."""
        return self.policies[0]


def replay(
    shown: Shown,
    value: Value,
    costs: Costs,
    *,
    every_d: float | None = None,
    updates: int = 0,
    most_updates: int = MOST_UPDATES,
    redrawn: int = REDRAWN,
) -> Replay:
    """Replay policies on a history.

    Parameters
    ----------
    every_d
        An interval in days that somebody names.
    updates
        How many updates they make between two trainings from scratch.
    redrawn
        How often evaluations are drawn anew.

    Raises
    ------
    InsufficientError
        If the history is too short to be halved.
    """
    world = world_of(shown, value, costs)
    if world.days < LEAST_DAYS:
        text = f"the history spans {world.days} days; policies are chosen on one half and told on the other"
        raise InsufficientError(f"{text}, which takes {LEAST_DAYS}")
    half = world.days // 2
    first, second = world.between(0, half), world.between(half, world.days)
    kinds = _kinds(first, every_d, updates if costs.updates else 0, most_updates)
    picked = [_picked(first, kind) for kind in kinds.values()]
    together = joined(picked)
    best = hindsight(first, most_updates), hindsight(second, most_updates)
    bills = replayed(first, together), replayed(second, together)
    random = np.random.default_rng(0)
    totals = np.array([_total(shown.redrawn(random), value, costs, half, together) for _ in range(redrawn)])
    told = [
        Told(
            name=name,
            says=_says(name, picked[place]),
            chosen=_outcome(bills[0], place, best[0]),
            second=_outcome(bills[1], place, best[1]),
            low=float(np.quantile(totals[:, place], LEVELS[0])) if redrawn else math.nan,
            high=float(np.quantile(totals[:, place], LEVELS[1])) if redrawn else math.nan,
            wins=float(np.mean(np.argmin(totals, axis=1) == place)) if redrawn else math.nan,
        )
        for place, name in enumerate(kinds)
    ]
    ordered = sorted(told, key=lambda each: each.second.total)
    return Replay((half, world.days - half), tuple(ordered), best, redrawn)


def _total(shown: Shown, value: Value, costs: Costs, half: int, some: Rules) -> Array:
    """Totals of policies on the second half of a history."""
    world = world_of(shown, value, costs)
    return replayed(world.between(half, world.days), some).total


def _kinds(world: World, every_d: float | None, updates: int, most_updates: int) -> dict[str, Rules]:
    """Kinds of policy, each with the parameters that are tried."""
    days = world.days
    periods = np.arange(1.0, days)
    span = float(world.clock[-1] - world.clock[0])
    most = float(world.drift.lost(span)) + world.costs.gap
    kinds = {"never": rules(), "with_data": rules(with_data=True), "periodic": rules(period=periods)}
    if every_d is not None:
        kinds["stated"] = rules(period=every_d, updates=updates)
    if most > 0:
        kinds["threshold"] = rules(threshold=most * np.geomspace(1 / 200, 1.0, _THRESHOLDS))
    kinds["cost_of_one"] = rules(added=world.costs.full)
    kinds["added"] = rules(added=world.costs.full * _SUMS)
    if world.costs.updates:
        few = np.unique(np.round(np.geomspace(1.0, max(days - 1, 1), _PERIODS)))
        period, many = np.meshgrid(few, np.arange(1, most_updates + 1))
        kinds["updates"] = rules(period=period.ravel(), updates=many.ravel())
    return kinds


def _picked(world: World, kind: Rules) -> Rules:
    """The cheapest of one kind; of equals the one that retrains least."""
    bills = replayed(world, kind)
    total = bills.total
    equal = np.flatnonzero(total <= total.min() * (1 + 1e-12))
    return kind[int(equal[np.argmin(bills.retrainings[equal])])]


def _outcome(bills: Bills, place: int, best: Hindsight) -> Outcome:
    total = float(bills.total[place])
    return Outcome(
        retrainings=int(bills.retrainings[place]),
        updates=int(bills.updates[place]),
        retraining=float(bills.retraining[place]),
        staleness=float(bills.staleness[place]),
        monitoring=float(bills.monitoring[place]),
        total=total,
        regret=total / best.total - 1 if best.total > 0 else None,
    )


def _says(name: str, picked: Rules) -> str:
    """A policy in words."""
    period, threshold, added = (float(each[0]) for each in (picked.period, picked.threshold, picked.added))
    updates = int(picked.updates[0])
    mixed = f", {updates} update{'s' * (updates > 1)} then 1 full" if updates else ""
    return {
        "never": "never",
        "with_data": "whenever data come",
        "periodic": f"every {period:g} days",
        "stated": f"every {plain(period)} days, as stated{mixed}",
        "threshold": f"above {threshold:.3g} points of staleness",
        "cost_of_one": "when staleness has cost as much as a retraining",
        "added": f"when staleness has cost {plain(added)}",
        "updates": f"every {period:g} days{mixed}",
    }[name]
