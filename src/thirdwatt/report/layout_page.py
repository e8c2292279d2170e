"""What a search for a layout found, as one page: self-contained, without scripts or requests, fit for print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import thirdwatt
from thirdwatt.amounts import amount, percent, plain, scale
from thirdwatt.facts import digest
from thirdwatt.facts.prices import today
from thirdwatt.ledger.ledger import WITHIN
from thirdwatt.report.charts import BUILDING, INK, MACHINES, WHOLE, Chart, drawn_on, finished
from thirdwatt.report.html import template
from thirdwatt.report.layouts import (
    ADAPTED,
    HELD,
    answer_lines,
    rest,
    short,
    spread,
    started,
    started_notes,
    symbol,
    table,
    tool_of,
)
from thirdwatt.report.phrases import column
from thirdwatt.search.layout import Answer, Candidate
from thirdwatt.search.layout.offers import Offer
from thirdwatt.search.layout.why import TERMS, Reasons

TABLED, DRAWN = 20, 80
QUIET = "#8A8A8A"
SHADES = (MACHINES, BUILDING, WHOLE, QUIET)


def page(answer: Answer, reasons: Reasons | None, offers: Sequence[Offer] = (), least_count: int | None = None) -> str:
    """The answer as HTML."""
    charts = [chart for chart in (_step(answer, reasons), _field(answer)) if chart is not None]
    spreads = answer.found.spreads[:TABLED]
    rows = list(table(answer, spreads, "layout")) if spreads else []
    rendered: str = template("layout.html.j2").render(
        title=answer.scenario.title or answer.scenario.name,
        name=answer.scenario.name,
        date=today().isoformat(),
        version=thirdwatt.__version__,
        digest=digest(),
        boundary=answer.scenario.boundary,
        included=WITHIN[answer.scenario.boundary].takes_in,
        goal=answer.goal,
        lines=[*answer_lines(answer, reasons), *_fewest(answer, least_count)],
        offers=[_offer(each) for each in offers],
        charts=[(chart, chart.svg()) for chart in charts],
        spreads=(rows[0], rows[1:]) if rows else None,
        refused=[(reason, f"{count:,}") for reason, count in sorted(answer.found.refused.items(), key=lambda e: -e[1])],
        launches=[
            {
                "tool": each.launched.tool,
                "text": each.launched.text,
                "notes": started_notes(answer, each),
                "open": name == tool_of(answer, answer.best),
            }
            for name, each in started(answer).items()
        ],
        warnings=answer.warnings,
    )
    return rendered


def _fewest(answer: Answer, count: int | None) -> list[str]:
    return [] if answer.best is not None or count is None else [f"It fits from {count:,} accelerators on."]


def _offer(offer: Offer) -> tuple[str, str, str]:
    name = f"{ADAPTED[offer.adapter]}{HELD[offer.offload]}"
    if offer.best is None:
        return name, "does not fit", ""
    said = rest({**offer.best.settings, "layout.offload": "none"})
    where = spread(offer.best.settings)
    whole = said if where == "one accelerator" else f"{where}, {said}"
    return name, whole, plain(offer.tokens_per_s)


def _step(answer: Answer, reasons: Reasons | None) -> Chart | None:
    """What a step is made of, the best layout beside the next spread and the scenario's own."""
    import altair as alt

    if reasons is None:
        return None
    whose = "yours" if answer.stated else "guessed"
    beside = [("best", reasons.best), ("next spread", reasons.runner_up), (whose, reasons.current)]
    shown = [(name, terms) for name, terms in beside if terms is not None]
    factor, unit = scale([terms.step_s for _, terms in shown], "s")
    data = []
    for name, terms in shown:
        start = 0.0
        for part, seconds in terms.parts.items():
            data.append({"name": name, "group": part, "from": start / factor, "to": (start + seconds) / factor})
            start += seconds
    names = [name for name, _ in shown]
    base = drawn_on(data).encode(y=alt.Y("name:N", sort=names, title=None))
    bars = base.mark_bar(height=18, stroke="white", strokeWidth=1).encode(
        x=alt.X("from:Q", title=f"a step, {unit}"),
        x2="to:Q",
        color=alt.Color(
            "group:N",
            scale=alt.Scale(domain=list(TERMS), range=list(SHADES)),
            legend=alt.Legend(title=None, orient="top"),
        ),
    )
    ends = [{"name": name, "to": terms.step_s / factor, "label": amount(terms.step_s, "s")} for name, terms in shown]
    labels = drawn_on(ends).mark_text(align="left", dx=5, fontSize=11, color=INK)
    labels = labels.encode(y=alt.Y("name:N", sort=names), x="to:Q", text="label:N")
    cells = column([terms.step_s for _, terms in shown], "s")
    rows = tuple((part, *(cells.cell(terms.parts[part]) for _, terms in shown)) for part in TERMS)
    rows += (("step", *(cells.cell(terms.step_s) for _, terms in shown)),)
    most = max(TERMS, key=lambda part: reasons.best.parts[part] if part != "compute" else 0.0)
    says = (
        f"A step of the best layout takes {amount(reasons.best.step_s, 's')}, of which it computes for "
        f"{percent(reasons.best.parts['compute'] / reasons.best.step_s)}; {most} takes "
        f"{percent(reasons.best.parts[most] / reasons.best.step_s)}."
    )
    return Chart(
        "step",
        "What a step is made of",
        says,
        ("part", *(f"{name}, {unit}" for name in names)),
        rows,
        finished(bars + labels, len(shown) + 1),
    )


def _field(answer: Answer) -> Chart | None:
    """Time and energy of the best of every spread, with the front marked."""
    import altair as alt

    if "energy" not in answer.quantities or len(answer.found.spreads) < 2:
        return None
    several = len(answer.found.front) > 1
    marked = answer.found.front if several else answer.found.spreads[:1]
    groups: list[tuple[str, Sequence[Candidate]]] = [
        ("other spreads", answer.found.spreads[:DRAWN]),
        ("front" if several else "best", marked),
    ]
    if answer.current is not None and answer.current_fits:
        groups.append(("yours" if answer.stated else "guessed", [answer.current]))
    every = [each for _, many in groups for each in many]
    hours = scale([each.figures["time"] for each in every], symbol(answer, "time"))
    kwh = scale([each.figures["energy"] for each in every], "kWh")
    data = [_point(each, group, hours[0], kwh[0]) for group, many in groups for each in many]
    names = [group for group, _ in groups]
    points = drawn_on(data).mark_point(filled=True, size=60, opacity=0.85)
    points = points.encode(
        x=alt.X("time:Q", title=f"time, {hours[1]}", scale=alt.Scale(zero=False)),
        y=alt.Y("energy:Q", title=f"energy, {kwh[1]}", scale=alt.Scale(zero=False)),
        color=alt.Color(
            "group:N",
            scale=alt.Scale(domain=names, range=[QUIET, BUILDING, MACHINES][: len(names)]),
            legend=alt.Legend(title=None, orient="top"),
        ),
        shape=alt.Shape(
            "group:N",
            scale=alt.Scale(domain=names, range=["circle", "diamond", "square"][: len(names)]),
        ),
    )
    rows = list(table(answer, list(marked)[:TABLED], "layout"))
    first, last = marked[0], marked[-1]
    says = (
        f"From {amount(first.figures['time'], symbol(answer, 'time'))} with {amount(first.figures['energy'], 'kWh')} "
        f"to {amount(last.figures['energy'], 'kWh')} in {amount(last.figures['time'], symbol(answer, 'time'))}: "
        f"{len(marked)} layouts that nothing beats in time, energy and cost at once."
        if several
        else f"One layout is best in time, energy and cost at once: {short(first.settings)}."
    )
    return Chart("field", "Time and energy of every spread", says, rows[0], tuple(rows[1:]), finished(points, 10))


def _point(candidate: Candidate, group: str, hours: float, kwh: float) -> dict[str, Any]:
    figures = candidate.figures
    return {"group": group, "time": figures["time"] / hours, "energy": figures["energy"] / kwh}
