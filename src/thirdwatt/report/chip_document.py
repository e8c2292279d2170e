"""What is found of chips as plain data: searches, sheets, comparisons, and the fit behind them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import thirdwatt
from thirdwatt.ledger import Total
from thirdwatt.quantity import unit
from thirdwatt.report.chips import bounds, nearest_validated
from thirdwatt.search.blueprint.answer import Answer, Design
from thirdwatt.search.blueprint.known import known_by
from thirdwatt.search.blueprint.sheet import Comparison, Joules, Sheet
from thirdwatt.validation.chip_fit import CELLS, fitted, left_out, predicted, spreads
from thirdwatt.validation.chip_near import Near
from thirdwatt.validation.chips import points


def three(total: Total) -> dict[str, float]:
    """A value with its interval."""
    return asdict(total)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


# --- a search -----------------------------------------------------------------------------------------------------


def search_document(answer: Answer) -> dict[str, Any]:
    """A search as plain data, schema ``thirdwatt/chip-search/1``."""
    question = answer.question
    found = answer.best
    return {
        "schema": "thirdwatt/chip-search/1",
        "version": thirdwatt.__version__,
        "baseline": question.baseline,
        "baseline_precision": question.baseline_precision,
        "factor": question.factor,
        "boundary": question.boundary,
        "mix": question.mix,
        "weights": {each.workload.model: each.workload.weight for each in answer.trained},
        "nodes": list(question.nodes),
        "memories": list(question.memories),
        "links": list(question.links),
        "style": question.style,
        "precisions": list(question.precisions),
        "dies": question.dies,
        "limits": {
            "reticle_share": _finite(question.limits.reticle_share),
            "power_w": _finite(question.limits.power_w),
            "cost_usd": _finite(question.limits.cost_usd),
            "time_ratio": _finite(question.slowest),
            "least_supply_v": question.least_supply_v,
        },
        "speculative": list(question.speculative),
        "samples": question.samples,
        "seed": question.seed,
        "best": None if found is None else _design(found),
        "times_less": None if answer.factor is None else three(answer.factor),
        "probability": answer.probability,
        "reached": answer.factor is not None and answer.factor.value >= question.factor,
        "boundaries": {name: three(each) for name, each in answer.boundaries.items()},
        "trained": [
            {
                "model": each.workload.model,
                "count": each.workload.count,
                "weight": each.workload.weight,
                "before_j_per_token": three(each.before_j_per_token),
                "after_j_per_token": three(each.after_j_per_token),
                "times_less": three(each.factor),
                "hours_ratio": each.hours_ratio,
            }
            for each in answer.trained
        ],
        "parts": [asdict(each) for each in answer.parts],
        "assumptions": [
            {**asdict(each), "unit": unit(each.quantity), "known_by": known_by(each.kind, each.source)}
            for each in answer.assumptions
        ],
        "on_sale": dict(answer.shipping),
        "bounds": None if found is None else asdict(bounds(found)),
        "validated": None if found is None else near_document(nearest_validated(answer)),
        "front": [_design(each) for each in answer.front],
        "beyond": [
            {
                "what": each.what,
                "speculative": each.speculative,
                "design": None if each.design is None else _design(each.design),
            }
            for each in answer.beyond
        ],
        "counts": asdict(answer.counts),
        "documents": list(answer.documents),
    }


def _design(design: Design) -> dict[str, Any]:
    return {
        "blueprint": dict(design.section),
        "precision": design.precision,
        "built": dict(design.built),
        "times_less": design.factor,
        "time_ratio": design.time_ratio,
        "cost_usd": design.cost_usd,
    }


def near_document(found: Near) -> dict[str, Any]:
    """The nearest chip that was measured, and the model's errors there."""
    return {
        "chip": found.chip,
        "fitted": found.fitted,
        "power": [{"what": label, "error": error} for label, error in found.power],
        "area_error": found.area,
        "apart": list(found.apart),
        "median_error": found.median,
        "n": found.n,
    }


CHOICES = ("process", "memory", "link", "operands", "accumulators")


def front_rows(answer: Answer) -> list[tuple[object, ...]]:
    """Head and rows of the front, the least energy first, for spreadsheets."""
    if not answer.front:
        return [("times_less", "time_ratio", "cost_usd", "precision")]
    first = answer.front[0]
    fields = [name for name, value in first.section.items() if isinstance(value, str | float | int) and name != "name"]
    built = list(first.built)
    rows: list[tuple[object, ...]] = [("times_less", "time_ratio", "cost_usd", "precision", *fields, *built)]
    for each in answer.front:
        own = [each.section.get(name, "") for name in fields]
        rows.append(
            (each.factor, each.time_ratio, each.cost_usd, each.precision, *own, *(each.built[name] for name in built))
        )
    return rows


# --- sheets -------------------------------------------------------------------------------------------------------


def _joules(found: Joules) -> dict[str, Any]:
    return {"j_per_flop": three(found.whole), "parts": {name: three(each) for name, each in found.parts.items()}}


def sheet_body(sheet: Sheet) -> dict[str, Any]:
    """A sheet without its schema."""
    run = sheet.training
    return {
        "name": sheet.name,
        "id": sheet.id,
        "precision": sheet.precision,
        "constants": None if sheet.blueprint is None else sheet.blueprint.constants,
        "sold": sheet.sold,
        "figures": {name: {**three(each), "unit": unit(name)} for name, each in sheet.figures.items()},
        "area_mm2": {name: three(each) for name, each in sheet.area.items()},
        "limits": {name: three(each) for name, each in sheet.limits.items()},
        "broken": list(sheet.broken),
        "peaks_flop_per_s": dict(sheet.peaks),
        "product": None if sheet.product is None else _joules(sheet.product),
        "training": None
        if run is None
        else {
            "model": run.model,
            "count": run.count,
            "precision": run.precision,
            **_joules(run.joules),
            "accelerator_power_w": three(run.power_w),
            "mfu": three(run.mfu),
            "boundaries_j_per_flop": {name: three(each) for name, each in run.boundaries.items()},
        },
        "no_training": sheet.no_training or None,
        "against": [
            {
                "quantity": each.quantity,
                "unit": unit(each.quantity),
                "published": each.published.value,
                "source": each.published.source,
                "model": three(each.model),
                "error": each.error,
            }
            for each in sheet.against
        ],
        "fields": [
            {"name": each.name, "value": each.value, "known_by": each.kind, "source": each.source}
            for each in sheet.fields
        ],
    }


def sheet_document(sheet: Sheet, near: Near | None, measured: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A sheet as plain data, schema ``thirdwatt/chip/1``."""
    return {
        "schema": "thirdwatt/chip/1",
        **sheet_body(sheet),
        "measured": list(measured),
        "validated": None if near is None else near_document(near),
    }


def comparison_document(found: Comparison, mix: str) -> dict[str, Any]:
    """Chips side by side as plain data, schema ``thirdwatt/chip-compare/1``."""
    return {
        "schema": "thirdwatt/chip-compare/1",
        "mix": mix,
        "models": list(found.models),
        "left_out": dict(found.left_out),
        "chips": [
            {**sheet_body(each.sheet), "times_less": {name: three(one) for name, one in each.factors.items()}}
            for each in found.chips
        ],
    }


def comparison_rows(found: Comparison) -> list[tuple[object, ...]]:
    """Head and rows of every figure of chips side by side, a row each with its range and unit, for spreadsheets."""
    rows: list[tuple[object, ...]] = [("chip", "of", "quantity", "value", "low", "high", "unit")]

    def add(chip: str, of: str, quantity: str, total: Total, symbol: str) -> None:
        rows.append((chip, of, quantity, total.value, total.low, total.high, symbol))

    for each in found.chips:
        sheet, run = each.sheet, each.sheet.training
        for name, total in sheet.figures.items():
            add(sheet.id, "chip", name, total, unit(name))
        for name, total in sheet.area.items():
            add(sheet.id, "area", name, total, "mm2")
        sides = [("products", sheet.product), (run.model if run else "", run.joules if run else None)]
        for of, joules in sides:
            for name, total in ({**joules.parts, "whole": joules.whole} if joules else {}).items():
                add(sheet.id, of, name, total, "J/FLOP")
        for name, total in each.factors.items():
            add(sheet.id, "times less energy than the first", name, total, "1")
    return rows


# --- the fit ------------------------------------------------------------------------------------------------------


def fit_document() -> dict[str, Any]:
    """How constants were fitted and how far off they are, as plain data, schema ``thirdwatt/chip-fit/1``."""
    found, logs = fitted()
    apart = left_out()
    measured = [each for quantity in CELLS for each in points() if each.quantity == quantity]
    models = [value for quantity in CELLS for value in _models(quantity, logs)]
    return {
        "schema": "thirdwatt/chip-fit/1",
        "version": thirdwatt.__version__,
        "constants": [
            {
                "name": cell.name,
                "fitted_to": quantity,
                "prior": cell.constant.prior,
                "fitted": found[quantity].values[cell.name],
                "prior_log_sigma": cell.constant.sigma,
                "left_log_sigma": found[quantity].sigmas[cell.name],
                "follow": list(cell.like),
            }
            for quantity, cells in CELLS.items()
            for cell in cells
        ],
        "points": [
            {
                "id": each.id,
                "chip": each.chip,
                "what": each.label,
                "quantity": each.quantity,
                "fitted": each.fitted,
                "assumed": each.assumed,
                "measured": each.measured.value,
                "model": model,
                "error": model / each.measured.value - 1,
                "source": each.measured.source,
            }
            for each, model in zip(measured, models, strict=True)
        ],
        "left_out": [
            {
                "chip": each.chip,
                "quantity": each.quantity,
                "errors": [math.expm1(float(error)) for error in each.errors],
                "constants_log_sigmas": [float(sigma) for sigma in each.sigmas],
            }
            for each in apart
        ],
        "spreads": spreads(apart),
    }


def _models(quantity: str, logs: Mapping[str, float]) -> list[float]:
    own = [each for each in points() if each.quantity == quantity]
    return [float(value) for value in predicted(own, logs)]
