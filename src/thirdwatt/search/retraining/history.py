"""A history of evaluations: read from a table, the drift that it shows, and the clock by which that drift ran.

A row says on which day what the model that ran then was worth, and how many tokens had come since the row before. What
a model has lost is what it is worth less than when it was new; each model has a level of its own, so that one that is
better for other reasons does not hide the drift of the one before it.

A drift is fitted to all models together, by least squares, in three shapes; the simpler one is taken unless another is
clearly better (corrected Akaike criterion [1]_). Its interval is that of residuals drawn anew [2]_, wider where they
are few, with the shape chosen anew each time. Where the loss came
faster or slower than that drift, the *clock* of the drift ran faster or slower: read off what was lost, made to rise
only [3]_. How unevenly it ran is told as burstiness [4]_, beside what the noise of the evaluations alone would show; up
to that, the clock is taken to be the calendar's.

References
----------
.. [1] Hurvich & Tsai 1989, Regression and time series model selection in small samples, Biometrika 76(2).
.. [2] Efron 1979, Bootstrap methods: another look at the jackknife, Annals of Statistics 7(1).
.. [3] Barlow et al. 1972, Statistical inference under order restrictions (pool adjacent violators).
.. [4] Goh & Barabási 2008, Burstiness and memory in complex systems, EPL 81 (of amounts a day, not of times).
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from thirdwatt.scenario import InputError, InsufficientError, Mistake
from thirdwatt.scenario.mistakes import nearest
from thirdwatt.search.retraining.policy import MOST, Array, Drift, Value, best_per_day

COLUMNS = ("date", "tokens", "evaluation", "loss", "model", "retrained")
ANSWERS = {"yes": True, "no": False, "": False}

LEAST_ROWS = 4
"""Evaluations from which on a drift is told: two of a line are its own."""

DRAWS = 400
LEVELS = (0.05, 0.95)
CLEARLY = 2.0
"""By how much another shape must be better than a line, by the criterion."""

_SPENT = 0.98
"""Where a saturating drift has lost this share of all, its clock can no longer be read."""

SHAPES = ("linear", "power", "saturating")
OWN = (1, 2, 2)
"""Shapes that are tried, and numbers that each chooses."""

_STUDENT = (1.645**2 + 1) / 4
"""By how much, over the degrees of freedom, Student's quantile exceeds the normal one at these levels (Fisher)."""

_EXPONENTS = np.unique(np.append(np.geomspace(0.2, 3.0, 121), 1.0))
_CONSTANTS = np.geomspace(1 / 20, 5.0, 121)
"""Exponents, and time constants in units of the oldest age, that are tried."""


# --- reading ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class History:
    """Rows of a history, days counted from the first.

    Attributes
    ----------
    quality
        What was evaluated, higher is better; not a number where it was not.
    trained
        Day on which the model that ran was trained.
    measure
        The column it came from, ``evaluation`` or ``loss``.
    """

    first: date
    day: NDArray[np.int64]
    tokens: Array
    quality: Array
    trained: NDArray[np.int64]
    measure: str

    @cached_property
    def days(self) -> int:
        """Days from the first row to the last."""
        return int(self.day[-1])

    @cached_property
    def evaluated(self) -> NDArray[np.intp]:
        """Rows in which the model was evaluated."""
        return np.flatnonzero(np.isfinite(self.quality))

    @cached_property
    def models(self) -> int:
        """Models that ran."""
        return len(np.unique(self.trained))

    @cached_property
    def arrived(self) -> Array:
        """Tokens that had come by the start of each day since the first row, evenly between rows; (days + 1,)."""
        total = np.cumsum(self.tokens) - self.tokens[0]
        return np.asarray(np.interp(np.arange(self.days + 1), self.day, total))

    @cached_property
    def offered(self) -> NDArray[np.bool_]:
        """Days with which new data came."""
        came = np.zeros(self.days + 1, dtype=bool)
        came[self.day[self.tokens > 0]] = True
        return came

    @cached_property
    def daily(self) -> Array:
        """Quality of the model that ran, day by day, straight from evaluation to evaluation; (days + 1,)."""
        rows = self.evaluated
        return np.asarray(np.interp(np.arange(self.days + 1), self.day[rows], self.quality[rows]))


def read_history(path: str | PathLike[str]) -> History:
    """Read a CSV file with the columns date, tokens, evaluation or loss, and model or retrained if there are such.

    Raises
    ------
    InputError
        With every mistake, by line.
    """
    where = Path(path)
    try:
        text = where.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError([Mistake(str(path), error.strerror or str(error), "name a CSV file")]) from None
    except UnicodeDecodeError:
        raise InputError([Mistake(str(path), "is no UTF-8 text", "save it as CSV in UTF-8")]) from None
    return history_of(io.StringIO(text, newline=None).readlines(), where.name)


def history_of(lines: Sequence[str], name: str = "history") -> History:
    """Make a history of the lines of a CSV file.

    Raises
    ------
    InputError
        With every mistake, by line.
    """
    table = csv.DictReader(lines, skipinitialspace=True)
    try:
        heads = [(head or "").strip().lower() for head in table.fieldnames or ()]
        mistakes = list(_wrong_heads(heads, name))
        if mistakes:
            raise InputError(mistakes, name)
        table.fieldnames = heads
        rows = [_Row(table.line_num, f"{name}:{table.line_num}", _cells(row)) for row in table]
    except csv.Error as error:
        fix = "look for a quotation mark that nothing closes"
        raise InputError([Mistake(f"{name}:{table.line_num + 1}", str(error), fix)], name) from None
    measure = "loss" if "loss" in heads else "evaluation"
    days = [row.date("date", mistakes) for row in rows]
    tokens = [row.number("tokens", mistakes, least=0.0) for row in rows]
    quality = [row.number(measure, mistakes) if row.cells[measure] else math.nan for row in rows]
    mistakes += _unordered(rows, days)
    trained = list(_trained(rows, days, mistakes))
    found = sum(math.isfinite(each) for each in quality)
    if found < LEAST_ROWS and not mistakes:
        fix = f"give at least {LEAST_ROWS}; a drift and what it is uncertain by cannot be had of fewer"
        mistakes.append(Mistake(name, f"{found} rows with {measure}", fix))
    if mistakes:
        raise InputError(mistakes, name)
    start = min(days)
    return History(
        first=date.fromordinal(start),
        day=np.array(days, dtype=np.int64) - start,
        tokens=np.array(tokens),
        quality=np.array(quality) * (-1 if measure == "loss" else 1),
        trained=np.array(trained, dtype=np.int64) - start,
        measure=measure,
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the table."""

    line: int
    path: str
    cells: Mapping[str, str]

    def number(self, column: str, mistakes: list[Mistake], least: float = -math.inf) -> float:
        cell = self.cells[column]
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if not max(least, -MOST) <= value <= MOST:
            fix = "write a number" + (f" from {least:g} on" if least > -math.inf else "")
            fix += f", at most {MOST:g} either way" if abs(value) > MOST else ""
            mistakes.append(Mistake(f"{self.path}: {column}", f"{cell!r} is none", fix))
            return 0.0
        return value

    def date(self, column: str, mistakes: list[Mistake]) -> int:
        """Day by its number; 0 for what is none."""
        try:
            return date.fromisoformat(self.cells[column]).toordinal()
        except ValueError:
            fix = "write it as 2026-11-27"
            mistakes.append(Mistake(f"{self.path}: {column}", f"{self.cells[column]!r} is no date", fix))
            return 0


def _cells(row: Mapping[str | None, object]) -> dict[str, str]:
    return {name: (cell.strip() if isinstance(cell, str) else "") for name, cell in row.items() if name is not None}


def _wrong_heads(heads: Sequence[str], name: str) -> Iterator[Mistake]:
    if not any(heads):
        yield Mistake(name, "is empty", "its first line names the columns: date,tokens,evaluation")
        return
    for head in ("date", "tokens"):
        if head not in heads:
            yield Mistake(name, f"has no column {head}", nearest(head, heads) or f"add {head}")
    for one, other in (("evaluation", "loss"), ("model", "retrained")):
        if one in heads and other in heads:
            yield Mistake(name, f"has both {one} and {other}", "keep one of them")
    if "evaluation" not in heads and "loss" not in heads:
        yield Mistake(name, "has neither evaluation nor loss", "add what was evaluated: a score, or a loss")
    for head in dict.fromkeys(heads):
        if heads.count(head) > 1:
            yield Mistake(name, f"has {heads.count(head)} columns {head or 'without a name'}", "keep one of them")
        if head not in COLUMNS:
            yield Mistake(name, f"has a column {head or 'without a name'}", nearest(head, COLUMNS))


def _unordered(rows: Sequence[_Row], days: Sequence[int]) -> Iterator[Mistake]:
    latest = 0
    for row, day in zip(rows, days, strict=True):
        if day and day <= latest:
            what = f"{row.cells['date']} does not come after {date.fromordinal(latest)}"
            yield Mistake(f"{row.path}: date", what, "sort the rows by date, one a day")
        latest = max(day, latest)


def _trained(rows: Sequence[_Row], days: Sequence[int], mistakes: list[Mistake]) -> Iterator[int]:
    """Day on which the model of each row was trained: as it says, since the last retraining, or before the first."""
    latest = days[0] if days else 0
    for row, day in zip(rows, days, strict=True):
        if "model" in row.cells:
            model = row.date("model", mistakes)
            if day and model > day:
                mistakes.append(
                    Mistake(f"{row.path}: model", "it was trained after it was evaluated", "check the dates")
                )
            latest = model
        elif "retrained" in row.cells:
            answer = row.cells["retrained"].lower()
            if answer not in ANSWERS:
                mistakes.append(Mistake(f"{row.path}: retrained", f"{answer!r} is no answer", "write yes or no"))
            if ANSWERS.get(answer):
                latest = day
        yield latest


# --- the drift it shows -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fit:
    """A drift of one shape: the root of its mean squared error in points, and its criterion (less is better)."""

    drift: Drift
    error: float
    criterion: float


@dataclass(frozen=True, eq=False)
class Shown:
    """The drift that a history shows.

    Attributes
    ----------
    fits
        One of each shape, the chosen one first.
    drawn
        Drifts fitted to residuals drawn anew, the shape chosen anew.
    levels
        What each model was worth when it was new, by the day on which it was trained.
    clock
        Days of drift that had passed by the start of each day, (days + 1,); the calendar's unless it is bursty.
    noise
        Standard deviation of one evaluation, in points.
    burstiness
        -1 for a drift that is the same each day, towards 1 for one that comes all at once.
    burstiness_of_noise
        Up to where the noise of evaluations alone would bring it, nineteen times in twenty.
    """

    history: History
    fits: tuple[Fit, ...]
    drawn: tuple[Drift, ...]
    levels: Mapping[int, float]
    clock: Array
    noise: float
    burstiness: float
    burstiness_of_noise: float

    @property
    def drift(self) -> Drift:
        """The chosen one."""
        return self.fits[0].drift

    @property
    def bursty(self) -> bool:
        """Whether the drift came less evenly than the noise of the evaluations can make it look."""
        return self.burstiness > self.burstiness_of_noise

    def lost(self, days: float) -> tuple[float, float, float]:
        """Points lost so many days after training: value, low, high."""
        low, high = np.quantile([float(each.lost(days)) for each in self.drawn], LEVELS)
        return float(self.drift.lost(days)), float(low), float(high)

    def best_every_d(self, cost: float, value: Value) -> tuple[float | None, float | None]:
        """Shortest and longest best interval that the history leaves open; ``None`` says never."""
        rates = [float(best_per_day([cost], each, value)[0]) for each in self.drawn]
        low, high = np.quantile(rates, LEVELS)
        return (float(1 / high) if high > 0 else None), (float(1 / low) if low > 0 else None)

    def redrawn(self, random: np.random.Generator) -> Shown:
        """The same history, as other evaluations as noisy as these might have shown it: another drift, or, where it is
        bursty, the same drift by another clock.
        """
        first, *others = self.fits
        if not self.bursty:
            drift = self.drawn[random.integers(len(self.drawn))]
            return replace(self, fits=(replace(first, drift=drift), *others))
        rows = self.history.evaluated
        worth = _worth(self.history, self.drift, self.levels, self.clock)
        noise = _spread(self.history.quality[rows] - worth, self.history)
        history = _evaluated(self.history, worth + random.choice(noise, len(rows)))
        return replace(self, history=history, clock=clock_of(history, self.drift, self.levels))


def shown(history: History, *, draws: int = DRAWS) -> Shown:
    """The drift that a history shows.

    Raises
    ------
    InsufficientError
        If no model was evaluated at several ages: nothing says what age costs.
    """
    rows = history.evaluated
    ages = (history.day - history.trained)[rows].astype(np.float64)
    _, group = np.unique(history.trained[rows], return_inverse=True)
    freedom = len(rows) - (int(group.max()) + 1)
    if freedom < 2 or np.ptp(_centred(ages, group)) == 0:
        raise InsufficientError(
            "no model was evaluated at enough ages to show a drift; evaluate the one that runs again, "
            f"at least {LEAST_ROWS} rows in all and two more than there are models"
        )
    bases = _bases(ages)
    shapes = np.array([basis.shape for basis in bases])
    quality = history.quality[rows]
    fitted = _fitted(bases, ages, group, quality[np.newaxis])
    places, criteria, taken = _chosen(shapes, fitted, freedom, len(rows))
    fits = [
        Fit(
            drift=_drift(bases, fitted, 0, int(place)),
            error=math.sqrt(float(fitted.squares[0, place]) / max(freedom - own, 1)),
            criterion=float(criterion),
        )
        for place, own, criterion in zip(places[:, 0], OWN, criteria[:, 0], strict=True)
    ]
    chosen = fits.pop(int(taken[0]))
    lost = chosen.drift.lost(ages)
    level = _means(quality + lost, group)
    steady = level[group] - lost
    random = np.random.default_rng(0)
    noise = _spread(quality - steady, history)
    redrawn = steady + random.choice(noise, (draws, len(rows)))
    wider = _fitted(bases, ages, group, steady + (redrawn - steady) * (1 + _STUDENT / (freedom - 1)))
    places, _, taken = _chosen(shapes, wider, freedom, len(rows))
    drawn = tuple(_drift(bases, wider, draw, int(places[shape, draw])) for draw, shape in enumerate(taken))
    levels = dict(zip((int(each) for each in np.unique(history.trained[rows])), level.tolist(), strict=True))
    clock = clock_of(history, chosen.drift, levels)
    uneven, of_noise = burstiness(clock), _noisy(history, chosen.drift, levels, redrawn[:: max(1, draws // 50)])
    if uneven <= of_noise:
        clock = np.arange(history.days + 1, dtype=np.float64)
    left = _spread(quality - _worth(history, chosen.drift, levels, clock), history)
    return Shown(history, (chosen, *fits), drawn, levels, clock, float(left.std()), uneven, of_noise)


def _worth(history: History, drift: Drift, levels: Mapping[int, float], clock: Array) -> Array:
    """What the models were worth in each evaluated row, by a clock."""
    rows = history.evaluated
    days, trained = history.day[rows], history.trained[rows]
    calendar = np.arange(len(clock))
    since = np.interp(days, calendar, clock) - np.interp(trained, calendar, clock) - np.minimum(trained, 0)
    return np.asarray(np.array([levels[int(each)] for each in trained]) - drift.lost(since))


def _evaluated(history: History, quality: Array) -> History:
    """The same history with other evaluations."""
    other = history.quality.copy()
    other[history.evaluated] = quality
    return replace(history, quality=other)


@dataclass(frozen=True, slots=True)
class _Fitted:
    """Least squares of every basis to every row of qualities: coefficients and squared errors, (draws, bases)."""

    points: Array
    squares: Array


def _bases(ages: Array) -> list[Drift]:
    """Drifts of one point that are tried, by shape."""
    oldest = float(ages.max())
    powers = [Drift(1.0, oldest, float(exponent)) for exponent in _EXPONENTS]
    return [*powers, *(Drift(1.0, float(oldest * constant), None) for constant in _CONSTANTS)]


def _fitted(bases: Sequence[Drift], ages: Array, group: NDArray[np.intp], qualities: Array) -> _Fitted:
    """Points that each basis loses, from 0 on, and what is left, each model having a level of its own."""
    lost = np.array([_centred(basis.lost(ages), group) for basis in bases])
    seen = np.array([_centred(quality, group) for quality in qualities])
    across, size = seen @ lost.T, np.sum(lost * lost, axis=1)
    points = np.maximum(-across / np.where(size > 0, size, 1.0), 0.0)
    squares = np.sum(seen * seen, axis=1)[:, np.newaxis] + points * (2 * across + points * size)
    return _Fitted(points, np.maximum(squares, 0.0))


def _among(shape: str, shapes: NDArray[np.str_]) -> NDArray[np.intp]:
    """Bases of one shape; a line is a power too."""
    return np.flatnonzero((shapes == shape) | ((shape == "power") & (shapes == "linear")))


def _criterion(squares: Array, own: int, freedom: int, rows: int) -> Array:
    """Corrected criterion of fits that chose so many numbers of their own besides a level for each model [1]_."""
    known = rows - freedom + own + 1
    room = rows - known - 1
    correction = 2 * known * (known + 1) / room if room > 0 else (0.0 if own == 1 else math.inf)
    floor = 1e-12 * (float(np.max(squares)) or 1.0)
    return np.asarray(rows * np.log(np.maximum(squares, floor) / rows) + 2 * known + correction)


def _chosen(
    shapes: NDArray[np.str_], fitted: _Fitted, freedom: int, rows: int
) -> tuple[NDArray[np.intp], Array, Array]:
    """Best basis of each shape for every row of qualities, its criterion, and which shape is taken: (shapes, draws)."""
    draws = np.arange(len(fitted.squares))
    places = np.array(
        [among[np.argmin(fitted.squares[:, among], 1)] for among in (_among(each, shapes) for each in SHAPES)]
    )
    criteria = np.array(
        [_criterion(fitted.squares[draws, place], own, freedom, rows) for place, own in zip(places, OWN, strict=True)]
    )
    simple = criteria[0] <= criteria.min(axis=0) + CLEARLY
    return places, criteria, np.where(simple, 0, np.argmin(criteria, axis=0))


def _drift(bases: Sequence[Drift], fitted: _Fitted, draw: int, place: int) -> Drift:
    return replace(bases[place], points=float(fitted.points[draw, place]))


def _means(values: Array, group: NDArray[np.intp]) -> Array:
    return np.asarray(np.bincount(group, values) / np.bincount(group), dtype=np.float64)


def _centred(values: Array, group: NDArray[np.intp]) -> Array:
    return np.asarray(values - _means(values, group)[group])


def _spread(residuals: Array, history: History) -> Array:
    """Residuals as wide as the noise is: those of a fit are narrower by what it could choose."""
    free = max(len(residuals) - history.models - 1, 1)
    return np.asarray((residuals - residuals.mean()) * math.sqrt(len(residuals) / free))


# --- its clock ----------------------------------------------------------------------------------------------------


def clock_of(history: History, drift: Drift, levels: Mapping[int, float]) -> Array:
    """Days of drift that had passed by the start of each day: read off what each model had lost while it ran.

    Between evaluations, and after a model's last one, it runs evenly; where there is no drift, as the calendar does.
    """
    calendar = np.arange(history.days + 1, dtype=np.float64)
    if drift.points == 0:
        return calendar
    passed = np.ones(history.days)
    begins = [max(day, 0) for day in levels]
    for (trained, level), begin, end in zip(levels.items(), begins, [*begins[1:], history.days], strict=True):
        rows = history.evaluated[history.trained[history.evaluated] == trained]
        lost = rising(np.append(0.0, level - history.quality[rows]))
        most = _SPENT * drift.points if drift.exponent is None else math.inf
        read = drift.age(np.clip(lost, 0.0, most))
        times = np.append(float(trained), history.day[rows])
        read = read[-len(np.unique(times)) :]
        times = np.unique(times)
        last = times[-1]
        days = calendar[begin : end + 1]
        inside = np.interp(days, times, read) + np.maximum(days - last, 0.0)
        passed[begin:end] = np.diff(inside)
    return np.concatenate([[0.0], np.cumsum(passed)])


def rising(values: Array) -> Array:
    """Nearest values that never fall, in the sense of least squares."""
    blocks: list[tuple[float, int]] = []
    for value in values.tolist():
        mean, count = value, 1
        while blocks and blocks[-1][0] > mean:
            before, many = blocks.pop()
            mean, count = (mean * count + before * many) / (count + many), count + many
        blocks.append((mean, count))
    return np.repeat([mean for mean, _ in blocks], [count for _, count in blocks])


def burstiness(clock: Array) -> float:
    """How unevenly a clock runs: (s - m)/(s + m) with mean m and standard deviation s of days of drift a day."""
    rates = np.diff(clock)
    mean, spread = float(rates.mean()), float(rates.std())
    return (spread - mean) / (spread + mean) if spread + mean > 0 else -1.0


def _noisy(history: History, drift: Drift, levels: Mapping[int, float], redrawn: Array) -> float:
    """Burstiness that a steady drift shows through evaluations as noisy as these."""
    found = [burstiness(clock_of(_evaluated(history, quality), drift, levels)) for quality in redrawn]
    return float(np.quantile(found, LEVELS[1]))
