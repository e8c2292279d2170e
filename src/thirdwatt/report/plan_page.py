"""The shortest path to a third, as one page: self-contained, without scripts or requests, fit for print."""

from __future__ import annotations

from collections.abc import Mapping

import thirdwatt
from thirdwatt.amounts import percent, plain, unit_to_read
from thirdwatt.facts import digest
from thirdwatt.facts.prices import today
from thirdwatt.ledger.ledger import ACCOUNTED, WITHIN, Total
from thirdwatt.report.html import template
from thirdwatt.report.phrases import UNKNOWN, Column, column
from thirdwatt.report.plan_charts import abatement, account_change, front, waterfall
from thirdwatt.report.plan_sentences import (
    amounts,
    banked,
    by_boundary,
    cap_pipe,
    floor,
    headline,
    rebound,
    searched,
    stops,
    tested,
)
from thirdwatt.report.plan_words import (
    AFTER,
    BOUNDARIES,
    GOAL_NAMES,
    aim,
    effort,
    grouped,
    less,
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
    "it_energy_kwh": "energy of all IT equipment",
    "carbon_marginal_kg": "carbon, at the margin",
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
GAS, OF_GAS = " CO2e", ("carbon_kg", "carbon_market_kg", "carbon_marginal_kg", "embodied_kg")
"""What follows the unit of carbon, and the totals that are of it."""


def page(plan: Plan, places: str | None = None, asked: str = "") -> str:
    """The plan as HTML.

    Parameters
    ----------
    places
        Markup of the table of places in which the run could be run, which is included as it is.
    asked
        The scenario and the options that the plan was asked for with, as a shell takes them.
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
        boundaries=[(BOUNDARIES[name], f"{plain(value)} times less") for name, value in plan.path.boundaries.items()],
        runner_head=(
            "path", "what is done", "times less, 90 %", f"{plan.factor:g} times or more, probability", "days of work",
            "energy", "cost", "carbon", "time",
        ),
        runners=_runners(plan),
        dearer=_dearer(plan),
        evidence=_evidence(plan),
        strengths=list(STRENGTHS.items()),
        reach=[(how, [(each.lever.title, GROUPS[each.lever.group], each.why) for each in some])
               for how, some in grouped(plan).items()],
        rebound=(rebound(plan), banked(plan), " | ".join(cap_pipe(plan, asked)), _rebounds(plan)),
        searched=searched(plan),
        places=places,
        fitted=True,
        notes=[each.text for each in warnings(plan)],
    )  # fmt: skip
    return rendered


# --- tables -------------------------------------------------------------------------------------------------------


def _steps(plan: Plan) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The steps: what each takes off with its interval, and what it takes."""
    cells = column([step.saving.value for step in plan.path.steps], UNITS[plan.goal])
    of = AFTER.get(plan.goal, "") if cells.unit else ""
    head = (
        "step", "what is done", f"{cells.head('takes off')}{of}", f"{cells.head('90 %')}{of}", "of what was left",
        "share", "times less so far", "days of work", "risk",
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
        )
        for number, step in enumerate(plan.path.steps, 1)
    ]
    return head, rows


def _others(plan: Plan) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """What each step takes off the other accounts, with its interval."""
    path = plan.path
    others = [name for name in GOALS if name != plan.goal and any(name in step.more for step in path.steps)]
    found = {name: [step.more.get(name) for step in path.steps] for name in others}
    cells = {name: column([each.value for each in some if each], UNITS[name]) for name, some in found.items()}
    rows = [
        (f"{number} {titles(step)}", *(_more(cells[name], found[name][number - 1]) for name in others))
        for number, step in enumerate(path.steps, 1)
    ]
    heads = (
        f"{cells[name].head(GOAL_NAMES[name])}{AFTER.get(name, '') if cells[name].unit else ''}" for name in others
    )
    return ("step", *heads), rows


def _more(cells: Column, found: Total | None) -> str:
    if found is None:
        return UNKNOWN
    said = cells.cell(found.value)
    return said if found.low == found.high else f"{said} ({cells.ends(found)})"


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
        of = GAS if name in OF_GAS else ""
        rows.append(
            (
                ACCOUNTED[name].title if name in ACCOUNTED else NAMES.get(name, name.replace("_", " ")),
                f"{cells.amount(one.value)}{of}",
                f"{cells.amount(other.value)}{of}",
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
            _interval(each.factor),
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
    cells = column([each.net for each in plan.rebounds], UNITS[plan.goal])
    return [(percent(each.share), cells.amount(each.net)) for each in plan.rebounds]


def _dearer(plan: Plan) -> list[tuple[str, ...]]:
    """Levers that change something and whose carbon stays or rises: they are on no abatement curve."""
    return [
        (each.lever.title, each.way.words, *(account_change(each, name) for name in GOALS))
        for each in plan.alone
        if each.ratio is not None and each.usd_per_t is None and any(each.changes.values())
    ]
