"""A chip's sheet and chips side by side, in words: area, limits, power, where every joule goes, how that is known."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from thirdwatt.amounts import amount, percent, plain, span
from thirdwatt.facts import table
from thirdwatt.ledger import Total
from thirdwatt.ledger.ledger import WITHIN
from thirdwatt.report.chips import PICO, TERA, aligned, clock_words, near_words, signed, times, wrapped
from thirdwatt.scenario.datasheet import PEAK
from thirdwatt.search.blueprint.known import KNOWN_BY
from thirdwatt.search.blueprint.sheet import Against, Comparison, Joules, Sheet
from thirdwatt.validation.chip_fit import predicted
from thirdwatt.validation.chip_near import Near, near
from thirdwatt.validation.chips import POWER, points

LIMIT_WORDS: Mapping[str, str] = {
    "reticle_used_ratio": "reticle",
    "edge_used_ratio": "edge for memory",
    "heat_used_ratio": "heat",
}
LEAST = 0.001
"""J per TFLOP below which a part is not told."""
HUNDREDTH = 0.01
"""Ends of intervals below it have a digit more."""
AGAINST_WORDS: Mapping[str, tuple[str, str]] = {
    "die_area_mm2": ("dies", "mm2"),
    "accelerator_idle_power_w": ("idle", "W"),
}


# --- what was measured --------------------------------------------------------------------------------------------


def measured(sheet: Sheet) -> list[dict[str, Any]]:
    """Boards of a chip on sale that were measured at work, and what the model has for them."""
    if sheet.blueprint is None or not sheet.sold:
        return []
    own = [each for each in points() if each.quantity == POWER and each.chip == sheet.id]
    found = predicted(own, {}, sheet.blueprint.constants)
    return [
        {
            "what": each.label,
            "precision": each.precision,
            "fitted": each.fitted,
            "measured_w": each.measured.value,
            "source": each.measured.source,
            "model_w": float(value),
            "error": float(value) / each.measured.value - 1,
        }
        for each, value in zip(own, found, strict=True)
    ]


def nearest(sheet: Sheet) -> Near | None:
    """The chip nearest to it that was measured at work; none where it was itself, or where no blueprint is known."""
    return None if sheet.blueprint is None or measured(sheet) else near(sheet.blueprint)


# --- words --------------------------------------------------------------------------------------------------------


def title(sheet: Sheet) -> str:
    """What it is."""
    if sheet.blueprint is None:
        return f"{sheet.name} in {sheet.precision}, by its datasheet"
    field = {each.name: each.value for each in sheet.fields}
    dies = float(field.get("die_count", 1))
    process = table("processes").rows[sheet.blueprint.choices["process"]].name
    return (
        f"{sheet.name} in {sheet.precision}: {process}, {dies:g} die{'' if dies == 1 else 's'}, "
        f"{float(field['compute_unit_count']):g} units, {clock_words(float(field['clock_hz']))} at "
        f"{plain(sheet.figures['supply_v'].value, 2)} V"
        f"{', prior constants' if sheet.blueprint.constants == 'prior' else ''}"
    )


def per_tflop(total: Total) -> str:
    """J for every TFLOP."""
    return times(Total(*(each / PICO for each in (total.value, total.low, total.high))))


def headline(sheet: Sheet) -> str:
    """Joules of a TFLOP, in training and in large products."""
    limit, peak = (sheet.figures[name].value for name in ("accelerator_tdp_w", PEAK))
    products = f"{plain(limit / peak / PICO)} J per TFLOP at its limit and its full peak, which no run has at once"
    if sheet.product is not None:
        products = f"{per_tflop(sheet.product.whole)} J per TFLOP in large products at full clock"
    run = sheet.training
    if run is None:
        return f"{products}. {sheet.no_training}."
    it, facility = (plain(run.boundaries[name].value / PICO) for name in ("it", "facility"))
    return (
        f"{per_tflop(run.joules.whole)} J per TFLOP of the model at the accelerators, training {run.model} on "
        f"{run.count:,} in {run.precision} ({it} at IT, {facility} at the facility); {products}."
    )


def joule_rows(sheet: Sheet) -> list[tuple[str, ...]]:
    """Head and rows of where a joule goes, in large products and in training."""
    sides: list[tuple[str, Joules]] = [] if sheet.product is None else [("products", sheet.product)]
    sides += [] if sheet.training is None else [("training", sheet.training.joules)]
    names = dict.fromkeys(name for _, side in sides for name in side.parts)
    head = ["J per TFLOP", *(cell for name, _ in sides for cell in (name, "share", "90 %"))]
    rows = [tuple(head)]
    for name in names:
        rows.append((name, *(cell for _, side in sides for cell in _cells(side.parts.get(name), side.whole.value))))
    rows.append(("whole", *(cell for _, side in sides for cell in _cells(side.whole, side.whole.value))))
    return rows


def _cells(total: Total | None, whole: float) -> tuple[str, str, str]:
    if total is None:
        return "", "", ""
    value, low, high = (each / PICO for each in (total.value, total.low, total.high))
    if high < LEAST:
        return f"<{LEAST:.3f}", percent(total.value / whole), ""
    digits = 2 if low >= HUNDREDTH else 3
    ends = "" if low == high else f"{low:.{digits}f} to {high:.{digits}f}"
    return f"{value:.3f}", percent(total.value / whole), ends


def area_rows(sheet: Sheet) -> list[tuple[str, ...]]:
    """Head and rows of the area by part."""
    whole = sum(each.value for each in sheet.area.values())
    rows: list[tuple[str, ...]] = [("area, all dies", "mm2", "share", "90 %")]
    for name, each in sheet.area.items():
        ends = "" if each.low == each.high else f"{plain(each.low)} to {plain(each.high)}"
        rows.append((name, plain(each.value), percent(each.value / whole), ends))
    die = sheet.figures["die_area_mm2"]
    rows.append(
        ("whole", plain(die.value), "100 %", "" if die.low == die.high else f"{plain(die.low)} to {plain(die.high)}")
    )
    return rows


def limits_words(sheet: Sheet) -> str:
    """What it takes of what can be built."""
    said = ", ".join(
        f"{LIMIT_WORDS[name]} {percent(each.value)}"
        f"{'' if each.low == each.high else f' ({percent(each.low)} to {percent(each.high)})'}"
        for name, each in sheet.limits.items()
    )
    beyond = [LIMIT_WORDS[name] for name, each in sheet.limits.items() if each.value > 1] if sheet.sold else []
    sold = f"; it is sold all the same: the model of {' and '.join(beyond)} is not made for it" if beyond else ""
    return f"Of what can be built it takes: {said}{sold}."


def peaks_words(sheet: Sheet) -> str:
    """Dense peaks by precision."""
    said = ", ".join(f"{name} {plain(value / TERA)}" for name, value in sheet.peaks.items())
    return f"Dense peaks, TFLOP/s: {said}."


def board_words(sheet: Sheet) -> str:
    """What its board draws."""
    if sheet.blueprint is None:
        return _listed_words(sheet)
    product, limit, idle = (
        sheet.figures[name] for name in ("product_power_w", "accelerator_tdp_w", "accelerator_idle_power_w")
    )
    said = f"Board: {_watts(product)} in large products at full clock"
    if sheet.sold:
        slower = ", so it slows down in them" if limit.value < product.value else ""
        said += f"; its limit is {amount(limit.value, 'W')} (datasheet){slower}"
    run = sheet.training
    said += "" if run is None else f"; {_watts(run.power_w)} in training, at {percent(run.mfu.value)} of its peak"
    own = sheet.figures["design_power_ratio"].value
    ratio = (
        "" if own == 1 else f" Its watts at work are its model's times {plain(own)}, which is what boards of it drew."
    )
    return f"{said}; {_watts(idle)} idle.{ratio}"


def _listed_words(sheet: Sheet) -> str:
    """What the board of a chip draws that only its datasheet tells of, and what it has."""
    run, kinds = sheet.training, {each.name: each.kind for each in sheet.fields}
    said = [f"its limit is {_watts(sheet.figures['accelerator_tdp_w'])} ({kinds['accelerator_tdp_w']})"]
    if run is not None:
        said.append(f"{_watts(run.power_w)} in training, at {percent(run.mfu.value)} of its peak")
    if idle := sheet.figures.get("accelerator_idle_power_w"):
        said.append(f"{_watts(idle)} idle ({kinds['accelerator_idle_power_w']})")
    memory = (amount(sheet.figures[name].value, unit) for name, unit in MEMORY)
    return f"Board: {'; '.join(said)}. Memory: {' at '.join(memory)}."


MEMORY = (("accelerator_memory_byte", "B"), ("accelerator_memory_byte_per_s", "B/s"))


def _watts(total: Total) -> str:
    said = amount(total.value, "W")
    return said if total.low == total.high else f"{said} ({span(total.low, total.high, 'W', total.value)})"


def making_words(sheet: Sheet) -> str:
    """What making it takes."""
    figures = sheet.figures
    share, count = figures["die_yield_share"], figures["wafer_die_count"]
    cost, embodied = figures["accelerator_cost_usd"], figures["accelerator_embodied_kg"]
    return (
        f"Making one: {_money(cost)} USD, {percent(share.value)} of {plain(count.value)} dies a wafer work; "
        f"{amount(embodied.value, 'kg')} CO2e ({span(embodied.low, embodied.high, 'kg', embodied.value)}) embodied. "
        f"Memory: {amount(figures['accelerator_memory_byte'].value, 'B')} at "
        f"{amount(figures['accelerator_memory_byte_per_s'].value, 'B/s')}."
    )


def _money(total: Total) -> str:
    said = plain(total.value)
    return said if total.low == total.high else f"{said} ({plain(total.low)} to {plain(total.high)})"


def against_words(sheet: Sheet) -> str:
    """The model beside what is published; empty where nothing is."""
    said = [_against(each) for each in sheet.against]
    said += [
        f"{each['what']} in {each['precision']} {plain(each['model_w'])} to {plain(each['measured_w'])} W "
        f"({signed(each['error'])}{', fitted' if each['fitted'] else ''})"
        for each in measured(sheet)
    ]
    return f"Model to what is published: {'; '.join(said)}." if said else ""


def against_short(sheet: Sheet) -> str:
    """The model beside what is published, in one sentence."""
    said = [_against(each) for each in sheet.against]
    errors = [each["error"] for each in measured(sheet)]
    if errors:
        ends = signed(errors[0]) if len(errors) == 1 else f"{signed(min(errors))} to {signed(max(errors))}"
        said.append(f"watts at work {ends} in {len(errors)} measured")
    return f"Model to what is published: {'; '.join(said)}." if said else ""


def _against(each: Against) -> str:
    what, symbol = AGAINST_WORDS[each.quantity]
    return f"{what} {plain(each.model.value)} to {plain(each.published.value)} {symbol} ({signed(each.error)})"


def fields_by_kind(sheet: Sheet) -> dict[str, list[str]]:
    """Fields of the blueprint and constants behind it, by how they are known."""
    return {
        kind: found
        for kind in KNOWN_BY
        if (found := [each.name.replace("_", " ") for each in sheet.fields if each.kind == kind])
    }


def fields_words(sheet: Sheet) -> Iterator[str]:
    """How its fields are known, by kind."""
    for kind, names in fields_by_kind(sheet).items():
        yield f"{kind} ({len(names)}): {', '.join(names)}"


def warnings(sheet: Sheet) -> list[str]:
    """Limits that it passes."""
    return [f"{sheet.name} can hardly be built: {each}" for each in sheet.broken]


# --- for a terminal -----------------------------------------------------------------------------------------------


def text(sheet: Sheet, width: int, *, whole: bool = False) -> str:
    """A sheet on a screen.

    Parameters
    ----------
    whole
        Everything, however long: what is published beside the model, and how fields are known.
    """
    known = fields_by_kind(sheet)
    if sheet.blueprint is None:
        lines = [peaks_words(sheet), board_words(sheet), OF_A_DATASHEET]
        whole = True
    else:
        lines = [limits_words(sheet), peaks_words(sheet), board_words(sheet), making_words(sheet)]
        lines += [against_words(sheet) if whole else against_short(sheet)]
    found = nearest(sheet)
    lines += [] if found is None else [near_words(found)]
    counts = f"Fields and constants: {', '.join(f'{len(names)} {kind}' for kind, names in known.items())}."
    told = [f"  {each}" for each in fields_words(sheet)]
    last = ["how its fields and constants are known", *told] if whole else [counts]
    blocks = [
        [*wrapped(title(sheet), width), *wrapped(headline(sheet), width)],
        [line for each in warnings(sheet) for line in wrapped(f"warning: {each}", width)],
        [*aligned(joule_rows(sheet), width, (3, 6, 2))] if sheet.blueprint is not None else [],
        [*aligned(area_rows(sheet), width, (3,))] if sheet.area else [],
        [line for each in lines if each for line in wrapped(each, width)],
        [line for each in last for line in wrapped(each, width, "    ")],
    ]
    if not whole:  # one line of it needs no block of its own
        *blocks, before, counted = blocks
        blocks.append(before + counted)
    blocks[-1] += wrapped(f"next: {_next(sheet, whole=whole)}", width)
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


OF_A_DATASHEET = (
    "Only a datasheet is known of it: what its dies and joules are made of is not, and its watts in training are those "
    "of its kind, in proportion to its limit."
)


def _next(sheet: Sheet, *, whole: bool) -> str:
    name = shlex.quote(sheet.named)
    search = (
        f"thirdwatt chip search --baseline {name}"
        if sheet.named in table("chips").rows
        else f"thirdwatt chip compare {name} h100-sxm-80gb"
    )
    every = "" if whole else " · --all names these fields"
    return f"{search}{every} · --html F · --json has every field with its source"


# --- side by side -------------------------------------------------------------------------------------------------


def compared_rows(found: Comparison) -> list[tuple[str, ...]]:
    """Head and rows of chips side by side, a column each."""
    sheets = [each.sheet for each in found.chips]
    rows: list[tuple[str, ...]] = [("", *(each.id for each in sheets))]

    def row(name: str, cells: Sequence[str]) -> None:
        rows.append((name, *cells))

    row("precision", [each.precision for each in sheets])
    row("process", ["" if each.blueprint is None else each.blueprint.choices["process"] for each in sheets])
    row("dies, mm2", [_figure(each, "die_area_mm2") for each in sheets])
    row("peak, TFLOP/s", [_figure(each, PEAK, TERA) for each in sheets])
    row("large products, W", [_figure(each, "product_power_w") for each in sheets])
    row("limit of the board, W", [_figure(each, "accelerator_tdp_w") for each in sheets])
    row("making one, USD", [_figure(each, "accelerator_cost_usd") for each in sheets])
    row("products, J/TFLOP", ["" if each.product is None else _tflop(each.product.whole) for each in sheets])
    runs = [each.training for each in sheets]
    if all(run is not None for run in runs):
        model = next(run.model for run in runs if run is not None)
        row(f"{model}, J/TFLOP", [_tflop(run.joules.whole) for run in runs if run is not None])
        names = dict.fromkeys(name for run in runs if run is not None for name in run.joules.parts)
        for name in names:
            row(f"  {name}", [_part(run.joules.parts.get(name)) for run in runs if run is not None])
    for name, cells in factor_rows(found):
        row(f"times less, {name}", cells)
    return rows


def factor_rows(found: Comparison) -> list[tuple[str, list[str]]]:
    """How many times less energy each chip takes than the first, by boundary; boundaries with the same are one row."""
    apart: dict[tuple[str, ...], list[str]] = {}
    for name in WITHIN:
        if all(name in each.factors for each in found.chips):
            cells = tuple(times(each.factors[name], short=True) for each in found.chips)
            apart.setdefault(cells, []).append(name)
    return [(SHORT.get(tuple(names), ", ".join(names)), list(cells)) for cells, names in apart.items()]


SHORT: Mapping[tuple[str, ...], str] = {
    ("accelerators", "accelerators+facility"): "accelerators",
    ("it", "facility"): "it and facility",
}
"""Names of boundaries that say the same: overhead of the building is in proportion to what is counted."""


def _figure(sheet: Sheet, name: str, per: float = 1.0) -> str:
    """A figure with its range, or nothing where it is not known."""
    found = sheet.figures.get(name)
    if found is None:
        return ""
    return times(Total(*(each / per for each in (found.value, found.low, found.high))), short=True)


def _tflop(total: Total) -> str:
    value, low, high = (each / PICO for each in (total.value, total.low, total.high))
    return f"{value:.3f}" if low == high else f"{value:.3f} ({plain(low)} to {plain(high)})"


def _part(total: Total | None) -> str:
    if total is None:
        return "not told"
    value = total.value / PICO
    return f"{value:.3f}" if value >= LEAST else f"<{LEAST:.3f}"


def comparison_words(found: Comparison, mix: str) -> list[str]:
    """What the factors are of, and what does not fit."""
    first = found.chips[0].sheet.id
    said = []
    if found.models:
        said.append(
            f"Times less energy than {first} on {', '.join(found.models)} of the mix {mix}: the geometric mean over "
            "common draws, each chip with layouts of its own."
        )
        said.append("What a chip saves is not what its server saves: hosts, network and cooling do not shrink with it.")
    said.append(
        "Peaks and limits of chips on sale are of their datasheets; all else of a blueprint follows from the model."
    )
    listed = [each.sheet.id for each in found.chips if each.sheet.blueprint is None]
    if listed:
        said.append(f"Of {', '.join(listed)} only a datasheet is known: not what its dies and joules are made of.")
    said += [f"{model} does not fit {who}: it is left out for all." for model, who in found.left_out.items()]
    return said


def comparison_text(found: Comparison, mix: str, width: int) -> str:
    """Chips side by side on a screen; where they are too many for it, some below others."""
    rows = compared_rows(found)
    blocks: list[list[str]] = []
    first, place = max(len(row[0]) for row in rows), 1
    while place < len(rows[0]):
        wide, end = first, place
        while end < len(rows[0]):
            more = 2 + max(len(row[end]) for row in rows)
            if end > place and wide + more > width:
                break
            wide, end = wide + more, end + 1
        blocks.append([*aligned([(row[0], *row[place:end]) for row in rows], width)])
        place = end
    said = [*comparison_words(found, mix)]
    blocks.append([line for each in said for line in wrapped(each, width)])
    noted = [each for one in found.chips for each in warnings(one.sheet)]
    blocks.append([line for each in noted for line in wrapped(f"warning: {each}", width)])
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


__all__ = ["comparison_text", "measured", "nearest", "text"]
