"""What a search for a blueprint found, in words: how many times less energy, where from, and what that hangs on."""

from __future__ import annotations

import math
import shlex
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from thirdwatt.amounts import amount, percent, plain, scale, unit_to_read
from thirdwatt.facts import Figure, table
from thirdwatt.ledger import Total, scenario_of
from thirdwatt.ledger.blueprints import OWN
from thirdwatt.report.phrases import number
from thirdwatt.scenario.blueprint import CHOSEN, Blueprint, shipping
from thirdwatt.search.blueprint.answer import Answer, Assumption, Beyond, Design
from thirdwatt.search.blueprint.known import known_by
from thirdwatt.search.blueprint.parts import full_section
from thirdwatt.search.blueprint.question import Question
from thirdwatt.validation.chip_near import Near, near

PLACES: Mapping[str, str] = {
    "accelerators": "at the accelerators",
    "accelerators+facility": "at the accelerators with their share of the building",
    "it": "at IT, servers and network",
    "facility": "at the facility",
}
"""Boundaries as places of a sentence."""

GROUP_WORDS: Mapping[str, str] = {
    "board": "boards beside their model",
    "node": "process",
    "voltage": "clock, units",
    "architecture": "arrays, registers, tiles",
    "precision": "trained in",
    "memory": "memory, links",
    "utilisation": "gated, switched off",
    "layout": "layouts found anew",
}
NAME = 8
"""Columns that the first cell of a row has at least."""
KIB, MIB = 1024, 1024 * 1024
PER_KILO, GIGA, TERA, PICO = 1e3, 1e9, 1e12, 1e-12


# --- small words --------------------------------------------------------------------------------------------------


def times(total: Total, *, short: bool = False) -> str:
    """How many times less, with the interval if there is one."""
    value = plain(total.value)
    if total.low == total.high:
        return value
    return f"{value} ({'' if short else '90 %: '}{plain(total.low)} to {plain(total.high)})"


def ends(total: Total) -> str:
    """An interval; empty if there is none."""
    return "" if total.low == total.high else f"{plain(total.low)} to {plain(total.high)}"


def byte_words(value: float) -> str:
    """Bytes of a memory on a die.

    Examples
    --------
    >>> byte_words(524288.0), byte_words(50331648.0), byte_words(0.0)
    ('512 KiB', '48 MiB', 'none')
    """
    if not value:
        return "none"
    return f"{plain(value / MIB)} MiB" if value >= MIB else f"{plain(value / KIB)} KiB"


def clock_words(value: float) -> str:
    """A clock.

    Examples
    --------
    >>> clock_words(901e6), clock_words(1.856e9)
    ('901 MHz', '1.86 GHz')
    """
    return f"{plain(value / GIGA)} GHz" if value >= GIGA else f"{plain(value * PER_KILO / GIGA)} MHz"


def aligned(rows: Sequence[Sequence[str]], width: int, drop: Sequence[int] = (), left: int = 1) -> Iterator[str]:
    """Rows in columns, words to the left and numbers to the right; a narrow screen goes without some columns.

    Parameters
    ----------
    drop
        Columns that may go, the first to go first.
    left
        How many of the first columns are words.
    """
    kept = list(range(len(rows[0])))
    widths = [max(len(row[place]) for row in rows) for place in kept]

    def whole() -> int:
        return sum(widths[place] for place in kept) + 2 * (len(kept) - 1)

    for place in drop:
        if whole() <= width:
            break
        kept.remove(place)
    first = min(widths[0], widths[0] - (whole() - width))
    if first < NAME:  # no columns fit: a line of words for every row
        for row in rows:
            yield from wrapped(", ".join(filter(None, (row[place] for place in kept))), width)
        return
    for row in rows:
        name, *more = textwrap.wrap(row[0], first, subsequent_indent="  ", break_on_hyphens=False) or [""]
        cells = [f"{name:<{first}}"]
        cells += [f"{row[place]:<{widths[place]}}" if place < left else f"{row[place]:>{widths[place]}}"
                  for place in kept[1:]]  # fmt: skip
        yield "  ".join(cells).rstrip()
        yield from more


def wrapped(said: str, width: int, indent: str = "  ") -> Iterator[str]:
    """A sentence in lines."""
    yield from textwrap.wrap(said, width, subsequent_indent=indent, break_on_hyphens=False)


def lines_of(said: str, width: int) -> int:
    """Lines that a sentence takes: what comes after it stands that far down."""
    return sum(1 for _ in wrapped(said, width))


# --- the answer ---------------------------------------------------------------------------------------------------


def title(answer: Answer) -> str:
    """What is compared."""
    question = answer.question
    own = "" if answer.best is None else f" in {answer.best.precision}"
    return f"a blueprint{own}, against {shipping(question.baseline).name} in {question.baseline_precision}"


def headline(answer: Answer) -> str:
    """The factor at the boundary that was asked for, how sure it is, and what it is at the other boundaries."""
    question = answer.question
    if answer.best is None or answer.factor is None:
        return f"No design that can be built trains the mix within the limits {PLACES[question.boundary]}."
    said = f"{times(answer.factor)} times less energy {PLACES[question.boundary]}"
    if answer.probability is not None:
        said += f"; {question.factor:g} or more in {percent(answer.probability)} of draws"
    others = [name for name in ("accelerators", "it", "facility") if name != question.boundary]
    apart: dict[str, list[str]] = {}
    for name in others:
        apart.setdefault(times(answer.boundaries[name], short=True), []).append(PLACES[name])
    beside = ", ".join(f"{' and '.join(places)} it is {value}" for value, places in apart.items())
    return f"{said}; {beside}: hosts, network and cooling do not shrink with the chip."


def reaches(answer: Answer) -> str:
    """Whether the factor is reached at the centre, and if not, by how much it is missed."""
    question = answer.question
    if answer.factor is None:
        return what_stops(answer)
    if answer.factor.value >= question.factor:
        return ""
    return (
        f"That is short of {question.factor:g} times: other --node, --memory or limits may reach it; "
        "what lies beyond the default set is below."
    )


def what_stops(answer: Answer) -> str:
    """Why nothing was found."""
    counts, limits = answer.counts, answer.question.limits
    if counts.buildable:
        return (
            f"{counts.buildable:,} of {counts.looked:,} designs can be built; none of the {counts.priced:,} "
            f"put on the mix holds it and takes at most {plain(answer.question.slowest)} of the baseline's "
            "hours: allow more with --time, or larger ones with --area, --power, --cost."
        )
    said = [f"a die of {percent(limits.reticle_share)} of a reticle"]
    said += [f"{amount(limits.power_w, 'W')} a board"] if math.isfinite(limits.power_w) else []
    said += [f"{plain(limits.cost_usd)} USD to make"] if math.isfinite(limits.cost_usd) else []
    return f"No design of {counts.looked:,} keeps within {', '.join(said)}: allow more."


def workloads(answer: Answer) -> list[tuple[str, ...]]:
    """Head and rows of the table of workloads: J for every token before and after."""
    rows: list[tuple[str, ...]] = [("J per token", "chips", "before", "after", "times less", "90 %", "hours")]
    for each in answer.trained:
        rows.append(
            (
                each.workload.model + ("" if each.workload.weight == 1 else f" x {each.workload.weight:g}"),
                f"{each.workload.count:,}",
                plain(each.before_j_per_token.value),
                plain(each.after_j_per_token.value),
                plain(each.factor.value),
                ends(each.factor),
                percent(each.hours_ratio),
            )
        )
    return rows


def part_rows(answer: Answer) -> list[tuple[str, ...]]:
    """Head and rows of the table of parts, with constants fitted and prior; the last is their product."""
    rows: list[tuple[str, ...]] = [("where it comes from", "", "in order", "any order", "prior", "any order")]
    words = part_words(answer)
    for each in answer.parts:
        numbers = (each.in_order, each.any_order, each.prior_in_order, each.prior_any_order)
        rows.append((each.group, words.get(each.group, ""), *(f"{value:.2f}" for value in numbers)))
    products = (
        math.prod(each.in_order for each in answer.parts),
        math.prod(each.any_order for each in answer.parts),
        math.prod(each.prior_in_order for each in answer.parts),
        math.prod(each.prior_any_order for each in answer.parts),
    )
    rows.append(("product", "", *(f"{value:.2f}" for value in products)))
    return rows


def part_words(answer: Answer) -> dict[str, str]:
    """What changes in every group, from the baseline to the best design."""
    assert answer.best is not None  # noqa: S101 - there are parts
    base, own = full_section(answer.question.baseline), answer.best.section
    words = {
        "node": _change(_row("processes", base["process"]), _row("processes", own["process"])),
        "voltage": f"{_change(clock_words(base['clock_hz']), clock_words(own['clock_hz']))}, "
        f"{_change(plain(base['units']), plain(own['units']))} units",
        "architecture": f"{_change(plain(base['macs'], 4), plain(own['macs'], 4))} multiply-adds a unit",
        "precision": _change(answer.question.baseline_precision, answer.best.precision),
        "memory": f"{_stacks(base)} to {_stacks(own)}",
        "utilisation": f"{percent(own.get('gated_share', 0.0))} gated, "
        f"{percent(1 - own.get('leaking_share', 1.0))} switched off",
    }  # fmt: skip
    return {**GROUP_WORDS, **words}


def _change(one: str, other: str) -> str:
    return one if one == other else f"{one} to {other}"


def _row(name: str, row: str) -> str:
    return table(name).rows[row].name.removeprefix("TSMC ").partition(" (")[0]


def _stacks(section: Mapping[str, object]) -> str:
    stacks = section["stacks"]
    assert isinstance(stacks, int | float)  # noqa: S101 - a blueprint states a number of them
    return f"{stacks:g} {table('memories').rows[str(section['memory'])].name}"


def figure_words(quantity: str, value: float, low: float, high: float) -> str:
    """A figure with its range.

    Examples
    --------
    >>> figure_words("sram_j_per_byte", 8.9e-13, 4.5e-13, 1.8e-12), figure_words("kernel_share", 0.92, 0.92, 0.92)
    ('0.89 (0.45 to 1.8) pJ/B', '0.92')
    """
    symbol = unit_to_read(quantity)
    if symbol.startswith("J"):
        factor, unit = PICO, f"p{symbol}"
    else:
        factor, unit = scale([value], symbol)
    said = f"{number(value / factor)}"
    return f"{said}{'' if low == high else f' ({number(low / factor)} to {number(high / factor)})'} {unit}".rstrip()


WORDS: Mapping[str, str] = {
    "design_power_ratio": "real to modelled watts",
    "switching_energy_ratio": "energy of an operation",
    "hot_leakage_ratio": "leakage of hot dies",
    "leakage_ratio": "leakage",
    "instruction_j": "energy of an instruction",
    "datapath_j_per_flop": "energy to multiply and add",
    "register_j_per_byte": "energy of registers",
    "sram_j_per_byte": "energy of memory on the die",
    "wire_j_per_byte_mm": "energy of wires",
    "clock_j_per_mm2": "energy of clocks",
    "memory_j_per_byte": "energy of a byte from memory",
}
"""Quantities that factors mostly hang on, in words; others are said by their names."""


def whose(assumption: Assumption, own: str) -> str:
    """What a figure is called, with the chip that it is of where it is drawn for each by itself."""
    name = WORDS.get(assumption.quantity, assumption.quantity.replace("_", " "))
    condition = assumption.stream.partition("@")[2]
    if assumption.quantity in OWN:
        owner = assumption.stream.rpartition("/")[2]
        return f"{name} of {'the blueprint' if owner == own else 'the baseline'}"
    where, row, *_ = assumption.stream.split("/")
    if where in CHOSEN.values():
        return f"{name} of {_row(where, row)}"
    return f"{name} in {condition}" if condition and condition not in ("fitted", "prior") else name


def assumption_rows(answer: Answer) -> list[tuple[str, ...]]:
    """Head and rows of the figures that the factor hangs on."""
    assert answer.best is not None  # noqa: S101 - there are assumptions
    own = answer.best.section["name"]
    rows: list[tuple[str, ...]] = [("what it hangs on", "value (90 %)", "share", "kind", "source")]
    for each in answer.assumptions:
        value = figure_words(each.quantity, each.value, each.low, each.high)
        rows.append((whose(each, own), value, percent(each.share), known_by(each.kind, each.source), each.source))
    return rows


# --- how far it is from others ------------------------------------------------------------------------------------


def best_on_sale(answer: Answer) -> str:
    """The chip on sale with the largest factor on the same mix."""
    if not answer.shipping:
        return ""
    first = next(iter(answer.shipping))
    found = answer.shipping[first]
    beyond = "" if answer.factor is None else f"; the blueprint is {plain(answer.factor.value / found)} times beyond it"
    return f"Best chip on sale: {shipping(first).name}, {plain(found)} times less than the baseline{beyond}."


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a design is from what no chip can pass.

    Attributes
    ----------
    flop_per_j
        Its dense peak for a joule of its board, in its own precision.
    cmos, cmos_low, cmos_high
        The estimate for CMOS over that, and with its band.
    landauer
        A 16-bit multiply-add of it to the least that erasing its bits takes.
    """

    flop_per_j: float
    precision: str
    cmos: float
    cmos_low: float
    cmos_high: float
    landauer: float


def bounds(design: Design) -> Bounds:
    """Distances of a design to what no chip can pass."""
    limits: Mapping[str, Figure] = table("silicon").rows["limit"].figures
    own = design.built["accelerator_peak_flop_per_s"] / design.built["accelerator_tdp_w"]
    cmos = limits["cmos_flop_per_j"]
    wide = own / (design.section["rates"].get(design.precision, 1.0) / design.section["rates"].get("bf16", 1.0))
    least = limits["mac_erasure_count"].value * limits["erasure_j"].value
    return Bounds(
        flop_per_j=own,
        precision=design.precision,
        cmos=cmos.value / own,
        cmos_low=cmos.low / own,
        cmos_high=cmos.high / own,
        landauer=2 / wide / least,
    )


def cmos_words(found: Bounds) -> str:
    """Distance to the estimate for CMOS."""
    worth = {
        "bf16": "a FLOP in 16 bit is worth more than four in 4",
        "fp8": "a FLOP in 8 bit is worth more than two in 4",
    }.get(found.precision, "")
    nearer = f"; {worth}, so it is nearer than that" if worth else ""
    return (
        f"CMOS at its limit, by Ho, Erdil and Besiroglu 2023: {number(_cmos().value)} FLOP/J in fp4, "
        f"{plain(found.cmos)} times its peak per joule in {found.precision} ({plain(found.cmos_low)} to "
        f"{plain(found.cmos_high)} by their band of 50 to 1,000 times){nearer}."
    )


def _cmos() -> Figure:
    return table("silicon").rows["limit"].figures["cmos_flop_per_j"]


def cmos_short(found: Bounds) -> str:
    """Distance to the estimate for CMOS, in a line or two."""
    return (
        f"CMOS at its limit (Ho, Erdil and Besiroglu 2023, in fp4): {plain(found.cmos)} times its peak per joule in "
        f"{found.precision} ({plain(found.cmos_low)} to {plain(found.cmos_high)})."
    )


def landauer_words(found: Bounds) -> str:
    """Distance to Landauer's bound, a footnote."""
    limits = table("silicon").rows["limit"].figures
    return (
        f"Footnote: a 16-bit multiply-add erases some {plain(limits['mac_erasure_count'].value)} bits (assumed), "
        f"{number(limits['erasure_j'].value)} J each at 300 K (Landauer 1961): "
        f"{number(float(f'{found.landauer:.1g}'))} times less than it takes, so that binds nothing."
    )


# --- the design ---------------------------------------------------------------------------------------------------


def design_lines(answer: Answer) -> list[str]:
    """The best design in a few lines."""
    assert answer.best is not None  # noqa: S101 - asked for where there is one
    design, section = answer.best, answer.best.section
    built = design.built
    sums = "beside the arrays" if section["accumulators"] == "array" else "in registers"
    kept = byte_words(section.get("accumulator_byte", 0.0))
    link = table("links").rows[section["link"]].name
    dies = int(section["dies"])
    return [
        f"The design: {table('processes').rows[section['process']].name}, {dies} {'die' if dies == 1 else 'dies'} of "
        f"{plain(built['die_area_mm2'] / dies)} mm2, {clock_words(section['clock_hz'])} at {built['supply_v']:.2f} V, "
        f"{section['units']:g} units of {section['macs']:,.0f} 16-bit multiply-adds and "
        f"{section['vector_lanes']:g} vector lanes; tiles {section['tile_rows']:g} x {section['tile_columns']:g} x "
        f"{section['tile_depth']:g}, operands from {section['operands']} memory, sums {sums} ({kept});",
        f"{byte_words(section['register_byte'])} registers and {byte_words(section['local_byte'])} memory a unit, "
        f"{section['cluster']:g} share operands, {byte_words(section['last_level_byte'])} for all; "
        f"{_stacks(section)}, {link} at {plain(section['link_byte_per_s'] / GIGA)} GB/s; "
        f"{percent(section['gated_share'])} more gated, {percent(1 - section['leaking_share'])} more switched off "
        "than on sale;",
        f"{plain(built['accelerator_peak_flop_per_s'] / TERA)} TFLOP/s in {design.precision}, "
        f"{amount(built['accelerator_tdp_w'], 'W')} a board, {plain(built['accelerator_cost_usd'])} USD to make, "
        f"{percent(design.time_ratio)} of the baseline's hours. Of what can be built: reticle "
        f"{percent(built['reticle_used_ratio'])}, edge {percent(built['edge_used_ratio'])}, heat "
        f"{percent(built['heat_used_ratio'])}.",
    ]


def design_short(answer: Answer) -> str:
    """The best design in a sentence: what it is made in, does, draws and costs, and of what can be built it takes."""
    assert answer.best is not None  # noqa: S101 - asked for where there is one
    design, section = answer.best, answer.best.section
    built, dies = design.built, int(section["dies"])
    return (
        f"The design: {table('processes').rows[section['process']].name}, {dies} {'die' if dies == 1 else 'dies'} of "
        f"{plain(built['die_area_mm2'] / dies)} mm2, {clock_words(section['clock_hz'])} at {built['supply_v']:.2f} V, "
        f"{_stacks(section)}; {plain(built['accelerator_peak_flop_per_s'] / TERA)} TFLOP/s in {design.precision}, "
        f"{amount(built['accelerator_tdp_w'], 'W')} a board, {plain(built['accelerator_cost_usd'])} USD to make, "
        f"{percent(design.time_ratio)} of the baseline's hours; of what can be built: reticle "
        f"{percent(built['reticle_used_ratio'])}, edge {percent(built['edge_used_ratio'])}, heat "
        f"{percent(built['heat_used_ratio'])}."
    )


def beyond_words(each: Beyond) -> str:
    """What more would be with one thing more allowed."""
    kind = " (speculative)" if each.speculative else ""
    if each.design is None:
        return f"{each.what}{kind}: nothing can be built"
    return f"{each.what}{kind}: {plain(each.design.factor)}"


def beyond_line(answer: Answer) -> str:
    """What lies beyond the set that was searched."""
    said = "; ".join(beyond_words(each) for each in answer.beyond)
    return f"Not in that, each with layouts of its own, times less: {said}." if said else ""


def speculative_line(question: Question) -> str:
    """What of the set itself nobody has shown."""
    found = question.speculative
    return f"Speculative: {', '.join(found)}; nobody has shown it in frontier training." if found else ""


def looked(answer: Answer) -> str:
    """What became of the designs that were looked at."""
    counts, question = answer.counts, answer.question
    return (
        f"Looked at {counts.looked:,} designs: {counts.buildable:,} can be built, {counts.fitting:,} of "
        f"{counts.priced:,} priced hold the mix {question.mix} in time. Seed {question.seed}, "
        f"{question.samples:,} draws."
    )


# --- how far to trust it ------------------------------------------------------------------------------------------


def blueprint_of(answer: Answer) -> Blueprint:
    """The best design as a blueprint."""
    found = scenario_of(answer.documents[0]).blueprint
    assert found is not None  # noqa: S101 - its document has one
    return found


def near_words(found: Near) -> str:
    """The nearest chip that the model was held against, and its errors."""
    errors = sorted(error for _, error in found.power)
    power = f"{signed(errors[0])} to {signed(errors[-1])} in {len(errors)}" if len(errors) > 1 else signed(errors[0])
    area = "" if found.area is None else f", {signed(found.area)} on its dies"
    how = "fitted to" if found.fitted else "not fitted to"
    apart = f", another {' and other '.join(found.apart)}" if found.apart else ""
    return (
        f"Nearest measured chip: {found.name} ({how}{apart}); model to measured watts {power}{area}; the "
        f"{found.n} points of chips that nothing is fitted to: {percent(found.median)} off in the median."
    )


def near_short(found: Near) -> str:
    """The nearest chip that the model was held against, in a line or two."""
    errors = sorted(error for _, error in found.power)
    power = f"{signed(errors[0])} to {signed(errors[-1])}" if len(errors) > 1 else signed(errors[0])
    apart = f", another {' and other '.join(found.apart)}" if found.apart else ""
    return (
        f"Nearest measured: {found.name}{apart}; model to watts {power}; {percent(found.median)} off in the median of "
        f"{found.n} points that nothing is fitted to."
    )


def nearest_validated(answer: Answer) -> Near:
    """The nearest chip that the model was held against."""
    return near(blueprint_of(answer), answer.question.baseline)


def signed(error: float) -> str:
    """A relative error with its sign."""
    said = percent(abs(error))
    return said if said.startswith("<") else f"{'-' if error < 0 else '+'}{said}"


# --- for a terminal -----------------------------------------------------------------------------------------------


CONSTANTS = "Any order: Shapley. Prior: with constants as before any fit."
"""What columns of the table of parts are."""


def text(answer: Answer, width: int, asked: Sequence[str] = (), file: str | None = None, *, whole: bool = False) -> str:
    """The answer on a screen.

    Parameters
    ----------
    whole
        Everything, however long; else what fits on one.
    asked
        The command's own words, for what is said to come next.
    file
        Where its blueprint has been written.
    """
    blocks: list[list[str]] = [
        [*wrapped(title(answer), width), *wrapped(headline(answer), width)],
        [*wrapped(each, width)] if (each := reaches(answer)) else [],
    ]
    if answer.best is not None:
        found = bounds(answer.best)
        lines = [best_on_sale(answer), *([cmos_words(found), landauer_words(found)] if whole else [cmos_short(found)])]
        blocks += [
            [*aligned(workloads(answer), width, (6, 1, 5, 2))],
            [*aligned(part_rows(answer), width, (1, 5, 4, 3), left=2), *wrapped(CONSTANTS, width)],
            [*aligned(assumption_rows(answer), width, (4, 3, 2))] if answer.assumptions else [],
            [line for each in lines if each for line in wrapped(each, width)],
        ]
    blocks.append([line for each in _last(answer, whole=whole) for line in wrapped(each, width)])
    blocks[-1] += wrapped(f"next: {_next(answer, asked, file, whole=whole)}", width)
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _last(answer: Answer, *, whole: bool) -> list[str]:
    """The design, what lies beyond what was searched, and how far to trust it."""
    beyond = [beyond_line(answer), speculative_line(answer.question)]
    if answer.best is None:
        return [*beyond, looked(answer)]
    found = nearest_validated(answer)
    if not whole:
        return [design_short(answer), *beyond, near_short(found)]
    return [" ".join(design_lines(answer)), *beyond, near_words(found), looked(answer)]


def _next(answer: Answer, asked: Sequence[str], file: str | None, *, whole: bool) -> str:
    again = shlex.join(["thirdwatt", "chip", "search", *asked])
    if answer.best is None:
        return f"{again} with other limits"
    if file is None:
        return f"{again} --out chip.toml{'' if whole else ' · --all'} · --html F · --json · --csv"
    name, precision = shlex.quote(file), answer.best.precision
    return (
        f"thirdwatt chip show {name} --precision {precision} · thirdwatt estimate llama-3.1-405b "
        f"--set cluster.accelerator={name} --set layout.precision={precision}"
    )


__all__ = ["Bounds", "aligned", "bounds", "headline", "text"]
