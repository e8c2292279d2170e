"""The charts of a plan: from today to what is left, what a tonne less costs, what nothing beats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from thirdwatt.amounts import amount, percent, plain, scale
from thirdwatt.report.charts import BUILDING, INK, MACHINES, WHOLE, Chart, axis_names, drawn_on, finished
from thirdwatt.report.phrases import UNKNOWN, column
from thirdwatt.report.plan_words import AFTER, GOAL_NAMES, aim, apart, less, taken, titles
from thirdwatt.search.plan.answer import Alone, Plan
from thirdwatt.search.plan.goals import UNITS
from thirdwatt.search.plan.search import Point

SEEN_SHARE = 0.005
"""Share of the width below which a bar is next to nothing."""
NAMED_SHARE = 0.035
"""Share of the width from which a bar of the abatement curve has room for its number."""
FRONT_ROWS = 25
MARKS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 50, 70, 100, 150, 200, 300, 500, 700, 1000)
"""Where the axes of the front are marked, % of today's."""
QUIET = "#8A8A8A"
EDGE_PX = 16
ROOM = 2
"""By how much an axis of powers of ten goes beyond its last bar, for the bar's number."""
DWARFS = 3
"""Times the median price from which a tonne's price hides the others' bars."""


def waterfall(plan: Plan) -> Chart | None:
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
    cells = column([step.saving.value for step in plan.path.steps], symbol)
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
        table.append(
            (
                f"{number} {titles(step)}",
                cells.cell(saved),
                cells.ends(step.saving),
                less(1 - step.ratio),
                amount(at, symbol),
            )
        )
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
    whole = column([before, after, aimed], symbol)
    says = (
        f"{whole.amount(before)}{of} become {whole.amount(after)}; the changes {reaches} {aim(plan)}, "
        f"{whole.amount(aimed)}, the dashed line."
    )
    head = ("step", cells.head("takes off"), cells.head("90 % interval"), "of what was left", "left")
    drawn = finished(bars + line + labels, len(data))
    return Chart("waterfall", "From today to what is left", says, head, tuple(table), drawn)


def _signed(value: float) -> str:
    return f"{'-' if value < 0 else '+'}{plain(abs(value))}"


def curve(plan: Plan) -> list[tuple[Alone, float]]:
    """Levers that lower carbon by themselves, the cheapest tonne first, each with its price."""
    found = [(each, each.usd_per_t) for each in plan.alone]
    return sorted(((each, price) for each, price in found if price is not None), key=lambda pair: pair[1])


def abatement(plan: Plan) -> Chart | None:
    """What a tonne less costs, each lever by itself, as wide as the tonnes."""
    import altair as alt

    shown = curve(plan)
    if not shown:
        return None
    whole = sum(each.changes["carbon"] for each, _ in shown)
    factor, unit = scale([whole], "kg")
    gas = column([each.changes["carbon"] for each, _ in shown], "kg")
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
                "label": f"{number}",
                "group": "costs no more" if price <= 0 else "costs more",
            }
        )
        at += wide
        table.append(
            (
                f"{number} {each.lever.title}",
                each.way.words,
                plain(price + 0.0, 3),
                gas.cell(wide),
                *(account_change(each, name) for name in ("cost", "energy", "time")),
                "yes" if each.lever.id in _inside(plan) else "no",
            )
        )
    numbered(data, whole / factor)
    base = drawn_on(data)
    x = alt.X("from:Q", title=f"CO2e less, each change by itself, {unit}", scale=alt.Scale(nice=False))
    y = price_axis([price for _, price in shown])
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
        "change", "what is done", "USD per t CO2e", gas.head("CO2e less"), "cost", "energy", "time", "in the path",
    )  # fmt: skip
    chart = finished(alt.layer(bars, line, *words), 11)
    return Chart("abatement", "What a tonne of CO2e less costs", says, head, tuple(table), chart)


def numbered(data: Sequence[dict[str, Any]], whole: float) -> None:
    """Leave the numbers of those bars alone that have room for it: the wide ones, then what stands clear of them."""
    wide = [row for row in data if row["to"] - row["from"] >= NAMED_SHARE * whole]
    named: list[dict[str, Any]] = list(wide)
    for row in data:
        if row in wide:
            continue
        seen = row["to"] - row["from"] >= SEEN_SHARE * whole
        if seen and all(abs(row["middle"] - other["middle"]) >= NAMED_SHARE * whole for other in named):
            named.append(row)
        else:
            row["label"] = ""


def price_axis(prices: Sequence[float]) -> Any:
    """The axis of prices: by powers of ten on both sides of 0 where one would dwarf the others."""
    import altair as alt

    sizes = sorted(abs(price) for price in prices if price)
    if not sizes or sizes[-1] <= DWARFS * sizes[len(sizes) // 2]:
        return alt.Y("price:Q", title="USD per t CO2e", scale=alt.Scale(padding=EDGE_PX))
    around = 10.0 ** math.floor(math.log10(sizes[len(sizes) // 4]))
    tens = [10.0**power for power in range(round(math.log10(around)), math.ceil(math.log10(sizes[-1])) + 1)]
    marks = [
        *(-each for each in reversed(tens) if min(prices) <= -each / 2),
        0.0,
        *(each for each in tens if max(prices) >= each / 2),
    ]
    return alt.Y(
        "price:Q",
        title="USD per t CO2e (powers of ten)",
        scale=alt.Scale(type="symlog", constant=around, domain=[min(0.0, *prices) * ROOM, max(0.0, *prices) * ROOM]),
        axis=alt.Axis(values=marks, format=",~f"),
    )


def _inside(plan: Plan) -> set[str]:
    return {change.lever.id for step in plan.path.steps for change in step.changes}


def front(plan: Plan) -> Chart | None:
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
    x, y = (
        axis(
            f"{name}:Q",
            title=f"{name}, % of today's (log)",
            scale=alt.Scale(type="log", nice=False, padding=20),
            axis=alt.Axis(values=MARKS, format="~f"),
        )
        for axis, name in ((alt.X, "energy"), (alt.Y, "cost"))
    )
    dots = drawn_on(data).mark_point(filled=True, opacity=0.85, stroke=INK, strokeWidth=0.5).encode(
        x=x, y=y,
        size=alt.Size("time:Q", title="time, % of today's", scale=alt.Scale(range=[30, 320], zero=True),
                      legend=alt.Legend(orient="right")),
        color=alt.Color("group:N", scale=alt.Scale(domain=names, range=[QUIET, WHOLE, BUILDING]),
                        legend=alt.Legend(title=None, orient="top")),
        shape=alt.Shape("group:N", scale=alt.Scale(domain=names, range=["circle", "square", "diamond"])),
    )  # fmt: skip
    words = [
        drawn_on([row for row in data if row["label"] == name])
        .mark_text(align=align, dx=dx, dy=-8, fontSize=11, color=INK)
        .encode(x=x, y=y, text="label:N")
        for name, align, dx in (("today", "right", -10), ("this path", "left", 10))
    ]
    drawn = finished(alt.layer(dots, *words), 13)
    listed = points[:FRONT_ROWS]
    common, rest = apart([taken(plan, each.combination) for each in listed])
    of = f"; {len(listed)} of them are below" if len(listed) < len(points) else ""
    least = points[0]
    says = (
        f"{len(points)} combinations that nothing beats in energy, cost and time at once{of}; the least energy is "
        f"{percent(least.ratios['energy'])} of today's, at {percent(least.ratios['cost'])} of the cost and "
        f"{percent(least.ratios['time'])} of the time."
    )
    all_take = f" All take {' + '.join(common)}." if common else ""
    told = [_account(plan, listed, name) for name in ("energy", "cost", "time")]
    head = (*(name for heads, _ in told for name in heads), "days of work", "what else is taken")
    rows = tuple(
        (
            *(cell for _, cells in told for cell in cells[at]),
            plain(each.days),
            " + ".join(rest[at]) or ("no more" if each.days else "nothing: today"),
        )
        for at, each in enumerate(listed)
    )
    return Chart("front", "Energy, cost and time", f"{says}{all_take}", head, rows, drawn)


def _path_ratio(plan: Plan, name: str) -> float:
    one, other = (plan.counted.drawn(each, name) for each in (plan.path.before, plan.path.after))
    return float(other[0] / one[0]) if one is not None and other is not None and one[0] else math.nan


def _account(plan: Plan, points: Sequence[Point], name: str) -> tuple[tuple[str, str], list[tuple[str, str]]]:
    """Heads and cells of an account of some points: what it is, and its part of today's."""
    today = plan.counted.drawn(plan.path.before, name)
    ratios = [each.ratios[name] if math.isfinite(each.ratios[name]) else None for each in points]
    values = [None if today is None or ratio is None else float(today[0]) * ratio for ratio in ratios]
    cells = column(values, UNITS[name])
    return (cells.head(name), "of today's"), [
        (cells.cell(value), "" if ratio is None else percent(ratio))
        for value, ratio in zip(values, ratios, strict=True)
    ]


def account_change(each: Alone, name: str) -> str:
    """By how much an account changes: less is below 0."""
    if name not in each.changes:
        return UNKNOWN
    value = each.changes[name]
    return "0" if not value else f"{'-' if value > 0 else '+'}{amount(abs(value), UNITS[name])}"
