"""The outlook put together: fans, what binds, what a gain buys, a site, and what was forecast before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from os import PathLike
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np

from thirdwatt.facts import Row, table
from thirdwatt.ledger.samples import Array
from thirdwatt.outlook.assumptions import FRONTIER, SECTIONS, Assumptions, assumptions, stated
from thirdwatt.outlook.fits import Ensemble
from thirdwatt.outlook.paths import (
    BY,
    CAPPED,
    CHIP,
    CODE,
    DEMAND,
    FROM,
    GROWTH,
    GROWTH_SHARE,
    LAST,
    LOW_CARBON,
    OF_DEMAND,
    OF_FRONTIER,
    SPREADS,
    Gain,
    Values,
    Walk,
    binding,
    fan_of,
)
from thirdwatt.outlook.runs import Run, runs, with_own
from thirdwatt.outlook.site import Campus, Site
from thirdwatt.outlook.third import Tally, Third
from thirdwatt.scenario import InputError, Mistake
from thirdwatt.scenario.mistakes import nearest

Made = TypeVar("Made")

TOLD = tuple(
    name for name in (*OF_FRONTIER, *OF_DEMAND, LOW_CARBON, GROWTH, GROWTH_SHARE) if name not in (CODE, CAPPED)
)
"""Quantities of which a fan is told, where they are known."""

COMES = 2028
"""When a gain comes where nobody says."""

PATHS = 10_000
FEWEST, MOST = 100, 1_000_000
LARGEST_GAIN = 1_000.0

REFUSED = (
    (
        "that AI will solve climate change, or cannot",
        "nothing here is about what AI is used for, and no measurement says it",
    ),
    (
        "world electricity from single runs",
        "known final runs are a hundredth of the electricity of AI; that is told from data centres alone",
    ),
    (
        "the same growth for ever",
        "run length, sites, grids, chips and data bound it, each as a distribution; compute on its own trend is a fan "
        "of the next years and no law",
    ),
    (
        "one number for a year to come",
        "forecasts of data centres missed by a factor of 1.75 at five years, so a year is told as percentiles",
    ),
)
"""What is asked for and not told, and why."""

TURNS: Mapping[str, tuple[str, ...]] = {
    "world": (
        "world/data-centre/2010/masanet-2020", "world/data-centre/2018/masanet-2020",
        "world/data-centre/2025/iea-key-questions-2026",
    ),
    "us": (
        "us/data-centre/2014/lbnl-2024", "us/data-centre/2018/lbnl-2024", "us/data-centre/2023/lbnl-2024",
    ),
}  # fmt: skip
"""Accounts of data centres that show where demand only grew and where it did not, by scope."""


COMPANY = "company_kwh_per_year"
COMPANIES = (
    ("google/electricity/2010", "google/electricity/2018", "google/electricity/2025"),
    ("microsoft/electricity/2020", "microsoft/electricity/2024"),
    ("meta/electricity/2017", "meta/electricity/2021"),
)
"""What single companies told of all their electricity: the ends of what is known, and where data centres turned."""

NOT_READ = "not read at its source"
"""How the note of a figure begins that is known by what others quote of it."""


@dataclass(frozen=True, slots=True)
class Era:
    """Electricity of data centres from one year to another, in kWh a year."""

    first: int
    last: int
    before_kwh: float
    after_kwh: float

    @property
    def grew(self) -> float:
        """After to before."""
        return self.after_kwh / self.before_kwh


@dataclass(frozen=True, slots=True)
class Company:
    """What one company told of all its electricity: years and kWh."""

    name: str
    told: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What somebody else forecast, and the share of paths that lie below it; whether it is known by others' quotes."""

    id: str
    year: int
    source: str
    case: str
    issued: str
    kwh: float
    below: float
    second_hand: bool


@dataclass(frozen=True, slots=True)
class Outlook:
    """Everything that is told.

    Attributes
    ----------
    runs
        What compute is fitted to and scored on.
    fans
        Percentiles by quantity, (years, percentiles).
    binding
        Share of paths in which each cap binds, by year.
    supply_bound
        Share of paths on which what is generated bounds data centres, by year; empty where none are told of.
    eras
        Where the claim that demand only grows held, and where it did not; empty where accounts are too few.
    companies
        What single ones told, beside the world.
    """

    assumed: Assumptions
    runs: tuple[Run, ...]
    trend: Ensemble
    years: tuple[int, ...]
    samples: int
    seed: int
    fans: Mapping[str, Array]
    binding: tuple[Mapping[str, float], ...]
    supply_bound: tuple[float, ...]
    third: Third
    site: Site | None
    eras: tuple[Era, ...]
    companies: tuple[Company, ...]
    foreseen: tuple[Foreseen, ...]

    def at(self, name: str, year: int) -> Array:
        """Percentiles of a quantity in a year."""
        found: Array = self.fans[name][self.years.index(year)]
        return found

    @property
    def own_runs(self) -> tuple[str, ...]:
        """Runs that the table does not have, or tells otherwise."""
        return tuple(run.name for run in self.runs if run not in runs())

    @property
    def unread(self) -> tuple[str, ...]:
        """What a file states and nothing here reads."""
        spreads = SPREADS[self.third.gain.by]
        return tuple(
            f"{section}.{name}"
            for section, names in SECTIONS.items()
            for name in names
            if name in self.assumed.stated
            and name != "rebound_share"
            and (name not in self.assumed.inputs or name in {*SPREADS.values()} - {spreads})
        )


def outlook(
    scope: str = "world",
    document: Mapping[str, Any] | str | PathLike[str] | None = None,
    set: Mapping[str, Any] | None = None,
    *,
    until: int = 2035,
    efficiency_gain: float = 3.0,
    when: int | None = None,
    gain_by: str = CHIP,
    rebound: float | None = None,
    site_mw: float | None = None,
    region: str | None = None,
    own_runs: str | PathLike[str] | None = None,
    samples: int = PATHS,
    seed: int = 0,
) -> Outlook:
    """Where demand goes, as fans.

    Parameters
    ----------
    scope
        ``frontier`` for runs alone, or a place whose data centres are told beside them.
    document
        A file of an outlook, or what it states; see :mod:`thirdwatt.outlook.assumptions`.
    set
        Changes by path: ``{"split.rebound_share": 0.5}``.
    efficiency_gain, when
        A gain in FLOP per joule, and the first year of it: 2028, or the last year where that is earlier.
    gain_by
        What it comes by: ``chip`` does more at the same watts, ``draw`` does the same at fewer, ``method`` makes more
        of the machines there are.
    rebound
        Part of what it saves that is spent on more; answers for 0, 30, 60 and 100 % are given anyway.
    site_mw, region
        A site and the grid it stands in.
    own_runs
        A file of runs in the form of the table ``frontier``: compute is fitted to both, and the fits are scored anew.

    Raises
    ------
    InputError
        With everything that is wrong.
    """
    since = min(COMES, until) if when is None else when
    wrong = _wrong(until, efficiency_gain, since, rebound, samples)
    if gain_by not in BY:
        wrong.append(Mistake("--gain-by", f"a gain comes by no {gain_by!r}", nearest(gain_by, BY)))
    if region is not None and site_mw is None:
        wrong.append(Mistake("--region", "says where a site stands, and there is none", "add --site-mw 500"))
    assumed = _made(wrong, lambda: assumptions(scope, stated(document, set)))
    campus = None if site_mw is None else _made(wrong, lambda: Campus(site_mw, region))
    known = runs() if own_runs is None else _made(wrong, lambda: with_own(own_runs))
    if wrong or assumed is None or known is None:
        raise InputError(wrong)
    own = rebound
    if own is None and "rebound_share" in assumed.stated:
        own = assumed.stated["rebound_share"].value
    walk = Walk(assumed, Gain(efficiency_gain, since, gain_by), until, samples, seed, known)
    tally = Tally(walk, own)
    telling = _Telling(_forecasts(scope, walk.years))
    for year, values in walk:
        tally.add(year, values)
        if campus is not None:
            campus.add(year, values)
        telling.add(year, values)
    return Outlook(
        assumed=assumed,
        runs=known,
        trend=walk.trend,
        years=walk.years,
        samples=samples,
        seed=seed,
        fans=MappingProxyType({name: np.array(rows) for name, rows in telling.fans.items()}),
        binding=tuple(telling.binding),
        supply_bound=tuple(telling.supply_bound),
        third=tally.result(),
        site=None if campus is None else campus.result(),
        eras=tuple(_eras(scope)),
        companies=tuple(_companies(scope)),
        foreseen=tuple(telling.foreseen),
    )


def _made(wrong: list[Mistake], make: Callable[[], Made]) -> Made | None:
    """What is made, or nothing and its mistakes beside those found so far."""
    try:
        return make()
    except InputError as error:
        wrong.extend(error.mistakes)
        return None


def _wrong(until: int, gain: float, when: int, rebound: float | None, samples: int) -> list[Mistake]:
    found = []
    if not FROM <= until <= LAST:
        found.append(
            Mistake("--until", f"{until} is not told of", f"{FROM} to {LAST}: no forecast was held to account for more")
        )
    if not 1 < gain <= LARGEST_GAIN:
        found.append(Mistake("--efficiency-gain", f"{gain:g} is no gain", f"above 1 and up to {LARGEST_GAIN:g}"))
    if not FROM <= when <= max(until, FROM):
        found.append(Mistake("--when", f"{when} is not among the years", f"{FROM} to {until}"))
    if rebound is not None and not 0 <= rebound <= 1:
        found.append(Mistake("--rebound", f"{rebound:g} is no part of what is saved", "0 to 1"))
    if not FEWEST <= samples <= MOST:
        found.append(Mistake("--samples", f"{samples} paths are none to take percentiles of", f"{FEWEST} to {MOST:,}"))
    return found


class _Telling:
    """Fans, caps and where published forecasts lie, a year at a time; sorts the arrays it is given."""

    def __init__(self, forecasts: Mapping[int, list[Row]]) -> None:
        self.fans: dict[str, list[Array]] = {}
        self.binding: list[Mapping[str, float]] = []
        self.supply_bound: list[float] = []
        self.foreseen: list[Foreseen] = []
        self._forecasts = forecasts

    def add(self, year: int, values: Values) -> None:
        """Take in one year; the last to do so, since it leaves no path where it was."""
        self.binding.append(binding(values[CODE]))
        if CAPPED in values:
            self.supply_bound.append(float(np.mean(values[CAPPED])))
        for row in self._forecasts.get(year, ()):
            figure = row.figures[DEMAND]
            below = float(np.mean(values[DEMAND] < figure.value))
            quoted = figure.note.startswith(NOT_READ)
            self.foreseen.append(
                Foreseen(row.id, year, figure.source, row.text["case"], row.text["issued"], figure.value, below, quoted)
            )
        for name in TOLD:
            if name in values:
                self.fans.setdefault(name, []).append(fan_of(values[name]))


def _forecasts(scope: str, years: tuple[int, ...]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    if scope == FRONTIER:
        return found
    for row in table("demand"):
        told = row.text["scope"] == scope and row.text["kind"] == "forecast" and DEMAND in row.figures
        if told and int(row.text["year"]) in years:
            found.setdefault(int(row.text["year"]), []).append(row)
    return found


def _eras(scope: str) -> list[Era]:
    rows = [table("demand").rows[name] for name in TURNS.get(scope, ())]
    told = [(int(row.text["year"]), row.figures[DEMAND].value) for row in rows]
    return [Era(one[0], two[0], one[1], two[1]) for one, two in pairwise(told)]


def _companies(scope: str) -> Iterator[Company]:
    """Of the world alone: what a company takes is spread over it."""
    if scope != "world":
        return
    for names in COMPANIES:
        rows = [table("demand").rows[name] for name in names]
        told = tuple((int(row.text["year"]), row.figures[COMPANY].value) for row in rows)
        yield Company(rows[0].name.partition(",")[0], told)
