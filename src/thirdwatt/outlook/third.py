"""What a third buys: electricity and carbon that a gain avoids, and how soon growth has made up for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from thirdwatt.ledger.ask import ask
from thirdwatt.ledger.samples import Array
from thirdwatt.outlook.paths import CODE, GAINED, Gain, Values, Walk, binding, fan_of

REBOUNDS = (0.0, 0.3, 0.6, 1.0)
"""Parts of what is saved that are spent on more, for which an answer is always given."""

RUN_COMPUTE, RUN_ENERGY, AI = "compute", "run energy", "AI"
"""What a gain races against."""

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Banked:
    """What is left of a gain at one rebound: percentiles of a sum over the years; nothing where no place is told of.

    Months of growth that make up for it are infinite where nothing grows.
    """

    rebound: float
    energy_kwh: Array | None
    carbon_kg: Array | None
    months: Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Third:
    """What a gain buys.

    Attributes
    ----------
    banked
        By rebound.
    rebound
        The one that is stated, if any.
    growth
        What grows, and percentiles of its growth as a factor a year.
    run_energy, run_flop
        Percentiles of energy and compute of a frontier run with the gain to the same run without, in the last year.
    binding
        Share of paths in which each cap binds with the gain, in the last year.
    """

    gain: Gain
    until: int
    banked: tuple[Banked, ...]
    rebound: float | None
    growth: Mapping[str, Array]
    run_energy: Array
    run_flop: Array
    binding: Mapping[str, float]


class Tally:
    """Sums over the years what a gain saves, path by path."""

    def __init__(self, walk: Walk, stated: float | None) -> None:
        self._walk = walk
        self._stated = stated
        self.rebounds = tuple(sorted({*REBOUNDS, *(() if stated is None else (stated,))}))
        self._energy = np.zeros((len(self.rebounds), walk.samples))
        self._carbon = np.zeros((len(self.rebounds), walk.samples))
        self._first: Array | None = None
        self._last: Array | None = None
        self._ratios: dict[str, Array] = {}
        self._binding: Mapping[str, float] = {}

    def add(self, year: int, values: Values) -> None:
        """Take in one year."""
        if year == self._walk.years[-1]:
            for name in ("frontier_energy_kwh", "frontier_flop"):
                self._ratios[name] = values[GAINED + name] / values[name]
            self._binding = binding(values[GAINED + CODE])
        if "saved_kwh_per_year" not in values:
            return
        if self._first is None:
            self._first = values["ai_kwh_per_year"].copy()
        if year == self._walk.years[-1]:
            self._last = values["ai_kwh_per_year"].copy()
        if year < self._walk.gain.when:
            return
        names = ("net_saved_kwh_per_year", "avoided_carbon_kg_per_year")
        given = {name: values[name] for name in ("saved_kwh_per_year", "coming_intensity_kg_per_kwh")}
        for number, rebound in enumerate(self.rebounds):
            energy, carbon = ask({**given, "rebound_share": np.array([rebound])}, names).values()
            self._energy[number] += energy
            self._carbon[number] += carbon

    def result(self) -> Third:
        """What the gain buys until the last year."""
        walk = self._walk
        growth = {RUN_COMPUTE: walk.growth, RUN_ENERGY: walk.growth / walk.efficiency()}
        grows = self._first is not None and len(walk.years) > 1 and bool((self._first > 0).all())
        if self._first is not None and self._last is not None and grows:
            growth[AI] = (self._last / self._first) ** (1 / (len(walk.years) - 1))
        told = self._first is not None
        banked = tuple(
            Banked(
                rebound,
                fan_of(self._energy[number].copy()) if told else None,
                fan_of(self._carbon[number].copy()) if told else None,
                {name: fan_of(_months(walk.gain.factor, rebound, factor)) for name, factor in growth.items()},
            )
            for number, rebound in enumerate(self.rebounds)
        )
        fans = {name: fan_of(np.array(factor)) for name, factor in growth.items()}
        energy, flop = (fan_of(self._ratios[name]) for name in ("frontier_energy_kwh", "frontier_flop"))
        return Third(walk.gain, walk.years[-1], banked, self._stated, fans, energy, flop, self._binding)


def _months(gain: float, rebound: float, growth: Array | Sequence[float]) -> Array:
    given: dict[str, float | Array] = {
        "fleet_gain_factor": gain,
        "rebound_share": rebound,
        "outgrown_factor": np.asarray(growth),
    }
    found = ask(given, ["bought_growth_count", "banked_gain_factor"])
    never = (np.asarray(growth) <= 1) & (found["banked_gain_factor"] > 1)
    return np.where(never, np.inf, found["bought_growth_count"] * MONTHS)
