"""The shortest path to a third, as data: what ``plan --json`` and ``plan --csv`` print."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import thirdwatt
from thirdwatt.ledger import Ledger
from thirdwatt.ledger.change import Three, ends
from thirdwatt.ledger.document import three
from thirdwatt.report.plan_words import quality, risk, so_far, titles, warnings
from thirdwatt.search.levers.lever import Lever, Way
from thirdwatt.search.plan.answer import Alone, Plan
from thirdwatt.search.plan.goals import GOALS, UNITS
from thirdwatt.search.plan.held import Held, of_all, of_lever
from thirdwatt.search.plan.path import Change, Path, Step
from thirdwatt.search.plan.search import Point

SAVES = {"energy": "energy_kwh", "cost": "cost_usd", "carbon": "carbon_kg", "market": "carbon_market_kg",
         "time": "wall_time_h"}  # fmt: skip
"""What a change takes off, by the name that totals have for it."""


def document(plan: Plan) -> dict[str, Any]:
    """The plan as plain data, schema ``thirdwatt/plan/1``."""
    start, path = plan.start, plan.path
    scores = start.ledger.scores
    return {
        "schema": "thirdwatt/plan/1",
        "version": thirdwatt.__version__,
        "name": start.own.scenario.name,
        "seed": scores.seed,
        "samples": scores.samples,
        "goal": plan.goal,
        "unit": UNITS[plan.goal],
        "factor": plan.factor,
        "limits": {"cost_ratio": _known(plan.limits.cost), "time_ratio": _known(plan.limits.time)},
        "reached": plan.reached,
        "probability": plan.probability if len(path.drawn_before) > 1 else None,
        "boundary": plan.counted.boundary,
        "counted": {"words": plan.counted.words, "factors": list(plan.counted.factors)},
        "today": {"totals": _totals(start.ledger), "goal": ends(path.drawn_before), "scenario": start.document},
        "path": _path(plan),
        "runners": [_runner(plan, each) for each in plan.runners],
        "front": [_point(plan, each) for each in plan.found.front],
        "alone": [_alone(each) for each in plan.alone],
        "refused": [
            {"id": each.lever.id, "title": each.lever.title, "group": each.lever.group, "how": each.how,
             "why": each.why}
            for each in plan.refused
        ],
        "held": _held(of_all()),
        "floor": _floor(plan),
        "rebound": [{"share": each.share, "net": each.net} for each in plan.rebounds],
        "banked": None if plan.banked_kwh is None else {"cap_kwh": plan.cap_kwh, "energy_kwh": plan.banked_kwh},
        "search": {
            "there": plan.found.there, "looked": plan.found.looked, "able": plan.found.able,
            "within": plan.found.within, "reaching": plan.found.reaching,
            "complete_to_days": _known(plan.found.complete_to_days),
            "most": _maybe(plan, plan.found.most), "most_unlimited": _maybe(plan, plan.found.most_unlimited),
        },
        "warnings": [{"code": each.code, "text": each.text} for each in warnings(plan)],
    }  # fmt: skip


def _path(plan: Plan) -> dict[str, Any]:
    path = plan.path
    last: Mapping[str, Any] = plan.documents[-1] if plan.documents else plan.start.document
    return {
        "factor": three(path.factor),
        "spread": path.spread(),
        "saving": three(plan.saving),
        "boundaries": path.boundaries,
        "chip_alone": path.chip_alone(plan.factor),
        "effort_d": _days(path.effort_d),
        "ratios": {name: three(each) for name, each in path.ratios().items()},
        "totals": _totals(path.after),
        "goal": ends(path.drawn_after),
        "scenario": last,
        "steps": [
            _step(plan, step, whole) for step, whole in zip(path.steps, plan.documents, strict=True)
        ],
    }  # fmt: skip


def _step(plan: Plan, step: Step, whole: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "words": step.words,
        "changes": [_change(each) for each in step.changes],
        "saving": three(step.saving),
        "saves": {SAVES[name]: three(each) for name, each in step.more.items()}
        | {SAVES[plan.goal]: three(step.saving)},
        "ratio": step.ratio,
        "share": step.share,
        "factor_so_far": three(so_far(plan, step)),
        "effort_d": _days(step.effort_d),
        "risk": risk(step),
        "quality": quality(step),
        "tied": list(step.tied),
        "instead": list(step.instead),
        "excludes": list(step.closed),
        "totals": _totals(step.ledger),
        "scenario": whole,
    }


def _change(change: Change) -> dict[str, Any]:
    lever = change.lever
    return {
        **_named(lever, change.way),
        "changes": lever.changes,
        "sets": dict(change.way.sets),
        "scales": {name: _days(ratio) for name, ratio in change.way.scales.items()},
        "effort_d": _days(change.effort_d),
        "risk": lever.risk,
        "doubt": lever.doubt,
        "quality": lever.quality,
        "evidence": [
            {"said": each.said, "source": each.source, "strength": each.strength} for each in lever.evidence
        ],
        "excludes": sorted(lever.excludes),
        "needs": sorted(lever.needs),
        "held": _held(of_lever(lever.id)),
    }  # fmt: skip


def _held(found: Held | None) -> dict[str, Any] | None:
    """How far ratios were from published ones."""
    return None if found is None else asdict(found)


def _named(lever: Lever, way: Way) -> dict[str, Any]:
    return {"id": lever.id, "title": lever.title, "group": lever.group, "way": way.id, "words": way.words}


def _runner(plan: Plan, path: Path) -> dict[str, Any]:
    return {
        "factor": three(path.factor),
        "probability": path.probability(plan.factor) if len(path.drawn_before) > 1 else None,
        "effort_d": _days(path.effort_d),
        "ratios": {name: three(each) for name, each in path.ratios().items()},
        "steps": [
            {"ids": [each.lever.id for each in step.changes], "words": step.words, "ratio": step.ratio,
             "share": step.share}
            for step in path.steps
        ],
    }  # fmt: skip


def _point(plan: Plan, point: Point) -> dict[str, Any]:
    levers = [
        _named(each.lever, each.ways[number - 1])
        for each, number in zip(plan.levers, point.combination, strict=True)
        if number
    ]
    values = {}
    for name in GOALS:
        drawn = plan.counted.drawn(plan.path.before, name)
        ratio = _known(point.ratios[name])
        values[SAVES[name]] = None if drawn is None or ratio is None else float(drawn[0]) * ratio
    ratios = {SAVES[name]: _known(value) for name, value in point.ratios.items()}
    return {"effort_d": point.days, "ratios": ratios, "values": values, "levers": levers}


def _maybe(plan: Plan, point: Point | None) -> dict[str, Any] | None:
    return None if point is None else _point(plan, point)


def _alone(each: Alone) -> dict[str, Any]:
    per_t = each.usd_per_t
    return {
        **_named(each.lever, each.way),
        "effort_d": each.days,
        "saves": {SAVES[name]: value for name, value in each.changes.items()},
        "ratio": each.ratio,
        "usd_per_t": None if per_t is None else per_t + 0.0,
        "why_not": each.why,
    }


def _floor(plan: Plan) -> dict[str, Any] | None:
    if plan.floor_kwh is None or plan.drawn_kwh is None:
        return None
    return {"floor_kwh": three(plan.floor_kwh), "accelerators_kwh": three(plan.drawn_kwh)}


def _totals(ledger: Ledger) -> dict[str, dict[str, float] | None]:
    return {name: three(found) for name, found in ledger.totals.items()}


def _days(value: Three) -> dict[str, float]:
    return dict(zip(("value", "low", "high"), map(float, value), strict=True))


def _known(value: float) -> float | None:
    """A number that JSON can hold; nothing where it is not known or without end."""
    return float(value) if math.isfinite(value) else None


# --- for a spreadsheet --------------------------------------------------------------------------------------------

HEAD = (
    "step", "ids", "title", "words", "unit", "saving", "saving_low", "saving_high", "ratio", "share", "factor_so_far",
    *(f"saves_{name}" for name in SAVES.values()), "effort_d", "effort_low_d", "effort_high_d", "risk", "quality",
    "tied", "instead", "excludes", "evidence", "strength", "source",
)  # fmt: skip


def rows(plan: Plan) -> Iterator[Sequence[object]]:
    """The steps below a head, full figures; one evidence each, the others are in the document."""
    yield HEAD
    for number, step in enumerate(plan.path.steps, 1):
        saves = {name: found.value for name, found in step.more.items()} | {plan.goal: step.saving.value}
        first = step.changes[0].lever.evidence[0]
        yield (
            number, " ".join(each.lever.id for each in step.changes), titles(step), step.words, UNITS[plan.goal],
            step.saving.value, step.saving.low, step.saving.high, step.ratio, step.share, so_far(plan, step).value,
            *(saves.get(name, "") for name in SAVES), *step.effort_d, risk(step), quality(step),
            "; ".join(step.tied), "; ".join(step.instead), "; ".join(step.closed), first.said, first.strength,
            first.source,
        )  # fmt: skip
