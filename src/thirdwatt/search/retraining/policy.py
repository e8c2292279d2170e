"""How often to train again: drift and value as people write them, the best interval and what others cost.

>>> policy = best(6_000.0, drift_of("0.5/30d"), value_of("200 USD/d"))
>>> round(policy.every_d, 1), round(policy.cost.total), policy.unit
(60.0, 200, 'USD')

The formulas count hours, people days. A cost is in the unit of the value: money, energy or carbon.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from thirdwatt.ledger.ask import ask
from thirdwatt.ledger.ledger import QUANTILES
from thirdwatt.scenario import InputError, Mistake
from thirdwatt.scenario.mistakes import nearest

Array: TypeAlias = NDArray[np.float64]

STATED = (
    "full_retrain_cost_usd", "update_cost_usd", "quality_tolerance_ratio", "update_gap_ratio", "drift_cost_usd_per_h",
    "drift_time_h", "drift_exponent_ratio", "stale_time_h", "retrain_interval_h", "monitor_usd_per_h",
)  # fmt: skip
"""Quantities that are stated here and have no row among the facts."""

ASKED = (
    "update_count", "retrain_cost_usd", "drift_usd_per_h", "retraining_usd_per_h", "stale_usd_per_h",
    "policy_usd_per_h", "best_retrain_count_per_h", "best_policy_usd_per_h", "never_retrain_cost_usd",
    "event_retrain_count_per_h", "event_policy_usd_per_h",
)  # fmt: skip
"""Quantities that are read here."""

H_PER_D = 24.0
DAYS = {"h": 1 / H_PER_D, "d": 1.0, "w": 7.0, "y": 365.0}
"""Days of each unit of time that may be written."""

UNITS = {"usd": "USD", "kwh": "kWh", "kg": "kg"}
"""Units that a value, and with it a cost, may have."""

SHORTEST_D, LONGEST_D = 1e-6, 1e12
LEAST, MOST = 1e-15, 1e15
FLATTEST, STEEPEST = 0.01, 10.0
"""Days, points (and their worth) and exponents beyond which a number is taken for a slip of the pen."""

FLAT = 0.05
"""Intervals are called about as good as the best where they cost up to this much more."""

_REACH = 8.0
_POINTS = 65
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
_DRIFT = re.compile(
    rf"(?P<points>{_NUMBER})\s*(?P<shape>[/~])\s*(?P<time>{_NUMBER})?\s*(?P<unit>[a-z]+)"
    rf"(?:\s*\^\s*(?P<exponent>{_NUMBER}))?",
    re.IGNORECASE,
)
_VALUE = re.compile(
    rf"(?P<amount>{_NUMBER})\s*(?P<unit>[a-z]+)?\s*/\s*(?P<time>{_NUMBER})?\s*(?P<per>[a-z]+)", re.IGNORECASE
)
_SPAN = re.compile(rf"(?P<time>{_NUMBER})\s*(?P<unit>[a-z]+)?", re.IGNORECASE)


# --- as people write them -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Drift:
    """How quality is lost with time since training.

    Attributes
    ----------
    points
        Points of quality that are lost after ``days``; in the end, if it saturates.
    days
        That time; the time constant, if it saturates.
    exponent
        Of time, 1 is linear; ``None`` says that it saturates.
    """

    points: float
    days: float
    exponent: float | None = 1.0

    @property
    def shape(self) -> str:
        """``linear``, ``power`` or ``saturating``."""
        if self.exponent is None:
            return "saturating"
        return "linear" if self.exponent == 1 else "power"

    def lost(self, days: Array | float) -> Array:
        """Points lost so long after training."""
        asked: dict[str, Array | float] = {**self.stated(1.0), "stale_time_h": np.asarray(days) * H_PER_D}
        return np.asarray(ask(asked, ["drift_usd_per_h"])["drift_usd_per_h"])

    def age(self, points: Array | float) -> Array:
        """Days after which so many points are lost; the inverse of :meth:`lost`."""
        share = np.asarray(points) / self.points
        if self.exponent is None:
            return np.asarray(-self.days * np.log1p(-share))
        return np.asarray(self.days * share ** (1 / self.exponent))

    def stated(self, per_day: float) -> dict[str, float]:
        """As quantities of the book, a point being worth so much a day; with 1.0, as points."""
        exponent = {} if self.exponent is None else {"drift_exponent_ratio": self.exponent}
        return {"drift_cost_usd_per_h": self.points * per_day, "drift_time_h": self.days * H_PER_D, **exponent}

    def __str__(self) -> str:
        if self.exponent is None:
            return f"{self.points:g}~{self.days:g}d"
        return f"{self.points:g}/{self.days:g}d" + ("" if self.exponent == 1 else f"^{self.exponent:g}")


@dataclass(frozen=True, slots=True)
class Value:
    """What one point of quality is worth, a day."""

    per_day: float
    unit: str = "USD"

    def __str__(self) -> str:
        return f"{self.per_day:g} {self.unit}/d"


def drift_of(text: str, path: str = "drift") -> Drift:
    """Drift as it is written: ``0.5/30d``, ``0.5/30d^0.7``, ``8~90d``.

    Raises
    ------
    InputError
        With every mistake.
    """
    found = _DRIFT.fullmatch(text.strip())
    if found is None:
        fix = "write 0.5/30d for 0.5 points lost in 30 days, 0.5/30d^0.7 for a power, 8~90d for 8 points in the end"
        raise InputError([Mistake(path, f"{text!r} is no drift", fix)])
    mistakes: list[Mistake] = []
    points = float(found["points"])
    if not _sound(points):
        mistakes.append(Mistake(path, f"{found['points']} points are lost", f"give what is lost as {_SOUND}"))
    days = _days(found["time"], found["unit"], path, mistakes)
    exponent: float | None = None
    if found["shape"] == "/":
        exponent = float(found["exponent"] or 1)
        if not FLATTEST <= exponent <= STEEPEST:
            fix = f"give one above 0: from {FLATTEST:g} to {STEEPEST:g}; 1 is linear"
            mistakes.append(Mistake(path, f"the exponent is {exponent:g}", fix))
    elif found["exponent"]:
        mistakes.append(Mistake(path, "what saturates has no exponent", f"leave out ^{found['exponent']}, or write /"))
    if mistakes:
        raise InputError(mistakes)
    return Drift(points, days, exponent)


def value_of(text: str, path: str = "value") -> Value:
    """Value of a point of quality as it is written: ``200/d``, ``200 USD/d``, ``50 kWh/w``.

    Raises
    ------
    InputError
        With every mistake.
    """
    found = _VALUE.fullmatch(text.strip())
    if found is None:
        fix = "write 200/d or 200 USD/d for what a point of quality is worth a day; kWh and kg will do too"
        raise InputError([Mistake(path, f"{text!r} is no value", fix)])
    mistakes: list[Mistake] = []
    amount = float(found["amount"])
    if not _sound(amount):
        mistakes.append(Mistake(path, f"a point is worth {found['amount']}", f"give its worth as {_SOUND}"))
    unit = (found["unit"] or "usd").lower()
    if unit not in UNITS:
        mistakes.append(Mistake(path, f"{found['unit']!r} is no unit of cost", nearest(unit, UNITS.values())))
    days = _days(found["time"], found["per"], path, mistakes)
    if mistakes:
        raise InputError(mistakes)
    return Value(amount / days, UNITS[unit])


def days_of(text: str, path: str = "every") -> float:
    """Days of a time as it is written: ``30d``, ``2w``, ``12h``, or a number of days.

    Raises
    ------
    InputError
        If it is no time above 0.
    """
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise InputError([Mistake(path, f"{text!r} is no time", "write 30d, 2w, 12h or 1y")])
    mistakes: list[Mistake] = []
    days = _days(found["time"], found["unit"] or "d", path, mistakes)
    if mistakes:
        raise InputError(mistakes)
    return days


_SOUND = f"0, or a number from {LEAST:g} to {MOST:g}"


def _sound(number: float) -> bool:
    """Whether points, or what one is worth, are a number that somebody can mean."""
    return number == 0 or LEAST <= number <= MOST


def _days(time: str | None, unit: str, path: str, mistakes: list[Mistake]) -> float:
    """Days of so many units, noting what is wrong with either."""
    count = float(time or 1)
    days = count * DAYS.get(unit.lower(), 1.0)
    if not SHORTEST_D <= days <= LONGEST_D:
        fix = f"give one above 0: from {SHORTEST_D:g} to {LONGEST_D:g} days"
        mistakes.append(Mistake(path, f"a time of {count:g} {unit}", fix))
    if unit.lower() not in DAYS:
        mistakes.append(Mistake(path, f"{unit!r} is no unit of time", "write h, d, w or y"))
    return days


# --- the policy ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rate:
    """What a policy costs a day: retraining, and the staleness in between."""

    retraining: float
    staleness: float

    @property
    def total(self) -> float:
        """Both."""
        return self.retraining + self.staleness


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Costs a day of many intervals in days."""

    every_d: Array
    retraining: Array
    staleness: Array


@dataclass(frozen=True, slots=True)
class Stated:
    """An interval that somebody names, what it costs a day, and how much more than the best, as a share of that;
    ``None`` where the best costs nothing.
    """

    every_d: float
    cost: Rate
    over_best: float | None


@dataclass(frozen=True, slots=True)
class Event:
    """Retraining when staleness has cost as much as that does, under a steady drift; watching costs so much a day."""

    every_d: float | None
    total: float
    monitoring: float


@dataclass(frozen=True, slots=True)
class Open:
    """Between what the best interval and its cost a day lie, nine times in ten.

    Attributes
    ----------
    every_d
        Shortest and longest best interval in days; ``None`` says never.
    total
        Least and most that the best costs a day.
    """

    every_d: tuple[float | None, float | None]
    total: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Policy:
    """How often to train again.

    Attributes
    ----------
    every_d
        Best interval in days; ``None`` says never.
    cost
        What that costs a day.
    never
        What never retraining costs a day in the end; ``None`` where that grows without end.
    near
        Shortest and longest interval that costs up to :data:`FLAT` more; ``None`` for one without end.
    open
        What draws of the price, and of the drift, leave open.
    """

    retrain_cost: float
    drift: Drift
    value: Value
    every_d: float | None
    cost: Rate
    never: float | None
    near: tuple[float, float | None]
    curve: Curve
    event: Event
    open: Open
    stated: Stated | None = None

    @property
    def unit(self) -> str:
        """Unit of all its costs."""
        return self.value.unit


def best(
    cost: float,
    drift: Drift,
    value: Value,
    *,
    every_d: float | None = None,
    monitor_per_day: float = 0.0,
    costs: Array | None = None,
    drifts: Sequence[Drift] = (),
) -> Policy:
    """The interval that costs least.

    Parameters
    ----------
    cost
        Of one retraining, in the unit of the value.
    every_d
        An interval in days to compare it with.
    monitor_per_day
        What it costs to watch quality day by day, for who retrains on an event.
    costs, drifts
        Draws of the cost and of the drift; without any they are taken to be known.

    Raises
    ------
    InputError
        If a cost is no number above 0, or the interval is none.
    """
    mistakes = []
    if not 0 < cost < math.inf:
        mistakes.append(Mistake("cost", f"a retraining costs {cost:g}", "give a cost above 0"))
    if every_d is not None and not 0 < every_d < math.inf:
        mistakes.append(Mistake("every", f"an interval of {every_d:g} days", "give one above 0"))
    if not 0 <= monitor_per_day < math.inf:
        mistakes.append(Mistake("monitor", f"watching costs {monitor_per_day:g} a day", "give a cost from 0 on"))
    if mistakes:
        raise InputError(mistakes)
    asked = {"retrain_cost_usd": cost, "monitor_usd_per_h": monitor_per_day / H_PER_D, **_worth(drift, value)}
    found = ask(asked, ("best_retrain_count_per_h", "best_policy_usd_per_h", *_EVENT))
    per_h = float(found["best_retrain_count_per_h"])
    least = float(found["best_policy_usd_per_h"]) * H_PER_D
    interval = 1 / per_h / H_PER_D if per_h > 0 else None
    retraining = 0.0 if interval is None else cost / interval
    never = drift.points * value.per_day if drift.exponent is None else None
    rate = Rate(retraining, max(least - retraining, 0.0))
    return Policy(
        retrain_cost=cost,
        drift=drift,
        value=value,
        every_d=interval,
        cost=rate,
        never=never if drift.points * value.per_day > 0 else 0.0,
        near=_near(cost, drift, value, interval, rate.total, never),
        curve=curve(cost, drift, value, _around(interval or drift.days)),
        event=_event(found, monitor_per_day),
        open=_open(np.array([cost]) if costs is None else costs, drifts or (drift,), value),
        stated=None if every_d is None else _stated(cost, drift, value, every_d, rate.total),
    )


def curve(cost: float, drift: Drift, value: Value, every_d: Array | Sequence[float]) -> Curve:
    """What intervals cost a day."""
    days = np.asarray(every_d, dtype=np.float64)
    asked: dict[str, Array | float] = {
        "retrain_cost_usd": cost,
        "retrain_interval_h": days * H_PER_D,
        **_worth(drift, value),
    }
    found = ask(asked, ("retraining_usd_per_h", "stale_usd_per_h"))
    retraining, staleness = (np.broadcast_to(found[name] * H_PER_D, days.shape) for name in found)
    return Curve(days, retraining, staleness)


def best_per_day(costs: Array | Sequence[float], drift: Drift, value: Value) -> Array:
    """Retrainings a day that cost least, for each of many costs of one; 0 says never."""
    asked: dict[str, Array | float] = {"retrain_cost_usd": np.asarray(costs, dtype=np.float64), **_worth(drift, value)}
    return np.asarray(ask(asked, ["best_retrain_count_per_h"])["best_retrain_count_per_h"]) * H_PER_D


def _open(costs: Array, drifts: Sequence[Drift], value: Value) -> Open:
    """What draws leave open, each draw of the drift with its own part of those of the cost."""
    lots = np.array_split(np.resize(costs, max(len(costs), len(drifts))), len(drifts))
    names = ("best_retrain_count_per_h", "best_policy_usd_per_h")
    pairs = list(zip(drifts, lots, strict=True))
    told = [ask({"retrain_cost_usd": lot, **_worth(drift, value)}, names) for drift, lot in pairs]
    rates, totals = (
        np.concatenate([np.broadcast_to(each[name], len(lot)) for each, lot in zip(told, lots, strict=True)]) * H_PER_D
        for name in names
    )
    least, most = np.quantile(rates, QUANTILES)
    low, high = np.quantile(totals, QUANTILES)
    return Open((_interval(most), _interval(least)), (float(low), float(high)))


def _interval(per_day: float) -> float | None:
    """Days between retrainings; ``None`` says never."""
    return float(1 / per_day) if per_day > 0 else None


def updates_within(tolerance: float, gap: float) -> int:
    """Updates that may follow a training from scratch: as many as their gaps stay within what is tolerated."""
    asked = {"quality_tolerance_ratio": tolerance, "update_gap_ratio": gap}
    return int(ask(asked, ["update_count"])["update_count"])


def mean_cost(full: Array, update: Array, updates: int) -> Array:
    """Mean cost of a retraining, draw by draw, where so many updates follow each training from scratch."""
    asked: dict[str, Array | float] = {
        "full_retrain_cost_usd": full,
        "update_cost_usd": update,
        "update_count": float(updates),
    }
    return np.asarray(ask(asked, ["retrain_cost_usd"])["retrain_cost_usd"])


def mixed_cost(full: float, update: float, *, tolerance: float, gap: float) -> tuple[int, float]:
    """Updates that may follow a training from scratch, and the mean cost of a retraining among them.

    Parameters
    ----------
    tolerance, gap
        Points of quality that may be missing, and that each update leaves missing.
    """
    wrong = [
        Mistake(name, f"{name} is {value:g}", f"give {least}")
        for name, value, least, sound in (
            ("full", full, "a cost above 0", full > 0),
            ("update", update, "a cost from 0 on", update >= 0),
            ("tolerance", tolerance, "points from 0 on", tolerance >= 0),
            ("gap", gap, "points above 0; without a gap no training from scratch is needed again", gap > 0),
        )
        if not (sound and value < math.inf)
    ]
    if wrong:
        raise InputError(wrong)
    asked = {
        "full_retrain_cost_usd": full,
        "update_cost_usd": update,
        "quality_tolerance_ratio": tolerance,
        "update_gap_ratio": gap,
    }
    found = ask(asked, ("update_count", "retrain_cost_usd"))
    return int(found["update_count"]), float(found["retrain_cost_usd"])


_EVENT = ("event_retrain_count_per_h", "event_policy_usd_per_h")


def _worth(drift: Drift, value: Value) -> dict[str, float]:
    """A drift as quantities of the book, in the value's unit an hour."""
    return drift.stated(value.per_day / H_PER_D)


def _event(found: dict[str, Array], monitoring: float) -> Event:
    rate, total = (float(found[name]) * H_PER_D for name in _EVENT)
    return Event(1 / rate if rate > 0 else None, total, monitoring)


def _stated(cost: float, drift: Drift, value: Value, every_d: float, least: float) -> Stated:
    found = curve(cost, drift, value, [every_d])
    rate = Rate(float(found.retraining[0]), float(found.staleness[0]))
    return Stated(every_d, rate, rate.total / least - 1 if least > 0 else None)


def _around(middle: float, reach: float = _REACH, points: int = _POINTS) -> Array:
    """Intervals around one, evenly in their logarithm."""
    return np.asarray(middle * np.geomspace(1 / reach, reach, points))


def _near(
    cost: float, drift: Drift, value: Value, interval: float | None, least: float, never: float | None
) -> tuple[float, float | None]:
    """Ends of the intervals that cost about as much as the best."""
    if least == 0:
        return 0.0, None
    middle = interval or max(drift.days, cost / least)
    tried = curve(cost, drift, value, _around(middle, 1e3, 8_001))
    within = np.flatnonzero(tried.retraining + tried.staleness <= (1 + FLAT) * least)
    first, last = (float(tried.every_d[place]) for place in (within[0], within[-1])) if len(within) else (middle,) * 2
    return first, None if never is not None and never <= (1 + FLAT) * least else last
