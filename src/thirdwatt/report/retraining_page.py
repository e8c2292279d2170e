"""Whether to train again, as one page: self-contained, without scripts or requests, fit for print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import thirdwatt
from thirdwatt.amounts import amount, percent, plain, scale
from thirdwatt.facts import digest
from thirdwatt.facts.prices import today
from thirdwatt.ledger.ledger import WITHIN
from thirdwatt.report import retraining
from thirdwatt.report.charts import BUILDING, INK, MACHINES, WHOLE, Chart, drawn_on, finished
from thirdwatt.report.html import template
from thirdwatt.report.phrases import column
from thirdwatt.report.retraining import counted
from thirdwatt.search.retraining.answer import FULL, Answer
from thirdwatt.search.sizes import MORE, PASSES, Frontier, Placed, frontier

NO_BREAK = "\N{NO-BREAK SPACE}"
"""Between a number and its unit in a narrow column."""

NAME_WIDTH, NAME_HEIGHT, POINT = 1.0, 0.02, 0.1
"""What a name on the frontier takes right of its point, and a point: decades of energy and nats; the table names every
model.
"""


def page(answer: Answer) -> str:
    """The answer as HTML."""
    ledger = answer.ledger
    law = ledger.scenario.choices["law"]
    found = frontier(ledger, law)
    first = [chart for chart in (_ways(answer), _intervals(answer)) if chart is not None]
    last = None if found is None else _frontier(found)  # its table names every model, so it stands behind all else
    often = retraining.intervals(answer) if answer.policies else [()]
    rendered: str = template("retraining.html.j2").render(
        title=ledger.scenario.title or ledger.scenario.name,
        name=ledger.scenario.name,
        date=today().isoformat(),
        version=thirdwatt.__version__,
        digest=digest(),
        boundary=ledger.boundary,
        included=WITHIN[ledger.boundary].takes_in,
        news=retraining.news(answer),
        assumed=retraining.assumed(answer),
        advice=answer.advice.because,
        charts=[(chart, chart.svg()) for chart in first],
        last_charts=[] if last is None else [(last, last.svg())],
        evidence=[(each.name, each.evidence, each.caveat) for each in answer.options],
        laws=[
            (each.law.name, f"{each.before:.4f}", f"{each.after:.4f}", f"{each.gain:.2g}", each.beyond or "within")
            for each in answer.predicted
        ],
        sizes=[
            (
                each.law.label,
                f"{each.loss:.3f}",
                f"{counted(each.best[0])} on {counted(each.best[1])}",
                retraining.needs(each),
                f"{each.at_third[0]:.3f} with {counted(each.at_third[1])}",
            )
            for each in answer.sizes
        ],
        more_head=("law", *(f"{percent(share)} more" for share in MORE)),
        more=[(each.law.label, *(f"{gain:.2g}" for _, gain in each.more)) for each in answer.sizes],
        passes_head=("law", *(f"{times:g} times" for times in PASSES)),
        passes=[
            (each.law.label, *(f"{gain:.2g} ({new:.2g})" for _, gain, new in each.passes)) for each in answer.sizes
        ],
        refused=answer.refused,
        missing=retraining.missing(answer),
        unpriced=list(retraining.unpriced(answer)),
        often_head=often[0],
        often=often[1:],
        watched=retraining.watched(answer) if answer.policies else "",
        mixed="" if answer.mix is None else retraining.mixed(answer, answer.mix),
        unit="" if answer.wanted.value is None else answer.wanted.value.unit,
        notes=[warning.text for warning in ledger.warnings],
        **_history(answer),
    )
    return rendered


def _history(answer: Answer) -> dict[str, Any]:
    shown, found = answer.wanted.history, answer.replay
    if shown is None:
        return {"history": [], "history_says": ""}
    rows = [
        (
            told.says,
            f"{told.second.retrainings}",
            plain(told.second.total),
            f"{plain(told.low)} to {plain(told.high)}",
            retraining.regret(told),
        )
        for told in (found.policies if found is not None else ())
    ]
    said = retraining.drifted(shown) + ("" if found is None else retraining.halves(found))
    return {"history": rows, "history_says": said}


def _ways(answer: Answer) -> Chart | None:
    """Energy of each way, its interval as a line."""
    import altair as alt

    shown = [(each, found) for each in answer.options if (found := each.totals["energy_kwh"]) is not None]
    if not any(found.value for _, found in shown):
        return None
    factor, unit = scale([found.value for _, found in shown], "kWh")
    names = [each.label for each, _ in shown]
    data: list[dict[str, Any]] = []
    for each, found in shown:
        part = "" if each.of_full is None else f" · {percent(each.of_full.value)}"
        data.append(
            {
                "name": each.label,
                "value": found.value / factor,
                "low": found.low / factor,
                "high": found.high / factor,
                "label": f"{amount(found.value, 'kWh')}{part}",
                "group": "advised" if each.id == answer.advice.option else "other ways",
            }
        )
    base = drawn_on(data).encode(y=alt.Y("name:N", sort=names, title=None))
    bars = base.mark_bar(height=14).encode(
        x=alt.X("value:Q", title=f"energy, {unit}"),
        color=alt.Color(
            "group:N",
            scale=alt.Scale(domain=["advised", "other ways"], range=[BUILDING, MACHINES]),
            legend=alt.Legend(title=None, orient="top"),
        ),
    )
    rule = base.mark_rule(color=INK, strokeWidth=1).encode(x="low:Q", x2="high:Q")
    labels = base.mark_text(align="left", dx=6, fontSize=11, color=INK).encode(x="high:Q", text="label:N")
    cells = column([found.value for _, found in shown], "kWh")
    rows = []
    for each, found in shown:
        energy, _, *others = (cell.replace(" ", NO_BREAK) for cell in retraining.cells(answer, each))
        rows.append((each.name, energy, cells.ends(found), *others))
    full, advised = answer.option(FULL), answer.option(answer.advice.option)
    whole, of = full.totals["energy_kwh"], advised.of_full
    says = "" if whole is None else f"Retraining on everything takes {amount(whole.value, 'kWh')}"
    says += f"; the advised way, {advised.label}, {percent(of.value)} of it." if of and full is not advised else "."
    head = ("way", "energy", cells.head("90 % interval"), "cost, USD", "CO2e", "hours", "of full", "predicted loss")
    return Chart(
        "ways-chart", "What each way takes", says, head, tuple(rows), finished(bars + rule + labels, len(data))
    )


def _intervals(answer: Answer) -> Chart | None:
    """Cost a day against the interval, for the cheapest way."""
    import altair as alt

    if not answer.policies:
        return None
    name = min(answer.policies, key=lambda each: answer.policies[each].cost.total)
    policy = answer.policies[name]
    drifted = answer.wanted.history is not None and answer.wanted.drift == answer.wanted.history.drift
    curve = policy.curve
    parts = (
        ("retraining", curve.retraining),
        ("staleness", curve.staleness),
        ("both", curve.retraining + curve.staleness),
    )
    data: list[dict[str, Any]] = [
        {"days": float(days), "cost": float(cost), "group": group}
        for group, costs in parts
        for days, cost in zip(curve.every_d, costs, strict=True)
    ]
    names = [group for group, _ in parts]
    colour = alt.Color(
        "group:N",
        scale=alt.Scale(domain=names, range=[MACHINES, BUILDING, WHOLE]),
        legend=alt.Legend(title=None, orient="top"),
    )
    most = 6 * max(policy.cost.total, 1e-12)
    lines = drawn_on([row for row in data if row["cost"] <= most]).mark_line(strokeWidth=2).encode(
        x=alt.X("days:Q", title="days between retrainings", scale=alt.Scale(type="log")),
        y=alt.Y("cost:Q", title=f"{policy.unit} a day"),
        color=colour,
        strokeDash=alt.StrokeDash("group:N", scale=alt.Scale(domain=names, range=[[6, 3], [2, 2], [1, 0]])),
    )  # fmt: skip
    drawn = lines
    if policy.every_d is not None:
        at = [{"days": policy.every_d, "cost": policy.cost.total, "label": f"{plain(policy.every_d)} days"}]
        mark = drawn_on(at).mark_point(size=90, filled=True, color=INK).encode(x="days:Q", y="cost:Q")
        word = drawn_on(at).mark_text(dy=-12, fontSize=11, color=INK).encode(x="days:Q", y="cost:Q", text="label:N")
        drawn = lines + mark + word
    shown = range(0, len(curve.every_d), 8)
    rows = tuple(
        (plain(float(curve.every_d[each])), *(plain(float(costs[each])) for _, costs in parts)) for each in shown
    )
    way = answer.option(name).name
    first, last = policy.near
    says = (
        f"{way}: never is cheapest, at {plain(policy.cost.total)} {policy.unit} a day."
        if policy.every_d is None
        else f"{way}: every {plain(policy.every_d)} days costs least, {plain(policy.cost.total)} {policy.unit} a day; "
        f"from {plain(first)} {'days on' if last is None else f'to {plain(last)} days'} it is at most 5 % more."
    )
    if wide := retraining.open_days(policy):
        says += f" By what a retraining may cost{' and the drift may be' if drifted else ''}, the best is {wide} days."
    head = ("days", *(f"{group}, {policy.unit} a day" for group in names))
    return Chart("interval", "Cost against the interval", says, head, rows, finished(drawn, 11))


def apart(found: Frontier, models: Sequence[Placed]) -> list[Placed]:
    """Models that can be named without a name over another or over a point."""
    kept: list[Placed] = []
    points = [found.here, *((each.energy_kwh, each.loss) for each in models)]
    for each in sorted(models, key=lambda model: -model.loss):
        here = (each.energy_kwh, each.loss)
        names = [(other.energy_kwh, other.loss) for other in kept]
        if not any(_covers(here, point, -POINT) for point in points if point != here) and not any(
            _covers(here, name, -NAME_WIDTH) for name in names
        ):
            kept.append(each)
    return kept


def _covers(name: tuple[float, float], other: tuple[float, float], reach: float) -> bool:
    """Whether the name right of a point lies over something that begins so many decades before its own point."""
    decades = float(np.log10(other[0] / name[0]))
    return reach < decades < NAME_WIDTH and abs(other[1] - name[1]) < NAME_HEIGHT


def _frontier(found: Frontier) -> Chart | None:
    """The least loss for each energy, with models of today on their own size and data."""
    import altair as alt

    if len(found.energy_kwh) < 2:
        return None
    low, high = float(found.energy_kwh[0]), float(found.energy_kwh[-1])
    shown = sorted((each for each in found.models if low <= each.energy_kwh <= high), key=lambda each: each.energy_kwh)
    line = [{"energy": float(x), "loss": float(y)} for x, y in zip(found.energy_kwh, found.loss, strict=True)]
    points = [
        {"energy": each.energy_kwh, "loss": each.loss, "group": "published models", "label": ""} for each in shown
    ]
    here = {"energy": found.here[0], "loss": found.here[1], "group": "this one", "label": ""}
    named = [{"energy": each.energy_kwh, "loss": each.loss, "label": each.id} for each in apart(found, shown)]
    x = alt.X(
        "energy:Q", title="energy on these machines, kWh", scale=alt.Scale(type="log"), axis=alt.Axis(format="~s")
    )
    y = alt.Y("loss:Q", title="predicted loss, nats per token", scale=alt.Scale(zero=False))
    curve = drawn_on(line).mark_line(color=WHOLE, strokeWidth=2).encode(x=x, y=y)
    names = ["published models", "this one"]
    dots = drawn_on([*points, here]).mark_point(filled=True, opacity=0.9).encode(
        x=x, y=y, size=alt.Size("group:N", scale=alt.Scale(domain=names, range=[45, 160]), legend=None),
        color=alt.Color("group:N", scale=alt.Scale(domain=names, range=[MACHINES, BUILDING]),
                        legend=alt.Legend(title=None, orient="top")),
        shape=alt.Shape("group:N", scale=alt.Scale(domain=names, range=["circle", "diamond"])),
    )  # fmt: skip
    words = (
        drawn_on(named).mark_text(align="left", dx=6, dy=-4, fontSize=10, color=INK).encode(x=x, y=y, text="label:N")
    )
    rows = tuple(
        (each.name, counted(each.parameters), counted(each.tokens), f"{each.loss:.3f}", amount(each.energy_kwh, "kWh"))
        for each in shown
    )
    says = (
        f"The line is the least loss for each energy by {found.law.label}, every size trained as this scenario is; "
        "models above it trade energy in training for a size that is cheaper to serve, or were sized before the law."
    )
    head = ("model", "parameters", "tokens", "predicted loss", "energy on these machines")
    return Chart("frontier", "Loss against energy", says, head, rows, finished(curve + dots + words, 14))
