"""A chip's sheet and chips side by side, as pages: self-contained, without scripts or requests, fit for print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import thirdwatt
from thirdwatt.amounts import percent, plain
from thirdwatt.facts import digest
from thirdwatt.facts.prices import today
from thirdwatt.ledger import Total
from thirdwatt.ledger.ledger import WITHIN
from thirdwatt.quantity import unit
from thirdwatt.report.charts import BUILDING, INK, MACHINES, WHOLE, Chart, axis_names, drawn_on, finished
from thirdwatt.report.chip_page import GROUPS, SHADES, lettered, stacked
from thirdwatt.report.chip_sheets import (
    OF_A_DATASHEET,
    against_words,
    area_rows,
    board_words,
    compared_rows,
    comparison_words,
    headline,
    limits_words,
    making_words,
    measured,
    nearest,
    peaks_words,
    title,
    warnings,
)
from thirdwatt.report.chips import PICO, ends, near_words, signed, times
from thirdwatt.report.html import template
from thirdwatt.search.blueprint.sheet import Comparison, Joules, Sheet

UNTOLD = "not told apart"
"""Joules of a chip that only a datasheet is known of."""
DARK = "#4A4A2A"
BAR_PX = 16


def sheet_page(sheet: Sheet, samples: int, seed: int) -> str:
    """A sheet as HTML."""
    charts = [_fall("products", "Where a joule goes in large products", sheet.product, sheet.name)]
    if sheet.training is not None:
        where = f"Where a joule goes in training {sheet.training.model}"
        charts += [_fall("training", where, sheet.training.joules, sheet.name), _boundaries(sheet)]
    charts.append(_area(sheet))
    found = nearest(sheet)
    lines = [peaks_words(sheet), board_words(sheet)]
    if sheet.blueprint is None:
        lines.append(OF_A_DATASHEET)
    else:
        lines = [limits_words(sheet), *lines, making_words(sheet)]
    return _rendered(
        title=title(sheet),
        samples=samples,
        seed=seed,
        headline=headline(sheet),
        warnings=warnings(sheet),
        lines=lines,
        charts=charts,
        tables=[
            ("Held against measurements", "Boards at work, and the model", MEASURED_HEAD, _measured_rows(sheet)),
            ("How each field is known", "Every field and constant", FIELDS_HEAD, field_rows(sheet)),
        ],
        trust=[each for each in (against_words(sheet), near_words(found) if found else "") if each],
    )


def comparison_page(found: Comparison, mix: str, samples: int, seed: int) -> str:
    """Chips side by side as HTML."""
    first, *others = [each.sheet.name for each in found.chips]
    head, *rows = compared_rows(found)
    kept = [row for row in rows if not row[0].startswith("  ")]
    return _rendered(
        title=f"{', '.join(others)} against {first}" if others else first,
        samples=samples,
        seed=seed,
        headline=_best(found),
        warnings=[each for one in found.chips for each in warnings(one.sheet)],
        lines=comparison_words(found, mix),
        charts=[_factors(found), _stacked(found), _areas(found)],
        tables=[("Side by side", "Figures of each chip", ("figure", *head[1:]), kept)],
        trust=[f"{each.sheet.name}: {near_words(near)}" for each in found.chips if (near := nearest(each.sheet))],
    )


def _rendered(*, title: str, charts: Iterable[Chart | None], tables: Sequence[Any], **more: Any) -> str:
    rendered: str = template("chip_sheet.html.j2").render(
        title=title,
        date=today().isoformat(),
        version=thirdwatt.__version__,
        digest=digest(),
        charts=[(chart, chart.svg()) for chart in charts if chart is not None],
        tables=[each for each in tables if each[-1]],
        **more,
    )
    return rendered


# --- tables -------------------------------------------------------------------------------------------------------

FIELDS_HEAD = ("field", "value", "unit", "known by", "source")
MEASURED_HEAD = ("what", "precision", "measured, W", "model, W", "error", "fitted to", "source")


def field_rows(sheet: Sheet) -> list[tuple[str, ...]]:
    """Every field of a sheet: value, unit, how it is known and from where."""
    return [
        (
            each.name.replace("_", " "),
            each.value if isinstance(each.value, str) else f"{each.value:.4g}",
            "" if isinstance(each.value, str) else unit(each.name.partition("@")[0]),
            each.kind,
            each.source,
        )
        for each in sheet.fields
    ]


def _measured_rows(sheet: Sheet) -> list[tuple[str, ...]]:
    return [
        (
            each["what"],
            each["precision"],
            plain(each["measured_w"]),
            plain(each["model_w"]),
            signed(each["error"]),
            "yes" if each["fitted"] else "no",
            each["source"],
        )
        for each in measured(sheet)
    ]


# --- charts of one chip -------------------------------------------------------------------------------------------


def _fall(id_: str, name: str, joules: Joules | None, chip: str) -> Chart | None:
    """Every part of a joule after the one before, to the whole."""
    import altair as alt

    if joules is None or not joules.parts:
        return None
    whole, start = joules.whole.value, 0.0
    data: list[dict[str, Any]] = []
    for part, total in joules.parts.items():
        after = start + total.value
        data.append(
            {
                "name": part,
                "from": start / PICO,
                "to": after / PICO,
                "label": f"{plain(total.value / PICO)} · {percent(total.value / whole)}",
                "group": "waiting" if part == "waiting" else "a part",
            }
        )
        start = after
    data.append({"name": "whole", "from": 0.0, "to": whole / PICO, "label": plain(whole / PICO), "group": "the whole"})
    base = drawn_on(data).encode(y=axis_names(data))
    bars = base.mark_bar(height=BAR_PX).encode(
        x=alt.X("from:Q", title="J per TFLOP"),
        x2="to:Q",
        color=_shaded({"a part": MACHINES, "waiting": BUILDING, "the whole": WHOLE}, data),
    )
    labels = base.mark_text(align="left", dx=5, fontSize=11, color=INK).encode(x="to:Q", text="label:N")
    most, next_ = sorted(joules.parts, key=lambda part: -joules.parts[part].value)[:2]
    says = (
        f"Of {times(_tera(joules.whole))} J per TFLOP, {most} take {percent(joules.parts[most].value / whole)} and "
        f"{next_} {percent(joules.parts[next_].value / whole)}."
    )
    rows = tuple(
        (part, plain(total.value / PICO), percent(total.value / whole), ends(_tera(total)))
        for part, total in {**joules.parts, "whole": joules.whole}.items()
    )
    head = ("part", "J per TFLOP", "share", "90 %")
    return Chart(id_, f"{name}: {chip}", says, head, rows, finished(bars + labels, len(data)))


def _tera(total: Total) -> Total:
    return Total(*(each / PICO for each in (total.value, total.low, total.high)))


def _shaded(shades: Mapping[str, str], data: Sequence[Mapping[str, Any]]) -> Any:
    import altair as alt

    names = [name for name in shades if any(row["group"] == name for row in data)]
    return alt.Color(
        "group:N",
        scale=alt.Scale(domain=names, range=[shades[name] for name in names]),
        legend=alt.Legend(title=None, orient="top", columns=3) if len(names) > 1 else None,
    )


def _ranged(id_: str, name: str, says: str, axis: str, totals: Mapping[str, Total], rows: Any, head: Any) -> Chart:
    """Bars with their intervals as lines, each labelled."""
    import altair as alt

    data = [
        {"name": each, "value": total.value, "low": total.low, "high": total.high, "label": times(total, short=True)}
        for each, total in totals.items()
    ]
    base = drawn_on(data).encode(y=axis_names(data))
    bars = base.mark_bar(height=BAR_PX, color=MACHINES).encode(
        x=alt.X("value:Q", title=axis, axis=alt.Axis(tickCount=6))
    )
    lines = base.mark_rule(color=INK, strokeWidth=1.5).encode(x="low:Q", x2="high:Q")
    labels = base.mark_text(align="left", dx=5, fontSize=11, color=INK).encode(x="high:Q", text="label:N")
    return Chart(id_, name, says, head, rows, finished(bars + lines + labels, len(data)))


def _boundaries(sheet: Sheet) -> Chart | None:
    """J per TFLOP of the model within every boundary: what servers and building add."""
    run = sheet.training
    if run is None:
        return None
    totals = {name: _tera(each) for name, each in run.boundaries.items()}
    chip, facility = totals["accelerators"].value, totals["facility"].value
    says = (
        f"A FLOP of the model takes {plain(facility / chip)} times as much at the facility as at the accelerators: "
        "hosts, network and cooling do not shrink with the chip. Lines are 90 % intervals."
    )
    rows = tuple(
        (name.replace("+", " + "), plain(each.value), ends(each), WITHIN[name].takes_in)
        for name, each in totals.items()
    )
    head = ("boundary", "J per TFLOP", "90 %", "what it counts")
    axis = f"J per TFLOP of the model, training {run.model} in {run.precision}"
    return _ranged("boundaries", "What servers and building add", says, axis, totals, rows, head)


def _area(sheet: Sheet) -> Chart | None:
    """Area by part."""
    if not sheet.area:
        return None
    head, *rows = area_rows(sheet)
    whole = sum(each.value for each in sheet.area.values())
    most = max(sheet.area, key=lambda part: sheet.area[part].value)
    says = (
        f"Of {plain(whole)} mm2 of all dies, {most} takes {percent(sheet.area[most].value / whole)}. "
        "Lines are 90 % intervals."
    )
    return _ranged("area", "What the area is", says, "mm2", sheet.area, tuple(rows), ("part", *head[1:]))


# --- charts of several --------------------------------------------------------------------------------------------


def _best(found: Comparison) -> str:
    """The chip that takes the least, and what it comes to at the server."""
    first, *others = found.chips
    if not first.factors or not others:
        return headline(first.sheet)
    best = max(others, key=lambda each: each.factors["accelerators"].value)
    at = {name: times(best.factors[name], short=name != "accelerators") for name in ("accelerators", "it", "facility")}
    beyond = f"{at['it']} at IT and at the facility"
    if at["it"] != at["facility"]:
        beyond = f"{at['it']} at IT and {at['facility']} at the facility"
    return (
        f"{best.sheet.name} takes {at['accelerators']} times less energy than {first.sheet.name} at the accelerators, "
        f"{beyond}."
    )


def _factors(found: Comparison) -> Chart | None:
    """How many times less energy each takes than the first, at the accelerators, IT and the facility."""
    first, *others = found.chips
    if not first.factors or not others:
        return None
    shown = [name for name in ("accelerators", "it", "facility") if name in first.factors]
    totals = {f"{each.sheet.id}, {name}": each.factors[name] for each in others for name in shown}
    rows = tuple((name, plain(each.value), ends(each)) for name, each in totals.items())
    says = (
        f"How many times less energy than {first.sheet.name} on the mix, by boundary; lines are 90 % intervals over "
        "common draws."
    )
    head = ("chip, boundary", "times less", "90 %")
    axis = f"times less energy than {first.sheet.id}"
    return _ranged("factors", "How many times less energy", says, axis, totals, rows, head)


def _stacked(found: Comparison) -> Chart | None:
    """J per TFLOP in training by group of parts, a bar for every chip."""
    runs = {each.sheet.id: each.sheet.training for each in found.chips if each.sheet.training is not None}
    if not runs:
        return None
    data, tops, rows = [], [], []
    groups = [*GROUPS, *([UNTOLD] if any(not run.joules.parts for run in runs.values()) else [])]
    for name, run in runs.items():
        at, own = 0.0, _grouped(run.joules)
        for group, value in own.items():
            data.append({"name": name, "group": group, "from": at, "to": at + value})
            at += value
        whole = _tera(run.joules.whole)
        tops.append({"name": name, "to": at, "label": times(whole, short=True)})
        rows.append(
            (name, *(plain(own[each]) if each in own else "" for each in groups), plain(whole.value), ends(whole))
        )
    shades = {group: shade for group, shade in zip((*GROUPS, UNTOLD), (*SHADES, DARK), strict=True) if group in groups}
    bars = stacked(data, list(runs), "J of the accelerators per TFLOP of the model", shades)
    labels = drawn_on(tops).mark_text(align="left", dx=5, fontSize=11, color=INK)
    labels = labels.encode(y=axis_names(tops), x="to:Q", text="label:N")
    model = next(iter(runs.values())).model
    least = min(runs, key=lambda name: runs[name].joules.whole.value)
    says = f"Training {model}, {least} takes the least, {plain(runs[least].joules.whole.value / PICO)} J per TFLOP."
    head = ("J per TFLOP of the model", *lettered(groups).values(), "whole", "90 %")
    name = f"Where a joule goes in training {model}"
    return Chart("joules", name, says, head, tuple(rows), finished(bars + labels, len(tops) + 2))


def _grouped(joules: Joules) -> dict[str, float]:
    """J per TFLOP by group of parts; the whole where parts are not known."""
    if not joules.parts:
        return {UNTOLD: joules.whole.value / PICO}
    return {
        group: sum(joules.parts[name].value for name in names if name in joules.parts) / PICO
        for group, names in GROUPS.items()
    }


def _areas(found: Comparison) -> Chart | None:
    """Area of the dies of each, with the parts in the table."""
    chips = [each.sheet for each in found.chips if each.sheet.area]
    if not chips:
        return None
    totals = {each.id: each.figures["die_area_mm2"] for each in chips}
    parts = list(dict.fromkeys(part for each in chips for part in each.area))
    rows = tuple(
        (
            each.id,
            *(plain(each.area[part].value) for part in parts),
            plain(totals[each.id].value),
            ends(totals[each.id]),
        )
        for each in chips
    )
    largest = max(totals, key=lambda name: totals[name].value)
    says = f"All dies of {largest} are the largest, {plain(totals[largest].value)} mm2. Lines are 90 % intervals."
    head = ("mm2", *parts, "whole", "90 %")
    return _ranged("areas", "What the area is", says, "mm2 of all dies", totals, rows, head)
