"""Forecasts of the outlook held against what followed, and forecasts of data centres against what came.

At the end of each year from 2017 to 2024 the ensemble is fitted to the runs published by then and scored on all that
followed at the frontier. Windows, statistics and cuts were fixed first; what they are scaled by is known at the cut.
Runs whose energy is imputed from their compute are in no headline. Beside it stand three simple forecasts from the same
cut: nothing grows, 4.5 times a year, and a doubling in 3.4 months as one maker told it in 2018. The first two start
from the mean of the five largest and from the largest run of the time; the bars take whichever does better.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np

from thirdwatt.facts import table
from thirdwatt.ledger.samples import Array
from thirdwatt.outlook.fits import JUDGED, SCORE_AT_90, WINDOWS, Member, ensemble, judged, line, scores
from thirdwatt.outlook.paths import DEMAND
from thirdwatt.outlook.runs import COMPUTE, EFFICIENCY, ENERGY, MEASURES, Run, runs, year_of
from thirdwatt.quantity import J_PER_KWH

CUTS = tuple(range(2017, 2025))
"""Years at whose end a forecast is made."""

HELD = (0.5, 0.8, 0.9)
"""Intervals whose coverage is told."""

BINS = 10
"""Of the histogram of where outcomes lie in their forecasts."""

FIXED = 4.5
"""Factor a year of the fixed forecast of compute."""

LATE_CUT = 2021
"""Cut of the bars."""

DRAWS = 201
"""Points of its own scores at which each line is drawn for a score; evenly spaced, so none is chance."""


@dataclass(frozen=True, slots=True)
class Score:
    """A forecast from one cut, scored on what followed; decades throughout.

    Attributes
    ----------
    imputed
        Whether runs whose energy is imputed are among those scored.
    growth, scale
        Median factor a year of the members, and what their spread was scaled by.
    crps
        Mean continuous ranked probability score.
    coverage, unscaled
        Shares of outcomes inside the intervals of 50, 80 and 90 %, and what they were had nothing been scaled.
    pit
        Share of the forecast below each outcome.
    persistence, record
        Mean absolute error where nothing grows, from the five largest of the time and from the largest.
    fixed, fixed_record, doubling
        Of other simple forecasts, of compute alone: 4.5 a year from either start, and the doubling of 2018.
    """

    measure: str
    cut: int
    imputed: bool
    n: int
    members: int
    growth: float
    scale: float
    bias: float
    mae: float
    crps: float
    coverage: tuple[float, ...]
    unscaled: tuple[float, ...]
    pit: tuple[float, ...]
    unscaled_pit: tuple[float, ...]
    persistence: float
    record: float
    fixed: float | None
    fixed_record: float | None
    doubling: float | None

    @property
    def standing_still(self) -> float:
        """Error of the better of the forecasts by which nothing grows."""
        return min(self.persistence, self.record)


@dataclass(frozen=True, slots=True)
class Pooled:
    """All cuts of one measure together; a run is judged from several cuts, so these are no independent trials.

    Attributes
    ----------
    runs
        Runs that are judged at all, each from one to eight cuts.
    single, without_one
        Least and largest part inside the interval of 80 %: of a single cut, and of all but one.
    """

    measure: str
    imputed: bool
    n: int
    runs: int
    single: tuple[float, float]
    without_one: tuple[float, float]
    coverage: tuple[float, ...]
    unscaled: tuple[float, ...]
    histogram: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Quotient:
    """Energy as the outlook tells it, compute over FLOP per joule, from one cut; decades.

    Attributes
    ----------
    since, growth
        First year of the runs to which FLOP per joule is fitted, and its growth a year as known at the cut.
    inside
        Share of outcomes inside the interval of 80 %.
    """

    since: int
    cut: int
    n: int
    growth: float
    bias: float
    mae: float
    inside: float


@dataclass(frozen=True, slots=True)
class Bar:
    """What was demanded beforehand, and whether it holds."""

    what: str
    value: float
    demanded: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Doubling:
    """What a doubling in 3.4 months said of a run, in decades above what it was."""

    run: str
    over: float


@dataclass(frozen=True, slots=True)
class Resolved:
    """A forecast of data centres and what came, in kWh a year; forecasts of one source are taken at their mean."""

    case: str
    horizon: float
    forecast: float
    outcome: float

    @property
    def error(self) -> float:
        """Logarithm of forecast over outcome."""
        return math.log(self.forecast / self.outcome)


def outlook_scores(among: tuple[Run, ...] | None = None) -> tuple[Score, ...]:
    """Every measure from every cut, the headline first, then with imputed runs; of other runs than the table's too."""
    return _scores(runs() if among is None else among)


@lru_cache(maxsize=4)
def _scores(among: tuple[Run, ...]) -> tuple[Score, ...]:
    return tuple(
        found
        for imputed in (False, True)
        for measure in MEASURES
        for cut in CUTS
        if (found := _score(among, measure, cut, imputed)) is not None
    )


def _score(among: tuple[Run, ...], measure: str, cut: int, imputed: bool) -> Score | None:
    forecast = ensemble(measure, cut + 1, among)
    followed = judged(among, measure, cut + 1, imputed=imputed)
    if not forecast.members or not followed:
        return None
    draws = [np.sort(forecast.draws(run.when, scores(DRAWS))) for run in followed]
    plain = [
        np.concatenate([m.mean(r.when) + m.spread(r.when) * scores(DRAWS) for m in forecast.members]) for r in followed
    ]
    actual = [math.log10(run.figures[measure]) for run in followed]
    off = np.array([value - float(np.median(drawn)) for value, drawn in zip(actual, draws, strict=True)])
    pit = tuple(float(np.mean(drawn <= value)) for value, drawn in zip(actual, draws, strict=True))
    unscaled = tuple(float(np.mean(drawn <= value)) for value, drawn in zip(actual, plain, strict=True))
    still, fixed = zip(
        *(
            _simple(start, followed, actual)
            for start in (_level(among, measure, cut, JUDGED), _level(among, measure, cut, 1))
        ),
        strict=True,
    )
    told = np.array([value - _told_2018(run.when) for value, run in zip(actual, followed, strict=True)])
    of_compute = measure == COMPUTE
    return Score(
        measure, cut, imputed, len(followed), len(forecast.members), forecast.growth[0], forecast.scale,
        float(off.mean()), float(np.abs(off).mean()),
        float(np.mean([_crps(drawn, value) for value, drawn in zip(actual, draws, strict=True)])),
        _coverage(pit), _coverage(unscaled), pit, unscaled, still[0], still[1],
        fixed[0] if of_compute else None, fixed[1] if of_compute else None,
        float(np.abs(told).mean()) if of_compute else None,
    )  # fmt: skip


def quotients() -> Iterator[Quotient]:
    """Energy by compute and by FLOP per joule of the two windows whose growth stands in the table ``outlook``."""
    for since in (WINDOWS[0], WINDOWS[-1]):
        for cut in CUTS:
            known = [run for run in runs() if run.when < cut + 1]
            per_joule, followed = line(known, EFFICIENCY, since, JUDGED), judged(runs(), ENERGY, cut + 1)
            if per_joule is not None and followed:
                yield _quotient(cut, per_joule, followed)


def _quotient(cut: int, per_joule: Member, followed: Sequence[Run]) -> Quotient:
    compute = ensemble(COMPUTE, cut + 1)
    off, pit = [], []
    for run in followed:
        per_kwh = per_joule.mean(run.when) + math.log10(J_PER_KWH)
        drawn = np.concatenate([
            each.mean(run.when) - per_kwh
            + np.hypot(compute.scale * each.spread(run.when), per_joule.spread(run.when)) * scores(DRAWS)
            for each in compute.members
        ])  # fmt: skip
        actual = math.log10(run.figures[ENERGY])
        off.append(actual - float(np.median(drawn)))
        pit.append(float(np.mean(drawn <= actual)))
    mae = float(np.abs(off).mean())
    return Quotient(per_joule.since, cut, len(off), per_joule.growth, float(np.mean(off)), mae, _coverage(pit)[1])


def _level(among: Sequence[Run], measure: str, cut: int, most: int) -> tuple[float, float]:
    """Where simple forecasts start: mean logarithm and mean date of the largest so many of the time that tell it."""
    known = [run for run in among if run.when < cut + 1 and run.tells(measure)]
    largest = sorted(known, key=lambda run: run.figures[COMPUTE])[-most:]
    logs = [math.log10(run.figures[measure]) for run in largest]
    return float(np.mean(logs)), float(np.mean([run.when for run in largest]))


def _simple(start: tuple[float, float], followed: Sequence[Run], actual: Sequence[float]) -> tuple[float, float]:
    """Mean absolute errors from a start, where nothing grows and at a fixed factor a year."""
    level, when = start
    away = np.array(actual) - level
    grown = math.log10(FIXED) * (np.array([run.when for run in followed]) - when)
    return float(np.abs(away).mean()), float(np.abs(away - grown).mean())


def _told_2018(when: float) -> float:
    row = table("outlook").rows["openai-2018"]
    since = when - year_of(row.text["date"])
    return math.log10(row.figures[COMPUTE].value) + since / row.figures["doubling_year"].value * math.log10(2)


def _crps(ordered: Array, value: float) -> float:
    """Continuous ranked probability score of draws in order (Gneiting and Raftery 2007, equation 21)."""
    n = len(ordered)
    between = float(((2 * np.arange(n) - n + 1) * ordered).sum()) / n**2
    return float(np.abs(ordered - value).mean()) - between


def _coverage(pit: Sequence[float]) -> tuple[float, ...]:
    return tuple(float(np.mean([abs(each - 0.5) <= held / 2 for each in pit])) for held in HELD)


def pooled(measure: str, *, imputed: bool = False, among: tuple[Run, ...] | None = None) -> Pooled:
    """All cuts of a measure together."""
    known = runs() if among is None else among
    own = [each for each in outlook_scores(known) if each.measure == measure and each.imputed == imputed]
    pit = [each for one in own for each in one.pit]
    plain = [each for one in own for each in one.unscaled_pit]
    counts, _ = np.histogram(pit, BINS, (0.0, 1.0))
    single = [one.coverage[1] for one in own]
    others = [
        _coverage([each for other in own if other is not one for each in other.pit])[1] for one in own if len(own) > 1
    ]
    judged_at_all = {run.id for one in own for run in judged(known, measure, one.cut + 1, imputed=imputed)}
    return Pooled(
        measure, imputed, len(pit), len(judged_at_all), (min(single), max(single)), (min(others), max(others)),
        _coverage(pit), _coverage(plain), tuple(int(count) for count in counts),
    )  # fmt: skip


def late_score(among: tuple[Run, ...] | None = None) -> Score:
    """Compute from the cut of the bars."""
    (late,) = (
        each for each in outlook_scores(among) if (each.measure, each.cut, each.imputed) == (COMPUTE, LATE_CUT, False)
    )
    return late


def bars(among: tuple[Run, ...] | None = None) -> Iterator[Bar]:
    """What was demanded of compute before anything was scored."""
    late = late_score(among)
    less = 1 - late.mae / late.standing_still
    yield Bar(f"error from {LATE_CUT} below that of no growth", less, "at least 50 %", less >= 0.5)
    more = late.mae / min(late.fixed or math.inf, late.fixed_record or math.inf) - 1
    yield Bar(f"error from {LATE_CUT} above that of {FIXED:g} a year", more, "at most 10 %", more <= 0.1)
    held = pooled(COMPUTE, among=among).coverage[1]
    yield Bar("all cuts inside the interval of 80 %", held, "75 to 88 %", 0.75 <= held <= 0.88)


def doublings() -> Iterator[Doubling]:
    """How far above known runs the doubling of 2018 would have been."""
    for name in ("gpt-3-175b", "palm-540b", "gpt-4", "grok-4"):
        run: Run = next(each for each in runs() if each.id == name)
        yield Doubling(run.name, _told_2018(run.when) - math.log10(run.figures[COMPUTE]))


# --- data centres -------------------------------------------------------------------------------------------------

ACCOUNTS = {
    "world": (
        "world/data-centre/2000/koomey-2011", "world/data-centre/2005/koomey-2011",
        "world/data-centre/2010/masanet-2020", "world/data-centre/2018/masanet-2020",
        "world/data-centre/2024/iea-energy-ai-2025", "world/data-centre/2025/iea-key-questions-2026",
    ),
    "us": (
        "us/data-centre/2006/epa-2007", "us/data-centre/2010/koomey-2011", "us/data-centre/2014/lbnl-2024",
        "us/data-centre/2018/lbnl-2024", "us/data-centre/2023/lbnl-2024", "us/data-centre/2024/lbnl-2026",
    ),
}  # fmt: skip
"""Accounts that forecasts are held against, by year; between two of them growth is taken to be even."""


def resolved() -> Iterator[Resolved]:
    """Every forecast of data centres that came due, and every trend of the time carried on."""
    text = resources.files("thirdwatt.validation").joinpath("outlook.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(io.StringIO(text)):
        year = float(row["year"])
        if row["forecasts"]:
            told = [_kwh(name) for name in row["forecasts"].split("|")]
            forecast = sum(told) / len(told)
        else:
            (first, one), (second, two) = (_account(row[end]) for end in ("trend_from", "trend_to"))
            forecast = two * (two / one) ** ((year - second) / (second - first))
        yield Resolved(row["case"], float(row["horizon"]), forecast, outcome(row["scope"], year))


def outcome(scope: str, year: float) -> float:
    """Electricity of data centres by the accounts, between two of them at even growth."""
    known = [_account(name) for name in ACCOUNTS[scope]]
    years, logs = zip(*((when, math.log(kwh)) for when, kwh in known), strict=True)
    return math.exp(float(np.interp(year, years, logs)))


def _account(name: str) -> tuple[float, float]:
    return float(table("demand").rows[name].text["year"]), _kwh(name)


def _kwh(name: str) -> float:
    return table("demand").rows[name].figures[DEMAND].value


def missed() -> tuple[float, float]:
    """Root mean square of the logarithmic errors, and that of a year: error over the root of the horizon."""
    found = list(resolved())
    whole = math.sqrt(float(np.mean([each.error**2 for each in found])))
    return whole, math.sqrt(float(np.mean([each.error**2 / each.horizon for each in found])))


def held_apart() -> int:
    """Forecasts inside the interval of 80 % that the others alone would have drawn around them."""
    found = [each.error / math.sqrt(each.horizon) for each in resolved()]
    inside = 0
    for number, error in enumerate(found):
        others = [each for at, each in enumerate(found) if at != number]
        inside += abs(error) <= SCORE_AT_90 * math.sqrt(float(np.mean(np.square(others))))
    return inside
