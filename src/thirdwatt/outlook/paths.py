"""Paths: what the years may bring, drawn from fits and assumptions through the book.

Every path has a member of the ensemble, a place in its spread that it keeps, and one draw of each assumption; data
centres walk by a step of their own each year. With and without a gain the draws are the same, so that a difference is
taken path by path. Fans are quantiles of each year by itself: no path runs along one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from thirdwatt.facts import Figure, table
from thirdwatt.ledger.ask import ask
from thirdwatt.ledger.samples import Array, Scores, spread
from thirdwatt.outlook.assumptions import Assumptions
from thirdwatt.outlook.fits import ensemble
from thirdwatt.outlook.runs import Run
from thirdwatt.quantity import limits

FROM, LAST = 2026, 2040
"""First and last year that can be asked for: fifteen, as far as any forecast of data centres was held to account."""

FRONTIER_YEAR, SUPPLY_YEAR, CAP_YEAR = 2025, 2025, 2030
"""Years that the figures of frontier runs, of supply and of caps are of."""

STATED = (
    "trend_base_flop", "trend_growth_factor", "trend_ahead_count", "trend_spread_ratio", "trend_score_ratio",
    "frontier_ahead_count", "cap_ahead_count", "demand_ahead_count", "supply_ahead_count", "demand_walk_ratio",
    "base_load_share", "base_pue_ratio", "chip_gain_factor", "chip_speed_factor", "fleet_gain_factor",
    "since_gain_count", "outgrown_factor", "campus_power_kw",
)  # fmt: skip
"""Quantities that a path, a gain or a site brings and no table."""

MIDDLE = 0.5
"""A year stands for its middle: the runs of then, and what a gain has reached by then."""

EXACT = ("w_per_kw", "s_per_h", "h_per_year", "flop_per_mac")

OF_FRONTIER = (
    "frontier_flop", "frontier_power_kw", "frontier_energy_kwh", "frontier_run_h", "frontier_cost_usd",
    "frontier_carbon_kg", "achieved_flop_per_j", "binding_cap_code",
)  # fmt: skip
OF_GAIN = ("frontier_flop", "frontier_energy_kwh", "frontier_power_kw")
CODE = "binding_cap_code"
CAPPED = "data_centre_capped_code"
OF_DEMAND = (
    "data_centre_kwh_per_year", "ai_kwh_per_year", "ai_training_kwh_per_year", "ai_inference_kwh_per_year",
    "data_centre_it_kw", "generation_kwh_per_year", "data_centre_generation_share", "ai_generation_share",
    "ai_electricity_share", "ai_carbon_kg_per_year", "coming_intensity_kg_per_kwh", CAPPED,
)  # fmt: skip
LOW_CARBON = "added_low_carbon_kwh_per_year"
DEMAND = "data_centre_kwh_per_year"
ASKED = (
    *OF_FRONTIER, *OF_DEMAND, LOW_CARBON, "avoided_carbon_kg_per_year", "bought_growth_count",
    "campus_generation_share",
)  # fmt: skip
"""Quantities that are asked for by name."""

GROWTH, GROWTH_SHARE = "data_centre_growth_kwh_per_year", "data_centre_growth_share"
"""What data centres take beyond the year before, and that to what is added without carbon."""

GAINED = "gained/"
"""Before the name of a quantity that has the gain in it."""

CHUNK = 8_192
"""Paths that are worked out together: arrays that a core keeps at hand."""

UNTOUCHED = (
    "trend_flop", "trend_run_h", "time_cap_flop", "supply_factor", "site_cap_kw", "grid_cap_kw", "chip_stock_flop",
    "token_cap_flop",
)  # fmt: skip
"""What a gain in FLOP per joule leaves as it is."""

CHIP, DRAW, METHOD = "chip", "draw", "method"
BY: Mapping[str, str] = {
    CHIP: "each chip does so much more at the watts it drew before, so that fewer of them do the same",
    DRAW: "each chip does what it did and draws so much less, so that as many of them are needed",
    METHOD: "the machines there are do so much more, and need not be replaced for it",
}
"""What a gain comes by, and what that means for the chips a run needs."""

SPREADS: Mapping[str, str] = {CHIP: "server_life_count", DRAW: "server_life_count", METHOD: "adoption_count"}
"""Years in which a gain reaches the fleet, by what it comes by."""

CAPS = ("nothing", "run length", "sites", "grids", "chips", "data")
"""What may bound a run, by its code in the book."""

PERCENTILES = (5, 10, 25, 50, 75, 90, 95)

Values = dict[str, Array]


@dataclass(frozen=True, slots=True)
class Gain:
    """A gain in efficiency: fewer joules for the same work, from a year on, by one of ``BY``."""

    factor: float
    when: int
    by: str = CHIP

    @property
    def speed(self) -> float:
        """What a chip does in a second, to what it did without the gain."""
        return 1.0 if self.by == DRAW else self.factor


def fan_of(draws: Array) -> Array:
    """Percentiles of draws, which are sorted in place: one sorting gives all of them; what never comes is infinite."""
    draws.sort()
    at = np.array(PERCENTILES) / 100 * (len(draws) - 1)
    below = at.astype(np.intp)
    low, high, step = draws[below], draws[np.minimum(below + 1, len(draws) - 1)], at - below
    with np.errstate(invalid="ignore"):
        return np.where((step == 0) | (low == high), low, low + (high - low) * step)


def binding(codes: Array) -> dict[str, float]:
    """Shares of paths in which each cap binds; they add up to 1."""
    counts = np.bincount(codes.astype(np.intp), minlength=len(CAPS))
    return {name: float(count) / len(codes) for name, count in zip(CAPS, counts, strict=True)}


class Walk:
    """Paths, a year at a time.

    Parameters
    ----------
    samples
        Paths, at least two.
    among
        Runs that the fits are made to; those of the table without them.
    """

    def __init__(
        self,
        assumed: Assumptions,
        gain: Gain,
        until: int,
        samples: int,
        seed: int,
        among: tuple[Run, ...] | None = None,
    ) -> None:
        self.assumed = assumed
        self.gain = gain
        self.years = tuple(range(FROM, until + 1))
        self.samples = samples
        self.seed = seed
        self.trend = ensemble(among=among)
        self._scores = Scores(samples, seed)
        self._known = {name: table("constants").rows["exact"].figures[name].value for name in EXACT}
        self._frontier = self._drawn(assumed.frontier)
        self._place = self._drawn(assumed.demand)
        self._members = self._spread_over(len(self.trend.members))
        self._z = self._stream("outlook/trend")

    def _stream(self, name: str) -> Array:
        """Scores of one stream, (paths,): no path is the centre."""
        found = self._scores.of(name)[1:]
        self._scores.forget(name)
        return found

    def _drawn(self, figures: Mapping[str, Figure]) -> Values:
        """Draws of figures, (paths,); of one without a spread a single number."""
        return {name: self._draw(name, figure) for name, figure in figures.items()}

    def _draw(self, name: str, figure: Figure) -> Array:
        if not figure.spread:
            return np.array([figure.value])
        scores = self._stream(figure.stream)[None, :]
        ends = (np.array([[end]]) for end in (figure.value, figure.low, figure.high))
        drawn = np.empty(self.samples)
        value, low, high = ends
        for part in self._parts():
            drawn[part] = spread(value, low, high, limits(name), scores[:, part])[0]
        return drawn

    def _parts(self) -> Iterator[slice]:
        for start in range(0, self.samples, CHUNK):
            yield slice(start, min(start + CHUNK, self.samples))

    def _spread_over(self, members: int) -> NDArray[np.intp]:
        """Member of each path, as evenly many of each as can be."""
        order = np.random.Generator(np.random.PCG64([self.seed, crc32(b"outlook/member")]))
        return np.asarray(order.permutation(self.samples) % members)

    @cached_property
    def growth(self) -> Array:
        """Growth of compute, a factor a year, by path: of its member, with how well that knows its slope."""
        stated = self._frontier.get("trend_growth_factor")
        if stated is not None:
            return np.broadcast_to(stated, self.samples)
        unsure = np.array([each.deviation / np.sqrt(each.moment) for each in self.trend.members])
        decades = np.log10(self._grown) + self.trend.scale * unsure[self._members] * self._z
        return np.asarray(10**decades)

    @cached_property
    def _grown(self) -> Array:
        """Growth on the line of its member; how well that is known is part of the spread around it."""
        return np.array([each.growth for each in self.trend.members])[self._members]

    @cached_property
    def _level(self) -> Array:
        base = FRONTIER_YEAR + MIDDLE
        return np.array([float(10 ** each.mean(base)) for each in self.trend.members])[self._members]

    def efficiency(self) -> Array:
        """Growth of FLOP per joule, a factor a year, by path."""
        return np.broadcast_to(self._frontier["efficiency_growth_factor"], self.samples)

    def __iter__(self) -> Iterator[tuple[int, Values]]:
        """Years with draws of every quantity, (paths,); the arrays are written over by the next year."""
        found: Values = {}
        walk = np.zeros(self.samples)
        before = np.empty(self.samples)
        if self.assumed.demand:
            self._base()
            for year in range(self.assumed.demand_year + 1, FROM):
                walk += self._stream(f"outlook/walk/{year}")
            self._fill({DEMAND: before}, self._demand(FROM - 1, walk), (DEMAND,))
        for year in self.years:
            self._frontier_of(year, found)
            if self.assumed.demand:
                walk += self._stream(f"outlook/walk/{year}")
                self._demand_of(year, walk, before, found)
            yield year, found

    def _base(self) -> None:
        """Load and PUE that the base year has: the table's own, whatever a file states of years to come."""
        own = table("outlook").rows["fleet"].figures
        for name, base in (("fleet_load_share", "base_load_share"), ("fleet_pue_ratio", "base_pue_ratio")):
            same = self.assumed.demand[name] is own[name]
            self._place[base] = self._place[name] if same else np.array([own[name].value])

    def _frontier_of(self, year: int, found: Values) -> None:
        widths = np.array([float(each.spread(year + MIDDLE)) for each in self.trend.members])
        ahead = float(year - FRONTIER_YEAR)
        given = {
            "trend_growth_factor": self._grown, **self._frontier, "trend_base_flop": self._level,
            "trend_spread_ratio": (widths * self.trend.scale * np.log(10))[self._members],
            "trend_score_ratio": self._z, **_numbers(
                frontier_ahead_count=ahead, trend_ahead_count=ahead, cap_ahead_count=float(year - CAP_YEAR),
                supply_ahead_count=float(year - SUPPLY_YEAR), chip_gain_factor=1.0, chip_speed_factor=1.0,
                **self._known,
            ),
        }  # fmt: skip
        better = year >= self.gain.when
        of_gain = (*OF_GAIN, CODE) if year == self.years[-1] else OF_GAIN
        gain = _numbers(chip_gain_factor=self.gain.factor, chip_speed_factor=self.gain.speed)
        for part in self._parts():
            own = {name: _cut(value, part) for name, value in given.items()}
            told = ask(own, (*OF_FRONTIER, *UNTOUCHED))
            self._write(found, told, OF_FRONTIER, part)
            if better:
                kept = {name: told[name] for name in UNTOUCHED}
                told = ask({**own, **kept, **gain}, of_gain)
            self._write(found, told, of_gain, part, GAINED)

    def _demand(self, year: int, walk: Array) -> Values:
        return {
            **self._place, "server_life_count": self._place[SPREADS[self.gain.by]], "demand_walk_ratio": walk,
            **_numbers(
                **self.assumed.of_year(year),
                demand_ahead_count=float(year - self.assumed.demand_year),
                supply_ahead_count=float(year - SUPPLY_YEAR), since_gain_count=year + MIDDLE - self.gain.when,
                fleet_gain_factor=self.gain.factor, **self._known,
            ),
        }  # fmt: skip

    def _demand_of(self, year: int, walk: Array, before: Array, found: Values) -> None:
        low_carbon = "base_added_low_carbon_kwh_per_year" in self._place
        names = (*OF_DEMAND, "saved_kwh_per_year", *((LOW_CARBON,) if low_carbon else ()))
        self._fill(found, self._demand(year, walk), names)
        more = found.setdefault(GROWTH, np.empty(self.samples))
        np.subtract(found[DEMAND], before, out=more)
        before[:] = found[DEMAND]
        if low_carbon:
            np.divide(more, found[LOW_CARBON], out=found.setdefault(GROWTH_SHARE, np.empty(self.samples)))

    def _fill(self, found: Values, given: Values, names: tuple[str, ...]) -> None:
        for part in self._parts():
            self._write(found, ask({name: _cut(value, part) for name, value in given.items()}, names), names, part)

    def _write(
        self, found: Values, told: Mapping[str, Array], names: tuple[str, ...], part: slice, say: str = ""
    ) -> None:
        for name in names:
            if say + name not in found:
                found[say + name] = np.empty(self.samples)
            found[say + name][part] = told[name]


def _numbers(**numbers: float) -> Values:
    return {name: np.array([number]) for name, number in numbers.items()}


def _cut(value: Array, part: slice) -> Array:
    """A part of draws; a single number serves every part."""
    return value if len(value) == 1 else value[part]
