"""Charts of a ledger: each with one sentence that says what it shows, and the table behind it.

A chart is defined once, in Altair, and drawn as static SVG without a browser; the same picture stands in a page, in
print and in a document. Colour never carries a meaning alone: bars are labelled, groups are named and hatched by
their outline.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from thirdwatt.amounts import amount, percent, scale, span, unit_to_read
from thirdwatt.facts.scopes import OVERHEAD
from thirdwatt.ledger import Ledger
from thirdwatt.ledger.development import development
from thirdwatt.ledger.ledger import WITHIN
from thirdwatt.ledger.sensitivity import swings
from thirdwatt.report.development import FINAL, parts
from thirdwatt.report.phrases import column, number, sized
from thirdwatt.report.reconciliation import reconcile
from thirdwatt.report.sides import of_ledger
from thirdwatt.report.waterfall import sentence, step_ends

MACHINES, BUILDING, WHOLE = "#0072B2", "#D55E00", "#404040"
"""Colours that people with colour-blindness tell apart, each at least 3:1 against white."""

INK = "#222222"
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
"""Faces of one width, so that what Vega measures is what a page or a PDF draws."""

WIDTH_PX = 560
LABEL_PX = 240
STEP_PX = 26
SENSITIVE = 8
SMALL_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart.

    ``says`` is the sentence that stands for the picture where it cannot be seen; ``rows`` under ``head`` is the table
    behind it; ``specification`` is Vega-Lite.
    """

    id: str
    title: str
    says: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    specification: dict[str, Any]

    def svg(self) -> str:
        """The picture as SVG that carries its own text alternative; the same bytes for the same chart."""
        import vl_convert

        drawn = vl_convert.vegalite_to_svg(self.specification)
        # Vega counts gradients over all charts that it draws: the ids would be others in another order.
        for place, name in enumerate(dict.fromkeys(re.findall(r"gradient_[0-9]+", drawn))):
            drawn = re.sub(rf"{name}\b", f"gradient-{self.id}-{place}", drawn)
        # The picture is one image to a reader: what Vega says of its inner groups would only be noise.
        bare = re.sub(r' (?:role|aria-[a-z]+)="[^"]*"', "", drawn)
        label = escape(self.says, quote=True)
        return bare.replace('class="marks"', f'role="img" aria-label="{label}" class="chart"', 1)


def charts(ledger: Ledger, against: Ledger | None = None) -> list[Chart]:
    """Every chart that this ledger has something to show in, beside another ledger if there is one."""
    drawn = (
        where_it_went(ledger),
        phases(ledger),
        quadrant(ledger),
        sensitivity(ledger),
        None if against is None else between(against, ledger),
        boundaries(ledger),
        whole_project(ledger),
    )
    return [chart for chart in drawn if chart is not None]


def where_it_went(ledger: Ledger) -> Chart | None:
    """Waterfall of the facility's energy by component."""
    import altair as alt

    rows = [row for row in ledger.components if row.energy_kwh.value > 0]
    if not rows:
        return None
    whole = sum(row.energy_kwh.value for row in rows)
    factor, unit = scale([whole], "kWh")
    start, data = 0.0, []
    for row in rows:
        value = row.energy_kwh.value
        data.append(
            {
                "name": _words(row.name),
                "from": start / factor,
                "to": (start + value) / factor,
                "label": f"{value / factor:.3g} {unit} · {percent(value / whole)}",
                "group": "building" if row.name in OVERHEAD else "machines",
            }
        )
        start += value
    data.append(
        {"name": "facility", "from": 0.0, "to": whole / factor, "label": amount(whole, "kWh"), "group": "total"}
    )
    base = drawn_on(data).encode(y=axis_names(data))
    bars = base.mark_bar(height=16).encode(
        x=alt.X("from:Q", title=f"energy, {unit}"), x2="to:Q", color=_grouped(("machines", "building", "total"))
    )
    labels = base.mark_text(align="left", dx=5, fontSize=11, color=INK).encode(x="to:Q", text="label:N")
    largest = max(rows, key=lambda row: row.energy_kwh.value)
    building = sum(row.energy_kwh.value for row in rows if row.name in OVERHEAD)
    says = (
        f"Of {amount(whole, 'kWh')} for the whole facility, {_words(largest.name)} took "
        f"{percent(largest.energy_kwh.value / whole)}, the building {percent(building / whole)}."
    )
    cells = column([row.energy_kwh.value for row in rows], "kWh")
    table = tuple(
        (
            _words(row.name),
            cells.cell(row.energy_kwh.value),
            cells.ends(row.energy_kwh),
            percent(row.power_share),
        )
        for row in rows
    )
    head = ("component", cells.head("energy"), cells.head("90 % interval"), "share")
    return Chart("where", "Where the energy went", says, head, table, finished(bars + labels, len(data)))


def phases(ledger: Ledger) -> Chart | None:
    """Energy by phase of the run."""
    import altair as alt

    found = [phase for phase in ledger.phases if phase.energy_kwh.value > 0]
    if not found:
        return None
    whole = sum(phase.energy_kwh.value for phase in found)
    data = [
        {
            "name": _words(phase.name),
            "share": 100 * phase.energy_kwh.value / whole,
            "label": f"{percent(phase.energy_kwh.value / whole)} · {amount(phase.energy_kwh.value, 'kWh')}",
        }
        for phase in found
    ]
    base = drawn_on(data).encode(y=axis_names(data), x=alt.X("share:Q", title="share of the energy, %"))
    bars = base.mark_bar(height=16, color=MACHINES)
    labels = base.mark_text(align="left", dx=5, fontSize=11, color=INK).encode(text="label:N")
    useful = found[0].energy_kwh.value / whole
    says = f"Computing took {percent(useful)} of the energy; the rest went into {_listed(found[1:])}."
    cells = column([phase.energy_kwh.value for phase in found], "kWh")
    table = tuple(
        (
            _words(phase.name),
            "" if phase.time_share is None else percent(phase.time_share),
            cells.cell(phase.energy_kwh.value),
            percent(phase.energy_kwh.value / whole),
        )
        for phase in found
    )
    head = ("phase", "share of time", cells.head("energy"), "share of energy")
    return Chart("phases", "What it was spent on", says, head, table, finished(bars + labels, len(data)))


def _listed(found: Sequence[Any]) -> str:
    return ", ".join(_words(phase.name) for phase in found) or "nothing else"


def quadrant(ledger: Ledger) -> Chart | None:
    """Components by their shares of power and of cost."""
    import altair as alt

    rows = [row for row in ledger.components if row.quadrant is not None and row.cost_share is not None]
    if not rows:
        return None
    rule = ledger.scenario.quadrant
    small = [row for row in rows if row.power_share < SMALL_SHARE and (row.cost_share or 0) < SMALL_SHARE]
    data = [
        {"name": _words(row.name), "power": 100 * row.power_share, "cost": 100 * (row.cost_share or 0)}
        for row in rows
        if row not in small
    ]
    if small:
        names = ", ".join(_words(row.name) for row in small)
        data.append({"name": names, "power": 100 * small[0].power_share, "cost": 100 * (small[0].cost_share or 0)})
    wide = alt.Scale(type="sqrt", domainMin=0)
    layers = []
    for below, kept in ((False, _clear(data)), (True, [row for row in data if row not in _clear(data)])):
        base = drawn_on(kept).encode(
            x=alt.X("power:Q", scale=wide, title="share of power, % (root scale)"),
            y=alt.Y("cost:Q", scale=wide, title=f"share of {rule.cost}, % (root scale)"),
        )
        layers.append(base.mark_point(filled=True, size=70, color=MACHINES, opacity=1))
        layers.append(
            base.mark_text(align="left", dx=8, dy=12 if below else -6, fontSize=11, color=INK).encode(text="name:N")
        )
    lines = drawn_on([{"power": 100 * rule.power_share, "cost": 100 * rule.cost_share}])
    across = lines.mark_rule(strokeDash=[5, 3], color="#666").encode(y="cost:Q")
    down = lines.mark_rule(strokeDash=[5, 3], color="#666").encode(x="power:Q")
    unlike = [row for row in rows if row.quadrant != row.reference_quadrant]
    named = ", ".join(f"{_words(row.name)} ({row.quadrant})" for row in unlike) or "none"
    says = (
        f"High from {percent(rule.power_share)} of power and {percent(rule.cost_share)} of {rule.cost}. "
        f"Elsewhere than the essay puts them: {named}."
    )
    table = tuple(
        (
            _words(row.name),
            percent(row.power_share),
            percent(row.cost_share or 0),
            row.quadrant or "",
            row.reference_quadrant or "",
        )
        for row in rows
    )
    head = ("component", "power", rule.cost, "quadrant", "in the essay")
    chart = alt.layer(across, down, *layers).properties(width=WIDTH_PX, height=320)
    return Chart("quadrant", "Cost and power", says, head, table, styled(chart))


def _clear(data: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Points whose label, above and to the right, meets no other point's label on the root scale."""
    kept: list[dict[str, Any]] = []
    for row in data:
        near = (
            abs(math.sqrt(row["cost"]) - math.sqrt(other["cost"])) < 0.4
            and abs(math.sqrt(row["power"]) - math.sqrt(other["power"])) < 1.8
            for other in kept
        )
        if not any(near):
            kept.append(row)
    return kept


def sensitivity(ledger: Ledger) -> Chart | None:
    """What the headline would be with one figure at either end of its range."""
    import altair as alt

    quantity = WITHIN[ledger.boundary].quantity
    centre = ledger.of(quantity)
    rows = [row for row in ledger.inputs if row.spread_share][:SENSITIVE]
    if centre is None or not rows:
        return None
    moved = swings(ledger, [row.quantity for row in rows], quantity)
    factor, unit = scale([centre.value], "kWh")
    data, table = [], []
    for row in rows:
        low, high = moved[row.quantity]
        figure, symbol = row.figure, unit_to_read(row.quantity)
        ends = span(figure.low, figure.high, symbol, figure.value)
        data.append(
            {
                "name": _words(row.quantity),
                "from": min(low, high) / factor,
                "to": max(low, high) / factor,
                "label": ends,
            }
        )
        at_ends = f"{low / factor:.3g} to {high / factor:.3g} {unit}"
        share = percent(row.spread_share or 0)
        table.append((_words(row.quantity), amount(figure.value, symbol), ends, at_ends, share, figure.kind))
    base = drawn_on(data).encode(y=axis_names(data))
    bars = base.mark_bar(height=14, color=MACHINES).encode(
        x=alt.X("from:Q", title=f"energy ({ledger.boundary}), {unit}", scale=alt.Scale(zero=False)), x2="to:Q"
    )
    labels = base.mark_text(align="left", dx=5, fontSize=11, color=INK).encode(x="to:Q", text="label:N")
    middle = drawn_on([{"at": centre.value / factor}]).mark_rule(color=INK).encode(x="at:Q")
    says = (
        f"Around {amount(centre.value, 'kWh')}, most of the spread comes from {_words(rows[0].quantity)} "
        f"({percent(rows[0].spread_share or 0)} of the variance)."
    )
    head = ("figure", "value", "range", "energy at its ends", "share of variance", "kind")
    chart = finished(bars + labels + middle, len(data))
    return Chart("sensitivity", "What would change the answer", says, head, tuple(table), chart)


def boundaries(ledger: Ledger) -> Chart | None:
    """The same run within each of the four boundaries."""
    import altair as alt

    found = [(name, ledger.boundaries[name]["energy_kwh"]) for name in WITHIN]
    known = [(name, total) for name, total in found if total is not None]
    if not known:
        return None
    factor, unit = scale([total.value for _, total in known], "kWh")
    data = [
        {
            "name": name.replace("+", " + "),
            "value": total.value / factor,
            "low": total.low / factor,
            "high": total.high / factor,
            "label": amount(total.value, "kWh"),
        }
        for name, total in known
    ]
    base = drawn_on(data).encode(y=axis_names(data))
    bars = base.mark_bar(height=16, color=MACHINES).encode(x=alt.X("value:Q", title=f"energy, {unit}"))
    ranges = base.mark_rule(color=INK, strokeWidth=2).encode(x="low:Q", x2="high:Q")
    labels = base.mark_text(align="left", dx=5, fontSize=11, color=INK).encode(x="high:Q", text="label:N")
    first, last = known[0][1], known[-1][1]
    says = (
        f"The boundary alone moves the figure from {amount(first.value, 'kWh')} ({known[0][0]}) to "
        f"{amount(last.value, 'kWh')} ({known[-1][0]})."
    )
    cells = column([total.value for _, total in known], "kWh")
    table = tuple((name, cells.cell(total.value), cells.ends(total)) for name, total in known)
    head = ("boundary", cells.head("energy"), cells.head("90 % interval"))
    return Chart(
        "boundaries",
        "The same run within other boundaries",
        says,
        head,
        table,
        finished(bars + ranges + labels, len(data)),
    )


def whole_project(ledger: Ledger) -> Chart | None:
    """The final run and what was run before and beside it, if that was asked for."""
    import altair as alt

    found = development(ledger)
    if found is None:
        return None
    data = [{"name": FINAL, "ratio": 1.0, "low": 1.0, "high": 1.0, "label": "1", "group": "final run"}]
    for part in found.parts:
        ratio = part.ratio
        data.append(
            {
                "name": _words(part.name),
                "ratio": ratio.value,
                "low": ratio.low,
                "high": ratio.high,
                "label": number(ratio.value),
                "group": "before and beside it",
            }
        )
    base = drawn_on(data).encode(y=axis_names(data))
    bars = base.mark_bar(height=16).encode(
        x=alt.X("ratio:Q", title="work, final run = 1"), color=_grouped(("final run", "before and beside it"))
    )
    ranges = base.mark_rule(color=INK, strokeWidth=2).encode(x="low:Q", x2="high:Q")
    labels = base.mark_text(align="left", dx=5, fontSize=11, color=INK).encode(x="high:Q", text="label:N")
    largest = max(found.parts, key=lambda part: part.ratio.value)
    says = f"The whole project takes {sized(found.multiplier, '')} times its final run"
    if len(found.parts) > 1:
        says += f"; most of what comes before and beside it: {_words(largest.name)}"
    sheet = parts(ledger, found)
    chart = finished(bars + ranges + labels, len(data))
    return Chart("development", "The final run and what came before it", f"{says}.", sheet.head, sheet.rows, chart)


def between(other: Ledger, ledger: Ledger) -> Chart | None:
    """What makes the difference to another ledger: a waterfall by quantity, without a rest."""
    import altair as alt

    sides = of_ledger(other), of_ledger(ledger)
    if any(side.values.get("energy_kwh", 0) <= 0 for side in sides):
        return None
    found = reconcile(*sides, "energy_kwh")
    one, two = (side.values["energy_kwh"] for side in sides)
    factor, unit = scale([one, two], "kWh")
    ends = {"group": "total"}
    first = {"name": other.scenario.name, "from": 0.0, "to": one / factor, "label": amount(one, "kWh"), **ends}
    data: list[dict[str, Any]] = [first]
    at = one
    steps = [step for step in found.steps if abs(step.difference) > found.negligible]
    for step in steps:
        data.append(
            {
                "name": step.meaning,
                "from": at / factor,
                "to": (at + step.difference) / factor,
                "label": f"{step.difference / factor:+.3g} {unit}",
                "group": "more" if step.difference > 0 else "less",
            }
        )
        at += step.difference
    name = ledger.scenario.name if ledger.scenario.name != other.scenario.name else f"{ledger.scenario.name}, this one"
    data.append({"name": name, "from": 0.0, "to": two / factor, "label": amount(two, "kWh"), **ends})
    for row in data:
        row["edge"] = max(row["from"], row["to"])
    base = drawn_on(data).encode(y=axis_names(data))
    bars = base.mark_bar(height=16).encode(
        x=alt.X("from:Q", title=f"energy, {unit}"), x2="to:Q", color=_grouped(("less", "more", "total"))
    )
    labels = base.mark_text(align="left", dx=5, fontSize=11, color=INK).encode(x="edge:Q", text="label:N")
    table = tuple((step.meaning, *step_ends(step), f"{step.difference / factor:+.3g} {unit}") for step in steps)
    head = ("what", other.scenario.name, name, "adds")
    return Chart(
        "between", f"Beside {other.scenario.name}", sentence(found), head, table, finished(bars + labels, len(data))
    )


# --- how they look ------------------------------------------------------------------------------------------------


def _words(name: str) -> str:
    return name.replace("_", " ")


def drawn_on(rows: Sequence[dict[str, Any]]) -> Any:
    """A chart over some rows, nothing drawn yet."""
    import altair as alt

    return alt.Chart(alt.Data(values=list(rows)))  # type: ignore[no-untyped-call]


def axis_names(data: Iterable[Mapping[str, Any]], title: str | None = None) -> Any:
    """The axis that names bars, in their order."""
    import altair as alt

    return alt.Y("name:N", sort=[str(row["name"]) for row in data], title=title, axis=alt.Axis(labelLimit=LABEL_PX))


def _grouped(groups: tuple[str, ...]) -> Any:
    import altair as alt

    return alt.Color(
        "group:N",
        scale=alt.Scale(domain=list(groups), range=[MACHINES, BUILDING, WHOLE][: len(groups)]),
        legend=alt.Legend(title=None, orient="top"),
    )


def finished(chart: Any, bars: int) -> dict[str, Any]:
    """A chart as Vega-Lite, as high as so many bars."""
    return styled(chart.properties(width=WIDTH_PX, height=STEP_PX * bars))


def styled(chart: Any) -> dict[str, Any]:
    """Vega-Lite with the house's type: one family, quiet grid, no frame."""
    house = chart.configure(
        font=FONT, background="transparent", padding={"left": 8, "right": 60, "top": 4, "bottom": 4}
    ).configure_view(stroke=None)
    house = house.configure_axis(
        labelFontSize=11, titleFontSize=11, gridColor="#e5e5e5", labelColor=INK, titleColor=INK
    )
    found: dict[str, Any] = house.configure_legend(labelFontSize=11, labelColor=INK).to_dict()
    return found
