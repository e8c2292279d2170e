"""The outlook as data: what ``outlook --json`` and ``outlook --csv`` print."""

from __future__ import annotations

import math
from typing import Any

import thirdwatt
from thirdwatt.facts import Figure
from thirdwatt.ledger.samples import Array
from thirdwatt.outlook.answer import REFUSED, Outlook
from thirdwatt.outlook.paths import PERCENTILES
from thirdwatt.outlook.runs import COMPUTE
from thirdwatt.outlook.site import Site
from thirdwatt.quantity import unit
from thirdwatt.report.outlook import inputs
from thirdwatt.report.sheets import written
from thirdwatt.validation.outlook_scores import bars, missed, pooled


def document(found: Outlook) -> dict[str, Any]:
    """The outlook as plain data, schema ``thirdwatt/outlook/1``."""
    third, trend = found.third, found.trend
    return {
        "schema": "thirdwatt/outlook/1",
        "version": thirdwatt.__version__,
        "scope": found.assumed.scope,
        "scenario": found.assumed.name,
        "efficiency": found.assumed.regime,
        "unread": list(found.unread),
        "years": list(found.years),
        "samples": found.samples,
        "seed": found.seed,
        "percentiles": list(PERCENTILES),
        "fans": {
            name: {"unit": unit(name), "percentiles": [[float(each) for each in row] for row in fan]}
            for name, fan in found.fans.items()
        },
        "binding": [
            {"year": year, "shares": dict(each)} for year, each in zip(found.years, found.binding, strict=True)
        ],
        "supply_bound": [
            {"year": year, "share": share} for year, share in zip(found.years, found.supply_bound, strict=False)
        ],
        "third": {
            "gain": third.gain.factor,
            "when": third.gain.when,
            "by": third.gain.by,
            "until": third.until,
            "rebound": third.rebound,
            "by_rebound": [
                {
                    "rebound": each.rebound,
                    "energy_kwh": _listed(each.energy_kwh),
                    "carbon_kg": _listed(each.carbon_kg),
                    "months": {name: _ever(fan) for name, fan in each.months.items()},
                }
                for each in third.banked
            ],
            "growth": {name: _listed(fan) for name, fan in third.growth.items()},
            "run_energy_ratio": _listed(third.run_energy),
            "run_flop_ratio": _listed(third.run_flop),
            "binding": dict(third.binding),
        },
        "site": None if found.site is None else _site(found.site, found.years),
        "eras": [
            {"first": era.first, "last": era.last, "before_kwh": era.before_kwh, "after_kwh": era.after_kwh,
             "grew": era.grew}
            for era in found.eras
        ],
        "companies": [
            {"name": each.name, "told": [{"year": year, "kwh": kwh} for year, kwh in each.told]}
            for each in found.companies
        ],
        "forecasts": [
            {"id": each.id, "year": each.year, "source": each.source, "case": each.case, "issued": each.issued,
             "kwh": each.kwh, "paths_below": each.below, "second_hand": each.second_hand}
            for each in found.foreseen
        ],
        "fits": {
            "runs": len(found.runs),
            "own_runs": list(found.own_runs),
            "scale": trend.scale,
            "members": [
                {"since": each.since, "largest": each.largest, "n": each.n, "growth": each.growth,
                 "deviation_dex": each.deviation}
                for each in trend.members
            ],
        },
        "track": {
            "bars": [
                {"what": bar.what, "value": bar.value, "demanded": bar.demanded, "holds": bar.holds}
                for bar in bars(found.runs)
            ],
            "coverage": dict(zip(("50", "80", "90"), pooled(COMPUTE, among=found.runs).coverage, strict=True)),
            "pit": list(pooled(COMPUTE, among=found.runs).histogram),
            "forecast_ln_rmse": missed()[0],
        },
        "inputs": [_input(*each) for each in inputs(found)],
        "refused": [{"statement": what, "why": why} for what, why in REFUSED],
    }  # fmt: skip


def _listed(fan: Array | None) -> list[float] | None:
    return None if fan is None else [float(each) for each in fan]


def _ever(fan: Array) -> list[float | None]:
    """Percentiles of what may never come."""
    return [float(each) if math.isfinite(each) else None for each in fan]


def _site(site: Site, years: tuple[int, ...]) -> dict[str, Any]:
    return {
        "power_kw": site.power_kw, "region": site.region, "place": site.place, "year": site.year,
        "national": site.national, "nation": site.nation, "within": site.within,
        "generation_kwh": site.generation_kwh, "energy_kwh": _three(site.energy_kwh), "share": _three(site.share),
        "local": None if site.local is None else {
            "name": site.local.name, "year": site.local.year, "generation_kwh": site.local.generation_kwh,
            "share": _three(site.local.share),
        },
        "outgrown": [
            {"year": year, "share": share} for year, share in zip(years, site.too_small, strict=True)
        ],
    }  # fmt: skip


def _three(found: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip(("low", "value", "high"), found, strict=True))


def _input(name: str, of: str, figure: Figure) -> dict[str, Any]:
    return {
        "quantity": name, "of": of, "value": figure.value, "low": figure.low, "high": figure.high, "unit": unit(name),
        "kind": figure.kind, "source": figure.source, "note": figure.note,
    }  # fmt: skip


def sheet(found: Outlook) -> str:
    """Every fan as CSV: a row a quantity and year."""
    rows: list[tuple[object, ...]] = [("quantity", "unit", "year", *(f"p{each}" for each in PERCENTILES))]
    for name, fan in found.fans.items():
        rows += [
            (name, unit(name), year, *(float(each) for each in row)) for year, row in zip(found.years, fan, strict=True)
        ]
    for year, bound in zip(found.years, found.binding, strict=True):
        rows += [
            (f"binds/{name}", "1", year, *([share] + [""] * (len(PERCENTILES) - 1))) for name, share in bound.items()
        ]
    return written(rows)
