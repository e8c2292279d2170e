"""The shortest path to a third, as one page: self-contained, without scripts or requests, fit for print."""

from __future__ import annotations

from collections.abc import Mapping

import thirdwatt
from thirdwatt.amounts import amount, percent, plain, span, unit_to_read
from thirdwatt.facts import digest
from thirdwatt.facts.prices import today
from thirdwatt.ledger.ledger import ACCOUNTED, WITHIN, Total
from thirdwatt.report.html import template
from thirdwatt.report.phrases import UNKNOWN, column
from thirdwatt.report.plan_charts import abatement, account_change, front, waterfall
from thirdwatt.report.plan_sentences import (
    amounts,
    banked,
    by_boundary,
    floor,
    headline,
    rebound,
    searched,
    stops,
    tested,
)
from thirdwatt.report.plan_words import (
    GOAL_NAMES,
    aim,
    effort,
    factor_words,
    grouped,
    less,
    quality,
    risk,
    so_far,
    tested_lever,
    titles,
    warnings,
)
from thirdwatt.search.levers.lever import GROUPS, QUALITY, STRENGTHS, Evidence
from thirdwatt.search.plan.answer import Plan
from thirdwatt.search.plan.goals import GOALS, UNITS

NAMES: Mapping[str, str] = {
    "wall_time_h": "time",
    "it_energy_kwh": "energy of IT",
    "training_flop": "computation",
    "mfu": "MFU",
    "step_time_s": "time of a step",
    "tokens_per_s_per_accelerator": "tokens a second and accelerator",
    "accelerator_power_w": "power of an accelerator",
    "peak_power_w": "peak power",
    "power_swing_w": "power swing",
    "memory_byte": "memory of an accelerator",
}
"""What totals are called that are no account of components."""


def page(plan: Plan, places: str | None = None) -> str:
    """The plan as HTML.

    Parameters
    ----------
    places
        Markup of the table of places in which the run could be run, which is included as it is.
    """
    scenario = plan.start.own.scenario
    drawn = (waterfall(plan), abatement(plan), front(plan))
    rendered: str = template("plan.html.j2").render(
        title=scenario.title or scenario.name,
        name=scenario.name,
        date=today().isoformat(),
        version=thirdwatt.__version__,
        digest=digest(),
        seed=plan.start.ledger.scores.seed,
        samples=plan.start.ledger.scores.samples,
        boundary=plan.counted.boundary,
        included=WITHIN[plan.counted.boundary].takes_in,
        aim=aim(plan),
        headline=headline(plan),
        stops=stops(plan),
        lines=[said for said in (amounts(plan), by_boundary(plan), tested(plan), floor(plan)) if said],
        steps=_steps(plan),
        others=_others(plan),
        does=_does(plan),
        charts=[(chart, chart.svg()) for chart in drawn if chart is not None],
        totals=_totals(plan),
        boundaries=[(name, f"{plain(value)} times less") for name, value in plan.path.boundaries.items()],
        runners=_runners(plan),
        dearer=_dearer(plan),
        evidence=_evidence(plan),
        strengths=list(STRENGTHS.items()),
        reach=[(how, [(each.lever.title, GROUPS[each.lever.group], each.why) for each in some])
               for how, some in grouped(plan).items()],
        rebound=(rebound(plan), banked(plan, ""), _rebounds(plan)),
        searched=searched(plan),
        places=places,
        notes=[each.text for each in warnings(plan)],
    )  # fmt: skip
    return rendered


# --- tables -------------------------------------------------------------------------------------------------------


def _steps(plan: Plan) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The steps: what each takes off with its interval, and what it takes."""
    cells = column([step.saving.value for step in plan.path.steps], UNITS[plan.goal])
    head = (
        "step", "what is done", cells.head("takes off"), cells.head("90 %"), "of what stood",
        "share whatever the order", "times less so far", "days of work", "risk", "quality",
    )  # fmt: skip
    rows: list[tuple[str, ...]] = [
        (
            str(number),
            step.words,
            cells.cell(step.saving.value),
            cells.ends(step.saving),
            less(1 - step.ratio),
            less(step.share),
            _interval(so_far(plan, step)),
            effort(step.effort_d),
            risk(step),
            quality(step),
        )
        for number, step in enumerate(plan.path.steps, 1)
    ]
    return head, rows


def _others(plan: Plan) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """What each step takes off the other accounts, with its interval."""
    path = plan.path
    others = [name for name in GOALS if name != plan.goal and any(name in step.more for step in path.steps)]
    rows = [
        (f"{number} {titles(step)}", *(_more(step.more.get(name), UNITS[name]) for name in others))
        for number, step in enumerate(path.steps, 1)
    ]
    return ("step", *(GOAL_NAMES[name] for name in others)), rows


def _more(found: Total | None, symbol: str) -> str:
    if found is None:
        return UNKNOWN
    said = amount(found.value, symbol)
    return said if found.low == found.high else f"{said} ({span(found.low, found.high, symbol, found.value)})"


def _interval(found: Total) -> str:
    if found.low == found.high:
        return plain(found.value)
    return f"{plain(found.value)} ({plain(found.low)} to {plain(found.high)})"


def _does(plan: Plan) -> list[tuple[str, str, str, str, str]]:
    """What may go wrong with each step, what would be as good in its place, what it rules out."""
    return [
        (
            f"{number} {titles(step)}",
            "; ".join(dict.fromkeys(each.lever.doubt for each in step.changes)),
            "; ".join(QUALITY[each.lever.quality] for each in step.changes),
            ", ".join((*step.tied, *step.instead)) or "nothing",
            ", ".join(step.closed) or "nothing",
        )
        for number, step in enumerate(plan.path.steps, 1)
    ]


def _totals(plan: Plan) -> list[tuple[str, ...]]:
    """Every total of the run today and after the path, and the ratio with its interval over paired draws."""
    rows: list[tuple[str, ...]] = []
    for name, ratio in plan.path.ratios().items():
        one, other = plan.path.before.totals[name], plan.path.after.totals[name]
        if one is None or other is None:
            continue
        cells = column([one.value, other.value], unit_to_read(name))
        rows.append(
            (
                ACCOUNTED[name].title if name in ACCOUNTED else NAMES.get(name, name.replace("_", " ")),
                cells.amount(one.value),
                cells.amount(other.value),
                "" if ratio is None else _interval(ratio),
            )
        )
    return rows


def _runners(plan: Plan) -> list[tuple[str, ...]]:
    several = len(plan.path.drawn_before) > 1
    shown = (plan.path, *plan.runners)
    return [
        (
            "this path" if number == 0 else f"path {number + 1}",
            "; then ".join(step.words for step in each.steps) or "nothing",
            factor_words(each),
            percent(each.probability(plan.factor)) if several else "not drawn",
            effort(each.effort_d),
            *(_ratio(each.ratios()[name]) for name in ("energy_kwh", "cost_usd", "carbon_kg", "wall_time_h")),
        )
        for number, each in enumerate(shown)
    ]


def _ratio(found: Total | None) -> str:
    return UNKNOWN if found is None else percent(found.value)


def _evidence(plan: Plan) -> list[tuple[str, ...]]:
    return [
        row
        for number, step in enumerate(plan.path.steps, 1)
        for change in step.changes
        for row in (
            *((f"{number} {change.lever.title}", *told) for told in map(_told, change.lever.evidence)),
            (f"{number} {change.lever.title}", tested_lever(change.lever), "measured", "thirdwatt validate"),
        )
    ]


def _told(evidence: Evidence) -> tuple[str, str, str]:
    return evidence.said, evidence.strength, evidence.source


def _rebounds(plan: Plan) -> list[tuple[str, str]]:
    return [(percent(each.share), amount(each.net, UNITS[plan.goal])) for each in plan.rebounds]


def _dearer(plan: Plan) -> list[tuple[str, ...]]:
    """Levers that change something and whose carbon stays or rises: they are on no abatement curve."""
    return [
        (each.lever.title, each.way.words, *(account_change(each, name) for name in GOALS))
        for each in plan.alone
        if each.ratio is not None and each.usd_per_t is None and any(each.changes.values())
    ]
