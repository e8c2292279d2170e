"""What a search for a blueprint found, as one page: self-contained, without scripts or requests, fit for print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import thirdwatt
from thirdwatt.amounts import amount, percent, plain
from thirdwatt.facts import digest, table
from thirdwatt.facts.prices import today
from thirdwatt.ledger.ledger import WITHIN
from thirdwatt.report.charts import BUILDING, INK, MACHINES, WHOLE, Chart, axis_names, drawn_on, finished
from thirdwatt.report.chip_file import NOTES, chip_file
from thirdwatt.report.chips import (
    assumption_rows,
    best_on_sale,
    bounds,
    byte_words,
    clock_words,
    cmos_words,
    design_lines,
    ends,
    headline,
    landauer_words,
    looked,
    near_words,
    nearest_validated,
    part_rows,
    part_words,
    reaches,
    speculative_line,
    title,
    workloads,
)
from thirdwatt.report.html import template
from thirdwatt.scenario.blueprint import CHOSEN, shipping
from thirdwatt.search.blueprint.answer import Answer, Design
from thirdwatt.search.blueprint.mix import Document, document_of, laid_out
from thirdwatt.search.blueprint.parts import full_section
from thirdwatt.search.blueprint.sheet import Training, training

GROUPS: Mapping[str, tuple[str, ...]] = {
    "arithmetic": ("multipliers and adders", "instructions"),
    "operands and wires": ("registers", "local memory", "shared memory and wires"),
    "clocks and other logic": ("clocks and other logic",),
    "leakage, refresh, board": ("leakage", "refresh and board"),
    "memory and links": ("memory", "links"),
    "waiting": ("waiting",),
}
"""Parts of a joule as a chart tells them apart."""
SHADES = (MACHINES, BUILDING, "#7A4FA3", "#00795A", "#A8467F", "#6E6E6E")
"""Shades of the groups, dark enough for a letter in white."""
LETTER_SHARE = 0.04
"""Share of the longest bar from which a part of it has room for its letter."""
FRONT_ROWS = 25
USUAL: Mapping[str, float] = {"gated_share": 0.0, "leaking_share": 1.0}
"""Fields of a chip on sale that say nothing."""
PER_CENT = 100


def page(answer: Answer) -> str:
    """The answer as HTML."""
    question = answer.question
    found = answer.best is not None
    drawn = (_waterfall(answer), _joules(answer), _front(answer), _assumptions(answer)) if found else ()
    rendered: str = template("chip.html.j2").render(
        title=title(answer),
        date=today().isoformat(),
        version=thirdwatt.__version__,
        digest=digest(),
        seed=question.seed,
        samples=question.samples,
        boundary=question.boundary,
        included=WITHIN[question.boundary].takes_in,
        headline=headline(answer),
        lines=[each for each in (reaches(answer), speculative_line(question)) if each],
        workloads=workloads(answer),
        boundaries=[
            (name.replace("+", " + "), plain(each.value), ends(each)) for name, each in answer.boundaries.items()
        ],
        charts=[(chart, chart.svg()) for chart in drawn if chart is not None],
        beside=_beside(answer),
        design=" ".join(design_lines(answer)) if found else "",
        fields=_fields(answer),
        beyond=[_beyond(each) for each in answer.beyond],
        on_sale=[(shipping(name).name, plain(each)) for name, each in answer.shipping.items()],
        validated=near_words(nearest_validated(answer)) if found else "",
        looked=looked(answer),
        file=chip_file(answer) if found else "",
    )
    return rendered


def _beside(answer: Answer) -> list[str]:
    if answer.best is None:
        return []
    found = bounds(answer.best)
    return [each for each in (best_on_sale(answer), cmos_words(found), landauer_words(found)) if each]


def _beyond(each: Any) -> tuple[str, ...]:
    kind = "speculative" if each.speculative else "on sale, other software"
    if each.design is None:
        return each.what, kind, "none can be built", "", "", ""
    return (each.what, kind, *_numbers(each.design))


def _numbers(design: Design) -> tuple[str, ...]:
    return (
        plain(design.factor),
        percent(design.time_ratio),
        plain(design.built["accelerator_tdp_w"]),
        plain(design.cost_usd),
    )


def _fields(answer: Answer) -> list[tuple[str, ...]]:
    """Fields of the design beside the baseline's."""
    if answer.best is None:
        return []
    base, own = full_section(answer.question.baseline), answer.best.section
    return [
        (name, _said(name, base.get(name, USUAL.get(name))), _said(name, value), NOTES.get(name, ""))
        for name, value in own.items()
        if name not in ("name", "known")
    ]


def _said(name: str, value: Any) -> str:
    if value is None:
        return "not said"
    if name in CHOSEN:
        return table(CHOSEN[name]).rows[value].name
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {each:g}" for key, each in value.items())
    if isinstance(value, str):
        return value
    if name.endswith("_byte"):
        return byte_words(value)
    if name == "clock_hz":
        return clock_words(value)
    return amount(value, "B/s") if name == "link_byte_per_s" else plain(value, 4)


# --- charts -------------------------------------------------------------------------------------------------------


def _waterfall(answer: Answer) -> Chart | None:
    """From the baseline's energy over every part to the design's."""
    import altair as alt

    if not answer.parts or answer.factor is None:
        return None
    words = part_words(answer)
    data: list[dict[str, Any]] = [
        {"name": "baseline", "from": 0.0, "to": 100.0, "edge": 100.0, "label": "100 %", "group": "a chip"}
    ]
    at = before_fit = 1.0
    marks = []
    for each in answer.parts:
        after, before_fit = at / each.in_order, before_fit / each.prior_in_order
        marks.append({"name": f"{each.group}: {words[each.group]}", "prior": PER_CENT * before_fit})
        data.append(
            {
                "name": f"{each.group}: {words[each.group]}",
                "from": PER_CENT * after,
                "to": PER_CENT * at,
                "edge": PER_CENT * max(after, at),
                "label": f"{each.in_order:.2f} times less ({each.any_order:.2f})",
                "group": "taken off" if after <= at else "added",
            }
        )
        at = after
    data.append(
        {"name": "blueprint", "from": 0.0, "to": PER_CENT * at, "edge": PER_CENT * at, "label": percent(at),
         "group": "a chip"}
    )  # fmt: skip
    shades = {"a chip": WHOLE, "taken off": MACHINES, "added": BUILDING}
    names = [name for name in shades if any(row["group"] == name for row in data)]
    base = drawn_on(data).encode(y=axis_names(data))
    bars = base.mark_bar(height=16).encode(
        x=alt.X("from:Q", title="energy on the mix, % of the baseline's"),
        x2="to:Q",
        color=alt.Color(
            "group:N",
            scale=alt.Scale(domain=names, range=[shades[name] for name in names]),
            legend=alt.Legend(title=None, orient="top"),
        ),
    )
    labels = base.mark_text(align="left", dx=5, fontSize=11, color=INK).encode(x="edge:Q", text="label:N")
    prior = drawn_on(marks).mark_point(shape="diamond", size=90, filled=True, color=INK, opacity=1)
    prior = prior.encode(y=axis_names(data), x="prior:Q")
    aimed = drawn_on([{"at": PER_CENT / answer.question.factor}])
    line = aimed.mark_rule(color=INK, strokeDash=[5, 3]).encode(x="at:Q")
    most = max(answer.parts, key=lambda each: each.any_order)
    says = (
        f"The baseline's energy on the mix becomes {percent(at)} of it; the most, whatever the order, comes from "
        f"{most.group} ({most.any_order:.2f} times). In brackets: in any order. Diamonds: what is left with constants "
        f"as before any fit, in the end {percent(before_fit)}. The dashed line is what was asked."
    )
    head, *rows = part_rows(answer)
    head = ("part", "what changes", "in order", "any order", "in order, prior constants", "any order, prior constants")
    drawn = finished(line + bars + prior + labels, len(data))
    return Chart("waterfall", "Where it comes from", says, head, tuple(rows), drawn)


def _before(answer: Answer) -> list[Document]:
    question = answer.question
    mix = [each.workload for each in answer.trained]
    section = {"based_on": question.baseline}
    return laid_out(
        [document_of(each, section, question.baseline, question.baseline_precision, question.boundary) for each in mix]
    )


def _joules(answer: Answer) -> Chart | None:
    """Where a joule of the accelerators goes, on the baseline and on the design."""
    import altair as alt

    sides = [
        (model.workload.model, training(one, samples=1), training(other, samples=1))
        for model, one, other in zip(answer.trained, _before(answer), answer.documents, strict=True)
    ]
    shown = [(name, one, other) for name, one, other in sides if one is not None and other is not None]
    if not shown:
        return None
    data, ends_of, rows, names = [], [], [], []
    for model, one, other in shown:
        whole = one.joules.whole.value
        for side, run in (("before", one), ("after", other)):
            name, at = f"{model}, {side}", 0.0
            names.append(name)
            for group, value in _grouped(run).items():
                share = PER_CENT * value / whole
                data.append({"name": name, "group": group, "from": at, "to": at + share})
                at += share
            ends_of.append({"name": name, "to": at, "label": f"{plain(run.joules.whole.value / 1e-12)} J/TFLOP"})
            rows.append((name, *(plain(value / 1e-12) for value in _grouped(run).values()),
                         plain(run.joules.whole.value / 1e-12)))  # fmt: skip
    bars = stacked(
        data, names, "J of the accelerators per FLOP, % of the baseline's", dict(zip(GROUPS, SHADES, strict=True))
    )
    labels = drawn_on(ends_of).mark_text(align="left", dx=5, fontSize=11, color=INK)
    labels = labels.encode(y=alt.Y("name:N", sort=names), x="to:Q", text="label:N")
    model, one, other = shown[0]
    largest = max(GROUPS, key=lambda group: _grouped(one)[group])
    after = max(GROUPS, key=lambda group: _grouped(other)[group])
    says = (
        f"On {model} the largest part of the baseline's joules is {largest} ("
        f"{percent(_grouped(one)[largest] / one.joules.whole.value)}), of the blueprint's {after} ("
        f"{percent(_grouped(other)[after] / other.joules.whole.value)})."
    )
    head = ("J per TFLOP of the model", *lettered(GROUPS).values(), "whole")
    return Chart("joules", "Where a joule goes, before and after", says, head, tuple(rows),
                 finished(bars + labels, len(names) + 2))  # fmt: skip


def lettered(groups: Iterable[str]) -> dict[str, str]:
    """Groups with the letters that stand in their parts of a bar, so that colour does not stand alone."""
    return {group: f"{letter} {group}" for letter, group in zip("ABCDEFGH", groups, strict=False)}


def stacked(data: Sequence[Mapping[str, Any]], names: Sequence[str], axis: str, shades: Mapping[str, str]) -> Any:
    """Bars of parts one after the other, each with the letter of its group where there is room."""
    import altair as alt

    called = lettered(shades)
    whole = max(row["to"] for row in data)
    rows = [
        {
            **row,
            "group": called[row["group"]],
            "middle": (row["from"] + row["to"]) / 2,
            "letter": called[row["group"]][0] if row["to"] - row["from"] >= LETTER_SHARE * whole else "",
        }
        for row in data
    ]
    base = drawn_on(rows).encode(y=alt.Y("name:N", sort=list(names), title=None))
    bars = base.mark_bar(height=16, stroke="white", strokeWidth=1).encode(
        x=alt.X("from:Q", title=axis),
        x2="to:Q",
        color=alt.Color(
            "group:N",
            scale=alt.Scale(domain=list(called.values()), range=list(shades.values())),
            legend=alt.Legend(title=None, orient="top", columns=3),
        ),
    )
    letters = base.mark_text(fontSize=10, fontWeight="bold", color="white").encode(x="middle:Q", text="letter:N")
    return bars + letters


def _grouped(run: Training) -> dict[str, float]:
    return {
        group: sum(run.joules.parts[name].value for name in names if name in run.joules.parts)
        for group, names in GROUPS.items()
    }


def _front(answer: Answer) -> Chart | None:
    """Designs that nothing beats in energy, time and cost at once."""
    import altair as alt

    front = answer.front
    if len(front) < 2:
        return None
    data = [
        {"energy": PER_CENT / each.factor, "time": PER_CENT * each.time_ratio, "cost": each.cost_usd} for each in front
    ]
    base = drawn_on(data).encode(
        x=alt.X("time:Q", title="accelerator hours, % of the baseline's", scale=alt.Scale(zero=False)),
        y=alt.Y("energy:Q", title="energy, % of the baseline's", scale=alt.Scale(zero=False, padding=18)),
    )
    points = base.mark_point(filled=True, size=55, opacity=1, stroke=INK, strokeWidth=0.5).encode(
        color=alt.Color(
            "cost:Q",
            scale=alt.Scale(range=["#b5d6ea", "#1c5f9e"]),
            legend=alt.Legend(title="USD to make", orient="right"),
        )
    )
    least = min(data, key=lambda row: row["energy"])
    marked = drawn_on([{**least, "label": "least energy"}]).encode(x="time:Q", y="energy:Q")
    ring = marked.mark_point(size=190, stroke=BUILDING, strokeWidth=2)
    word = marked.mark_text(align="left", dx=6, dy=14, fontSize=11, color=INK).encode(text="label:N")
    cheap = min(front, key=lambda each: each.cost_usd)
    fast = min(front, key=lambda each: each.time_ratio)
    says = (
        f"{len(front)} designs that nothing beats in energy, time and cost at once, laid out as the baseline "
        f"or as the best: from {plain(front[0].factor)} times less energy at {plain(front[0].cost_usd)} USD, "
        "over the cheapest at "
        f"{plain(cheap.cost_usd)} USD ({plain(cheap.factor)} times less), to the fastest in {percent(fast.time_ratio)} "
        f"of the hours ({plain(fast.factor)} times less)."
    )
    rows = tuple(
        (plain(each.factor), percent(each.time_ratio), plain(each.cost_usd), each.precision,
         each.section["process"], clock_words(each.section["clock_hz"]), f"{each.section['units']:g}",
         f"{each.section['macs']:,.0f}", f"{each.section['stacks']:g} {each.section['memory']}",
         plain(each.built["accelerator_tdp_w"]), plain(each.built["die_area_mm2"]))
        for each in _thinned(front)
    )  # fmt: skip
    head = (
        "times less", "hours", "USD", "precision", "process", "clock", "units", "multiply-adds", "memory", "W", "mm2",
    )  # fmt: skip
    return Chart("front", "Energy, time and cost", says, head, rows, finished(points + ring + word, 12))


def _thinned(front: Sequence[Design]) -> list[Design]:
    if len(front) <= FRONT_ROWS:
        return list(front)
    return [front[round(place * (len(front) - 1) / (FRONT_ROWS - 1))] for place in range(FRONT_ROWS)]


def _assumptions(answer: Answer) -> Chart | None:
    """What the spread of the factor comes from."""
    import altair as alt

    if not answer.assumptions:
        return None
    head, *rows = assumption_rows(answer)
    data = [
        {"name": row[0], "share": PER_CENT * each.share, "label": f"{row[2]} · {row[1]} · {row[3]}"}
        for row, each in zip(rows, answer.assumptions, strict=True)
    ]
    base = drawn_on(data).encode(y=axis_names(data), x=alt.X("share:Q", title="share of the factor's variance, %"))
    bars = base.mark_bar(height=16, color=MACHINES)
    labels = base.mark_text(align="left", dx=5, fontSize=11, color=INK).encode(text="label:N")
    whole = sum(each.share for each in answer.assumptions)
    says = f"{percent(whole)} of the factor's variance comes from these; the most from {rows[0][0]}."
    return Chart("assumptions", "What it hangs on", says, tuple(head), tuple(rows), finished(bars + labels, len(data)))
