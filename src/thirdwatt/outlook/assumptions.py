"""What an outlook assumes: rows of the table ``outlook``, hidden by what a file states, each with kind and source.

A file of an outlook is TOML, YAML or JSON::

    name = "Slow grids"
    [growth]  efficiency = "fast"
    [caps]    grid_power_kw = {value = 5e6, low = 2e6, high = 1e7, source = "our utility, 2026"}
    [supply]  generation_growth_factor = 1.02
    [split]   fleet_load_share = 0.55
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from os import PathLike, fspath
from types import MappingProxyType
from typing import Any

import numpy as np

from thirdwatt.facts import Figure, table
from thirdwatt.quantity import KINDS, limits, unit
from thirdwatt.scenario import InputError, Mistake
from thirdwatt.scenario.bounds import POSITIVE
from thirdwatt.scenario.mistakes import nearest
from thirdwatt.scenario.read import changed, strictly, with_setting

FRONTIER = "frontier"
SCOPES = (FRONTIER, "world", "us", "eu", "china")
"""What an outlook may be of: frontier runs alone, or beside them the data centres of a place."""

MADE_IN = "us"
"""Grid of frontier runs, whose carbon is told by its mean: where the largest known ones were made."""

GRID = ("base_intensity_kg_per_kwh", "intensity_growth_factor")
"""What is known of it; a file that states these of another place leaves the runs theirs."""

REGIMES = ("slow", "chips", "fast")
"""Rows of how fast FLOP per joule grows, the default first."""

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "growth": (
        "trend_growth_factor", "efficiency_growth_factor", "base_flop_per_j", "base_run_h", "run_growth_factor",
        "base_usd_per_flop", "price_decline_factor", "base_data_centre_kwh_per_year", "demand_growth_factor",
        "forecast_spread_ratio", "ai_growth_factor",
    ),
    "caps": (
        "run_cap_h", "site_power_kw", "site_count", "grid_power_kw", "supply_growth_factor", "chip_count",
        "chip_growth_factor", "run_chip_share", "chip_flop_per_s", "chip_use_share", "available_token_count",
        "token_to_parameter_ratio", "data_centre_cap_share",
    ),
    "supply": (
        "base_generation_kwh_per_year", "generation_growth_factor", "base_intensity_kg_per_kwh",
        "intensity_growth_factor", "base_added_low_carbon_kwh_per_year", "added_growth_factor",
    ),
    "split": (
        "fleet_load_share", "fleet_pue_ratio", "base_ai_share", "inference_share", "server_life_count",
        "adoption_count", "rebound_share",
    ),
}  # fmt: skip
"""Sections of a file and the quantities that each may state."""

DIGITS = 4
"""Of a year."""

MAY_BE_NOTHING = ("_share", "spread_ratio")
"""Endings of figures that may be nothing, unless something is divided by them."""

BY_YEAR = ("fleet_load_share", "fleet_pue_ratio")
"""Figures that a file may state year by year."""

BEYOND = 10.0
"""Times the largest published end up to which a cap may be stated: nothing supports growth without bounds."""

FAR, FAR_IN_ALL = 300.0, 1e5
"""Times beyond the ends of the table at which a figure is taken for one in another unit; of all of a place, which may
be a small one, the second."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What an outlook rests on.

    Attributes
    ----------
    name
        Of the file; empty without one.
    regime
        Row by which FLOP per joule grows.
    frontier, demand
        Figures by quantity, of frontier runs and of the scope; the second is empty where only runs are told.
    demand_year
        Year that the data centres of the scope are of; 0 where none are told.
    stated
        What a file states, by quantity; also what its scope does not read.
    by_year
        Of that what it states year by year, the value of each year; a straight line lies between two.
    """

    name: str
    scope: str
    regime: str
    frontier: Mapping[str, Figure]
    demand: Mapping[str, Figure]
    demand_year: int
    stated: Mapping[str, Figure]
    by_year: Mapping[str, Mapping[int, float]]

    def of_year(self, year: int) -> dict[str, float]:
        """What is stated year by year, in one: the nearest year's before the first and after the last."""
        return {
            name: float(np.interp(year, list(course), list(course.values()))) for name, course in self.by_year.items()
        }

    @property
    def inputs(self) -> dict[str, Figure]:
        """Every figure that is read, once; of the grid of runs only where the scope has none."""
        return {**self.frontier, **self.demand}

    @property
    def grid_of_runs(self) -> dict[str, Figure]:
        """What is read of the grid of runs beside that of the scope; empty where they are the same."""
        return {name: self.frontier[name] for name in GRID if self.frontier[name] is not self.inputs[name]}


def stated(
    document: Mapping[str, Any] | str | PathLike[str] | None, set: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What a file or a document states, with changes by path put in.

    Raises
    ------
    InputError
        If it cannot be read, or a path leads nowhere.
    """
    found = strictly(str(fspath(document))) if isinstance(document, str | PathLike) else document or {}
    if not isinstance(found, Mapping):
        fix = "write [growth], [caps], [supply] or [split]"
        raise InputError([Mistake(str(document), "holds no table", fix)])
    own = changed(found, ())
    for path, value in (set or {}).items():
        own = with_setting(own, path, value)
    return own


def assumptions(scope: str = "world", document: Mapping[str, Any] | None = None) -> Assumptions:
    """What an outlook of a scope assumes, and what a document states instead.

    Raises
    ------
    InputError
        With everything in the document that is wrong.
    """
    given = {} if document is None else document
    rows = table("outlook").rows
    mistakes: list[Mistake] = []
    if scope not in SCOPES:
        mistakes.append(Mistake("scope", f"there is no {scope!r}", nearest(scope, SCOPES)))
        scope = FRONTIER
    growth = given.get("growth")
    regime = growth.get("efficiency", REGIMES[0]) if isinstance(growth, Mapping) else REGIMES[0]
    if not isinstance(regime, str) or regime not in REGIMES:
        fix = nearest(str(regime), REGIMES)
        mistakes.append(Mistake("growth.efficiency", f"there is no regime {regime!r}", fix))
        regime = REGIMES[0]
    runs = {**rows["frontier"].figures, **rows["caps"].figures, **rows[regime].figures, **_grid(rows[MADE_IN].figures)}
    place = {} if scope == FRONTIER else {**rows["fleet"].figures, **rows[scope].figures}
    courses: dict[str, Mapping[int, float]] = {}
    own = dict(_stated(given, {**runs, **place}, mistakes, courses))
    if mistakes:
        raise InputError(mistakes)
    name = given.get("name", "")
    elsewhere = () if scope in (FRONTIER, MADE_IN) else GRID
    runs |= {each: figure for each, figure in own.items() if each in runs and each not in elsewhere}
    place |= {each: figure for each, figure in own.items() if each in place}
    runs |= {each: figure for each, figure in own.items() if each == "trend_growth_factor"}
    year = 0 if scope == FRONTIER else int(rows[scope].text["year"])
    return Assumptions(
        str(name),
        scope,
        regime,
        MappingProxyType(runs),
        MappingProxyType(place),
        year,
        MappingProxyType(own),
        MappingProxyType(courses if place else {}),
    )


def _grid(figures: Mapping[str, Figure]) -> dict[str, Figure]:
    return {name: figures[name] for name in GRID}


def _stated(
    document: Mapping[str, Any],
    known: Mapping[str, Figure],
    mistakes: list[Mistake],
    courses: dict[str, Mapping[int, float]],
) -> Iterator[tuple[str, Figure]]:
    """What a document states, by quantity; what it states year by year goes to the courses too."""
    for section, content in document.items():
        if section == "name":
            if not isinstance(content, str):
                mistakes.append(Mistake("name", "is no text"))
            continue
        if section not in SECTIONS:
            mistakes.append(Mistake(str(section), "is no section of an outlook", nearest(str(section), SECTIONS)))
            continue
        if not isinstance(content, Mapping):
            mistakes.append(Mistake(section, "is no table", f"write [{section}] and fields below it"))
            continue
        for field, value in content.items():
            if section == "growth" and field == "efficiency":
                continue
            path = f"{section}.{field}"
            if field not in SECTIONS[section]:
                mistakes.append(Mistake(path, "is no field of this section", nearest(str(field), SECTIONS[section])))
                continue
            course = _course(path, field, value, mistakes) if field in BY_YEAR and _by_year(value) else None
            if course is not None and not course:
                continue
            if course:
                courses[field] = course
            figure = _figure(path, field, _ends_of(course) if course else value, mistakes)
            if figure is None:
                continue
            if course:
                told = ", ".join(f"{year} {number:g}" for year, number in course.items())
                figure = replace(figure, note=f"by year: {told}")
            if section == "caps" and field in known and figure.high > BEYOND * known[field].high:
                most = f"{known[field].high:g} {unit(field)}".removesuffix(" 1")
                problem = f"is more than {BEYOND:g} times what anybody published ({most}): a run without that bound"
                mistakes.append(Mistake(path, problem, "growth without bounds is no outlook that evidence supports"))
                continue
            if field in known and (problem := _of_other_unit(field, figure, known[field])):
                mistakes.append(Mistake(path, problem, f"state it in {unit(field)}"))
                continue
            yield field, figure


def _by_year(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value) and all(str(key).isdigit() for key in value)


def _course(path: str, field: str, told: Mapping[Any, Any], mistakes: list[Mistake]) -> dict[int, float]:
    """Values by year, in the order of years; empty where one of them is wrong."""
    found = {}
    for key, value in told.items():
        figure = None
        if len(str(key)) != DIGITS:
            mistakes.append(Mistake(f"{path}.{key}", "is no year", "write 2026 = 1.3"))
        elif isinstance(value, Mapping):
            mistakes.append(Mistake(f"{path}.{key}", "is no number", "a value of one year has no range"))
        else:
            figure = _figure(f"{path}.{key}", field, value, mistakes)
        if figure is not None:
            found[int(key)] = figure.value
    return dict(sorted(found.items())) if len(found) == len(told) else {}


def _ends_of(course: Mapping[int, float]) -> dict[str, Any]:
    """A course as one figure: the last value, between the least and the most."""
    *_, last = course.values()
    return {"value": last, "low": min(course.values()), "high": max(course.values())}


def _of_other_unit(field: str, figure: Figure, usual: Figure) -> str:
    """What tells that a figure was stated in another unit; empty where nothing does."""
    far = FAR_IN_ALL if field.endswith("kwh_per_year") else FAR
    if unit(field) == "1" or usual.low / far <= figure.value <= usual.high * far:
        return ""
    return f"{figure.value:g} {unit(field)} is far from the {usual.value:g} of the table"


def _figure(path: str, field: str, value: Any, mistakes: list[Mistake]) -> Figure | None:
    """A figure as a number, or as a table of value, low, high, kind and source."""
    told = value if isinstance(value, Mapping) else {"value": value}
    for each in told.keys() - {"value", "low", "high", "kind", "source"}:
        mistakes.append(Mistake(f"{path}.{each}", "is no part of a figure", "value, low, high, kind, source"))
        return None
    ends = [_number(told.get(end, told.get("value"))) for end in ("low", "value", "high")]
    if any(math.isnan(end) for end in ends):
        what = f" in {symbol}" if (symbol := unit(field)) != "1" else ""
        mistakes.append(Mistake(path, f"is no number{what}", "write 1.3, or {value = 1.3, low = 1.2, high = 1.4}"))
        return None
    low, middle, high = ends
    floor, ceiling = limits(field)
    kind = told.get("kind", "stated")
    if not low <= middle <= high:
        mistakes.append(Mistake(path, f"low {low:g} <= value {middle:g} <= high {high:g} does not hold"))
    elif low < floor or high > ceiling or (low <= 0 and (field in POSITIVE or not field.endswith(MAY_BE_NOTHING))):
        mistakes.append(Mistake(path, f"is outside what is possible, above {floor:g} and up to {ceiling:g}"))
    elif kind not in KINDS:
        mistakes.append(Mistake(f"{path}.kind", f"is no kind of figure: {kind!r}", nearest(str(kind), KINDS)))
    else:
        return Figure(middle, low, high, str(kind), str(told.get("source", path)), f"given/{field}")
    return None


def _number(value: Any) -> float:
    """A finite number, or NaN for anything else."""
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if plain and math.isfinite(value) else math.nan
