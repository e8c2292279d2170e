"""The shortest path to a third, as one page: self-contained, without scripts or requests, fit for print."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import thirdwatt
from thirdwatt.amounts import amount, percent, plain, scale, span, unit_to_read
from thirdwatt.facts import digest
from thirdwatt.facts.prices import today
from thirdwatt.ledger.ledger import ACCOUNTED, WITHIN, Total
from thirdwatt.report.charts import BUILDING, INK, MACHINES, WHOLE, Chart, axis_names, drawn_on, finished
from thirdwatt.report.html import template
from thirdwatt.report.phrases import UNKNOWN, column
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
    AFTER,
    GOAL_NAMES,
    aim,
    days,
    effort,
    factor_words,
    grouped,
    less,
    quality,
    risk,
    so_far,
    taken,
    tested_lever,
    titles,
    warnings,
)
from thirdwatt.search.levers.lever import GROUPS, QUALITY, STRENGTHS, Evidence
from thirdwatt.search.plan.answer import Alone, Plan
from thirdwatt.search.plan.goals import GOALS, UNITS
from thirdwatt.search.plan.search import Point

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
NAMED_SHARE = 0.035
"""Share of the width from which a bar of the abatement curve has room for its number."""
FRONT_ROWS = 25
QUIET = "#8A8A8A"


def page(plan: Plan, places: str | None = None) -> str:
    """The plan as HTML.

    Parameters
    ----------
    places
        Markup of the table of places in which the run could be run, which is included as it is.
    """
    scenario = plan.start.own.scenario
    drawn = (_waterfall(plan), _abatement(plan), _front(plan))
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
        (each.lever.title, each.way.words, *(_change(each, name) for name in GOALS))
        for each in plan.alone
        if each.ratio is not None and each.usd_per_t is None and any(each.changes.values())
    ]


def _change(each: Alone, name: str) -> str:
    """By how much an account changes: less is below 0."""
    if name not in each.changes:
        return UNKNOWN
    value = each.changes[name]
    return "0" if not value else f"{'-' if value > 0 else '+'}{amount(abs(value), UNITS[name])}"


# --- charts -------------------------------------------------------------------------------------------------------


def _waterfall(plan: Plan) -> Chart | None:
    """From today over every step to what is left."""
    import altair as alt

    if not plan.path.steps:
        return None
    symbol, of = UNITS[plan.goal], AFTER.get(plan.goal, "")
    before, after = (float(each[0]) for each in (plan.path.drawn_before, plan.path.drawn_after))
    factor, unit = scale([before], symbol)
    ends: dict[str, Any] = {"group": "the run", "from": 0.0}
    data = [{"name": "today", "to": before / factor, "label": f"{amount(before, symbol)}{of}", **ends}]
    at, table = before, []
    for number, step in enumerate(plan.path.steps, 1):
        saved = step.saving.value
        data.append(
            {
                "name": f"{number} {titles(step)}",
                "from": (at - saved) / factor,
                "to": at / factor,
                "label": f"{_signed(-saved / factor)} {unit} ({less(1 - step.ratio)})",
                "group": "taken off" if saved >= 0 else "added",
            }
        )
        at -= saved
        interval = span(step.saving.low, step.saving.high, symbol, saved)
        left = amount(at, symbol)
        table.append((f"{number} {titles(step)}", amount(saved, symbol), interval, less(1 - step.ratio), left))
    aimed = before / plan.factor
    data.append({"name": "after the path", "to": after / factor, "label": f"{amount(after, symbol)}{of}", **ends})
    for row in data:
        row["edge"] = max(row["from"], row["to"])
    shades = {"the run": WHOLE, "taken off": MACHINES, "added": BUILDING}
    names = [name for name in shades if any(row["group"] == name for row in data)]
    base = drawn_on(data).encode(y=axis_names(data))
    bars = base.mark_bar(height=16).encode(
        x=alt.X("from:Q", title=f"{GOAL_NAMES[plan.goal]}, {unit}{of}"),
        x2="to:Q",
        color=alt.Color(
            "group:N",
            scale=alt.Scale(domain=names, range=[shades[name] for name in names]),
            legend=alt.Legend(title=None, orient="top"),
        ),
    )
    labels = base.mark_text(align="left", dx=5, fontSize=11, color=INK).encode(x="edge:Q", text="label:N")
    line = drawn_on([{"at": aimed / factor}]).mark_rule(color=INK, strokeDash=[5, 3]).encode(x="at:Q")
    reaches = "reach" if plan.reached else "do not reach"
    says = (
        f"{amount(before, symbol)}{of} become {amount(after, symbol)}; the changes {reaches} {aim(plan)}, "
        f"{amount(aimed, symbol)}, the dashed line."
    )
    head = ("step", "takes off", "90 % interval", "of what stood", "left")
    drawn = finished(bars + line + labels, len(data))
    return Chart("waterfall", "From today to what is left", says, head, tuple(table), drawn)


def _signed(value: float) -> str:
    return f"{'-' if value < 0 else '+'}{plain(abs(value))}"


def curve(plan: Plan) -> list[tuple[Alone, float]]:
    """Levers that lower carbon by themselves, the cheapest tonne first, each with its price."""
    found = [(each, each.usd_per_t) for each in plan.alone]
    return sorted(((each, price) for each, price in found if price is not None), key=lambda pair: pair[1])


def _abatement(plan: Plan) -> Chart | None:
    """What a tonne less costs, each lever by itself, as wide as the tonnes."""
    import altair as alt

    shown = curve(plan)
    if not shown:
        return None
    whole = sum(each.changes["carbon"] for each, _ in shown)
    factor, unit = scale([whole], "kg")
    data, table, at = [], [], 0.0
    for number, (each, price) in enumerate(shown, 1):
        wide = each.changes["carbon"]
        data.append(
            {
                "from": at / factor,
                "to": (at + wide) / factor,
                "middle": (at + wide / 2) / factor,
                "zero": 0.0,
                "price": price,
                "label": f"{number}" if wide >= NAMED_SHARE * whole else "",
                "group": "costs no more" if price <= 0 else "costs more",
            }
        )
        at += wide
        table.append(
            (
                f"{number} {each.lever.title}",
                each.way.words,
                plain(price + 0.0, 3),
                amount(wide, "kg"),
                *(_change(each, name) for name in ("cost", "energy", "time")),
                "yes" if each.lever.id in _inside(plan) else "no",
            )
        )
    base = drawn_on(data)
    x = alt.X("from:Q", title=f"CO2e less in place, each change by itself, {unit}", scale=alt.Scale(nice=False))
    y = alt.Y("price:Q", title="USD per t CO2e")
    names = ["costs no more", "costs more"]
    bars = base.mark_rect(stroke="#ffffff", strokeWidth=1).encode(
        x=x, x2="to:Q", y=y, y2="zero:Q",
        color=alt.Color("group:N", scale=alt.Scale(domain=names, range=[MACHINES, BUILDING]),
                        legend=alt.Legend(title=None, orient="top")),
    )  # fmt: skip
    line = drawn_on([{"at": 0.0}]).mark_rule(color=INK).encode(y="at:Q")
    above = base.transform_filter("datum.price > 0").mark_text(dy=-8, fontSize=11, color=INK)
    below = base.transform_filter("datum.price <= 0").mark_text(dy=10, fontSize=11, color=INK)
    words = [each.encode(x="middle:Q", y="price:Q", text="label:N") for each in (above, below)]
    first, price = shown[0]
    saving = sum(1 for _, each in shown if each <= 0)
    says = (
        f"{saving} of {len(shown)} changes lower carbon and cost no more; the cheapest tonne is that of "
        f"{first.lever.title}, at {plain(price + 0.0)} USD. Each is told by itself, so they do not add up. The cost is "
        "the run's own; people's time is not in it. Carbon is location-based."
    )
    head = (
        "change", "what is done", "USD per t CO2e", "CO2e less", "cost", "energy", "time", "in the path",
    )  # fmt: skip
    chart = finished(alt.layer(bars, line, *words), 11)
    return Chart("abatement", "What a tonne of CO2e less costs", says, head, tuple(table), chart)


def _inside(plan: Plan) -> set[str]:
    return {change.lever.id for step in plan.path.steps for change in step.changes}


def _front(plan: Plan) -> Chart | None:
    """What nothing beats in energy, cost and time at once, with today and the path."""
    import altair as alt

    points = [each for each in plan.found.front if math.isfinite(each.ratios["cost"])]
    if len(points) < 2:
        return None
    here = {name: _path_ratio(plan, name) for name in ("energy", "cost", "time")}
    data = [
        {"energy": 100 * each.ratios["energy"], "cost": 100 * each.ratios["cost"], "time": 100 * each.ratios["time"],
         "group": "front", "label": ""}
        for each in points
    ]  # fmt: skip
    data.append({"energy": 100.0, "cost": 100.0, "time": 100.0, "group": "today", "label": "today"})
    if plan.path.steps:
        data.append({**{name: 100 * value for name, value in here.items()}, "group": "this path", "label": "this path"})
    names = ["front", "today", "this path"]
    x = alt.X("energy:Q", title="energy, % of today's", scale=alt.Scale(zero=False, padding=20))
    y = alt.Y("cost:Q", title="cost, % of today's", scale=alt.Scale(zero=False, padding=20))
    dots = drawn_on(data).mark_point(filled=True, opacity=0.85, stroke=INK, strokeWidth=0.5).encode(
        x=x, y=y,
        size=alt.Size("time:Q", title="time, % of today's", scale=alt.Scale(range=[30, 320], zero=True),
                      legend=alt.Legend(orient="right")),
        color=alt.Color("group:N", scale=alt.Scale(domain=names, range=[QUIET, WHOLE, BUILDING]),
                        legend=alt.Legend(title=None, orient="top")),
        shape=alt.Shape("group:N", scale=alt.Scale(domain=names, range=["circle", "square", "diamond"])),
    )  # fmt: skip
    words = drawn_on([row for row in data if row["label"]]).mark_text(
        align="left", dx=10, dy=-8, fontSize=11, color=INK
    )
    drawn = finished(dots + words.encode(x=x, y=y, text="label:N"), 13)
    rows = tuple(_point(plan, each) for each in points[:FRONT_ROWS])
    least = points[0]
    says = (
        f"{len(points)} combinations that nothing beats in energy, cost and time at once; the least energy is "
        f"{percent(least.ratios['energy'])} of today's, at {percent(least.ratios['cost'])} of the cost and "
        f"{percent(least.ratios['time'])} of the time."
    )
    head = ("energy", "of today's", "cost", "of today's", "time", "of today's", "days of work", "what is taken")
    return Chart("front", "Energy, cost and time", says, head, rows, drawn)


def _path_ratio(plan: Plan, name: str) -> float:
    one, other = (plan.counted.drawn(each, name) for each in (plan.path.before, plan.path.after))
    return float(other[0] / one[0]) if one is not None and other is not None and one[0] else math.nan


def _point(plan: Plan, point: Point) -> tuple[str, ...]:
    cells: list[str] = []
    for name in ("energy", "cost", "time"):
        drawn = plan.counted.drawn(plan.path.before, name)
        ratio = point.ratios[name]
        known = drawn is not None and math.isfinite(ratio)
        cells.append(amount(float(drawn[0]) * ratio, UNITS[name]) if known and drawn is not None else UNKNOWN)
        cells.append(percent(ratio) if known else "")
    return (*cells, days(point.days), " + ".join(taken(plan, point.combination)) or "nothing: today")
