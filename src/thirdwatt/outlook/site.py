"""One site: its part of what is generated around it, and whether a frontier run would fit it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from thirdwatt.facts import Figure, Row, table
from thirdwatt.ledger.ask import ask
from thirdwatt.ledger.samples import Array
from thirdwatt.outlook.paths import Values
from thirdwatt.scenario import InputError, Mistake

LARGEST_MW = 100_000.0
"""Power above which a number is taken for another unit."""

KW_PER_MW = 1_000.0
GENERATION = "generation_kwh_per_year"
Ends = tuple[float, float, float]

SCOPE_OF = {"cn": "china"}
"""Grids whose rows of the table ``demand`` go by another name than theirs."""

NATION, WIDER = "country", "aggregate"
SMALLER = ("us-state", "province", "egrid")
"""Kinds of grids: a nation, what holds several, what a nation is made up of."""


@dataclass(frozen=True, slots=True)
class Around:
    """What is generated near a site in a year, and the site's part of it: low, value, high."""

    name: str
    year: int
    generation_kwh: float
    share: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Site:
    """A site and what it is a part of.

    Attributes
    ----------
    place, name, year
        Grid whose generation is told, how it is called, and the year of it; the union or the world where the nation's
        is not at hand.
    national
        Whether that grid is the nation's.
    energy_kwh, share
        Of a year: low, value, high.
    too_small
        Shares of paths in which a frontier run draws more than the site may, by year.
    nation, within
        The nation, and the state, province or part of a grid, that it stands in, as far as it is said; empty otherwise.
    local
        What that generated, where it is at hand.
    generated
        What is read of both, with its source.
    """

    power_kw: float
    region: str
    place: str
    name: str
    year: int
    national: bool
    generation_kwh: float
    energy_kwh: tuple[float, float, float]
    share: tuple[float, float, float]
    too_small: tuple[float, ...]
    nation: str = ""
    within: str = ""
    local: Around | None = None
    generated: tuple[Figure, ...] = ()


class Campus:
    """A site being told of, a year at a time."""

    def __init__(self, power_mw: float, region: str | None) -> None:
        self.power_kw = power_mw * KW_PER_MW
        grids = table("grids")
        row = grids.find(region or "world")
        wrong = []
        if row is None:
            close = grids.nearest(region or "")
            wrong.append(Mistake("--region", f"no grid {region!r}", f"did you mean {close}?" if close else ""))
        if not 0 < power_mw <= LARGEST_MW:
            wrong.append(Mistake("--site-mw", f"{power_mw:g} MW is no site", f"above 0 and up to {LARGEST_MW:,.0f}"))
        if wrong or row is None:
            raise InputError(wrong)
        self.region = row.id
        self._lineage = grids.lineage(row.id)
        self._too_small: list[float] = []

    def add(self, year: int, values: Values) -> None:  # noqa: ARG002 - as every consumer of years
        """Take in one year."""
        self._too_small.append(float(np.mean(values["frontier_power_kw"] > self.power_kw)))

    def result(self) -> Site:
        """What the site is a part of."""
        place, year, generated = next(_told(self._lineage, (NATION, WIDER)))
        generation = generated.value
        energy, share = self._part(generation)
        nation, within = (
            next((row.name for row in self._lineage if row.text["kind"] in kinds), "") for kinds in ((NATION,), SMALLER)
        )
        near = next(_told(self._lineage, SMALLER), None)
        local = None if near is None else Around(near[0].name, near[1], near[2].value, self._part(near[2].value)[1])
        return Site(
            self.power_kw, self.region, place.id, place.name.removesuffix(" average"), year,
            place.text["kind"] == NATION, generation, energy, share, tuple(self._too_small), nation, within, local,
            (generated, *(() if near is None else (near[2],))),
        )  # fmt: skip

    def _part(self, generation: float) -> tuple[Ends, Ends]:
        """Energy of a year and its part of what is generated, each low, value, high."""
        load = table("outlook").rows["site"].figures["campus_load_share"]
        given: dict[str, float | Array] = {
            "campus_power_kw": self.power_kw,
            "h_per_year": table("constants").rows["exact"].figures["h_per_year"].value,
            GENERATION: generation,
            "campus_load_share": np.array([load.low, load.value, load.high]),
        }
        energy, share = ask(given, ("campus_kwh_per_year", "campus_generation_share")).values()
        return _ends(energy), _ends(share)


def _ends(found: Array) -> Ends:
    low, value, high = (float(each) for each in found)
    return low, value, high


def _told(lineage: Sequence[Row], kinds: Sequence[str]) -> Iterator[tuple[Row, int, Figure]]:
    """Grids of some kinds whose generation is at hand, the nearest first: each with the newest year and its figure."""
    for grid in lineage:
        if grid.text["kind"] not in kinds:
            continue
        scope = SCOPE_OF.get(grid.id, grid.id)
        known = [
            (int(row.text["year"]), row.figures[GENERATION])
            for row in table("demand")
            if row.text["scope"] == scope and GENERATION in row.figures
        ]
        if known:
            yield (grid, *max(known, key=lambda each: each[0]))
