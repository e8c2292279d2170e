"""Fits of the frontier: several windows and several ideas of what the frontier is, since no one of them held.

A member is a straight line through the logarithms of the runs that were among the largest three, five or ten when they
came out, dated from 2012, 2015 or 2018 on [1]_. Members differ by more than the interval of any of them, so all are
kept, each as likely as another. Their prediction intervals did not hold in the past: too narrow for power and energy,
too wide for compute. So they are scaled by the factor that would have made those of earlier years hold, measured on
errors that were known by then and on no others.

References
----------
.. [1] Draper and Smith 1998, Applied Regression Analysis, 3rd edition, section 1.4 (the prediction interval of a line).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from thirdwatt.outlook.runs import COMPUTE, IMPUTED, Run, at_frontier, runs

Array = NDArray[np.float64]

WINDOWS = (2012, 2015, 2018)
"""First years of a fit."""

LARGEST = (3, 5, 10)
"""How many runs make the frontier."""

JUDGED = 5
"""How many make the frontier on which forecasts are judged."""

LEAST = 5
"""Runs below which a member is left out."""

EARLIEST, LATEST = 2014, 2024
"""Years at whose end forecasts are made to be judged, the first ones for the width of the next alone."""

HELD = 0.8
"""Share of earlier errors that an interval of that name holds after it is scaled."""

SCORE_AT_90 = 1.2815515655446004
"""90 % quantile of the standard normal distribution: the half-width of an interval of 80 %."""


@dataclass(frozen=True, slots=True)
class Member:
    """One line: log10 of a measure against the year.

    Attributes
    ----------
    since, largest
        First year, and how many runs make the frontier.
    at, level, slope
        Mean date of its runs, log10 there, decades a year.
    deviation, n, moment
        Standard deviation of its residuals in decades, how many runs, their sum of squares of years.
    """

    since: int
    largest: int
    at: float
    level: float
    slope: float
    deviation: float
    n: int
    moment: float

    def mean(self, when: Array | float) -> Array:
        """Log10 of the measure on the line."""
        return np.asarray(self.level + self.slope * (np.asarray(when) - self.at))

    def spread(self, when: Array | float) -> Array:
        """Standard deviation of a new run's logarithm, in decades [1]_."""
        away = np.asarray(when) - self.at
        return np.asarray(self.deviation * np.sqrt(1 + 1 / self.n + away**2 / self.moment))

    @property
    def growth(self) -> float:
        """Factor a year."""
        return float(10**self.slope)


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Members of equal weight, and the factor by which their spread is scaled."""

    measure: str
    cut: float
    members: tuple[Member, ...]
    scale: float

    def draws(self, when: float, scores: Array) -> Array:
        """Log10 of the measure at a date, the same scores for each member, all in one row."""
        rows = [each.mean(when) + self.scale * each.spread(when) * scores for each in self.members]
        return np.concatenate(rows)

    @property
    def growth(self) -> tuple[float, float, float]:
        """Median, least and largest factor a year of the members."""
        found = sorted(each.growth for each in self.members)
        return float(np.median(found)), found[0], found[-1]


def scores(count: int) -> Array:
    """So many standard normal scores, evenly spread in probability."""
    from statistics import NormalDist

    inverse = NormalDist().inv_cdf
    return np.array([inverse((number + 0.5) / count) for number in range(count)])


def members(among: Sequence[Run], measure: str) -> tuple[Member, ...]:
    """Every line that enough runs allow."""
    lines = (line(among, measure, since, largest) for largest in LARGEST for since in WINDOWS)
    return tuple(each for each in lines if each is not None)


def line(among: Sequence[Run], measure: str, since: int, largest: int) -> Member | None:
    """The line through one idea of the frontier from a year on; nothing where too few of its runs tell the measure."""
    told = [run for run in at_frontier(among, largest) if run.when >= since and run.tells(measure)]
    return _line(told, measure, since, largest) if len(told) >= LEAST else None


def _line(told: Sequence[Run], measure: str, since: int, largest: int) -> Member:
    when = np.array([run.when for run in told])
    logs = np.log10([run.figures[measure] for run in told])
    at, level = float(when.mean()), float(logs.mean())
    moment = float(((when - at) ** 2).sum())
    slope = float(((when - at) * (logs - level)).sum() / moment)
    rest = logs - level - slope * (when - at)
    deviation = float(np.sqrt((rest**2).sum() / (len(told) - 2)))
    return Member(since, largest, at, level, slope, deviation, len(told), moment)


def ensemble(measure: str = COMPUTE, cut: float | None = None, among: tuple[Run, ...] | None = None) -> Ensemble:
    """The members fitted to runs before a date, scaled by what was known of earlier errors by then.

    Parameters
    ----------
    cut
        Year before whose begin a run has to be published; all runs without one.
    """
    known = runs() if among is None else among
    end = float("inf") if cut is None else cut
    return _ensemble(measure, end, tuple(run for run in known if run.when < end))


@lru_cache(maxsize=256)
def _ensemble(measure: str, cut: float, known: tuple[Run, ...]) -> Ensemble:
    earlier = range(EARLIEST, min(LATEST, int(min(cut, 9999)) - 1) + 1)
    off = [size for year in earlier for size in _misses(measure, year + 1, known)]
    scale = float(np.quantile(off, HELD)) / SCORE_AT_90 if off else 1.0
    return Ensemble(measure, cut, members(known, measure), scale)


def _misses(measure: str, cut: int, known: tuple[Run, ...]) -> Iterator[float]:
    """How far runs after a date were from each member's line, in its own standard deviations."""
    lines = members([run for run in known if run.when < cut], measure)
    for run in judged(known, measure, cut):
        actual = np.log10(run.figures[measure])
        yield from (float(abs(actual - each.mean(run.when)) / each.spread(run.when)) for each in lines)


def judged(known: Iterable[Run], measure: str, cut: float, *, imputed: bool = False) -> tuple[Run, ...]:
    """Runs at the frontier from a date on, on which forecasts are judged; imputed ones only where asked for."""
    return tuple(
        run
        for run in at_frontier(tuple(known), JUDGED)
        if run.when >= cut and measure in run.figures and (imputed or run.basis != IMPUTED)
    )
