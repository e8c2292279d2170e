"""How the model of chips stands to chips on sale, as a part of the page of scores and as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from math import exp, prod
from typing import Any

from thirdwatt.amounts import percent
from thirdwatt.facts import table
from thirdwatt.ledger.samples import SCORE_AT_95
from thirdwatt.validation.chip_fit import every_apart, left_out, spreads
from thirdwatt.validation.chip_scores import (
    CHIP_QUESTIONS,
    CLAIMED,
    Beside,
    Row,
    bars,
    beside,
    by_claim,
    chip_scores,
    products,
    rows,
    signed,
    steps_of_chips,
)
from thirdwatt.validation.chip_told import LOCKED_HZ, NODE, told
from thirdwatt.validation.chips import AREA, FIT_ON, POWER

UNITS = {AREA: "mm²", POWER: "W"}

DIFFERENT = (
    "The sketch puts seven levers of its own size one after the other on one workload at one rate, with the power of "
    "chip and memory alone; here every design is priced on five workloads with their bubbles, traffic and waits.",
    "The supply may fall to what memory cells hold, 0.65 V at N3E, with as many units as the reticle takes: most "
    "designs found run at 0.9 GHz. The sketch stops at 1.05 GHz with 1.5 times the area. Part of what is called node, "
    "voltage and architecture here is this.",
    "What is architecture here is more than sums in the array: wider tiles and clusters, no arrays of 64 bit, and "
    "from A100 and H100 half as many lanes for each multiply-add. The sketch has no lever for these; their clocks and "
    "area go.",
    "Gates bring less than in the sketch, as a design with few lanes has less to gate; layouts are chosen anew for the "
    "design, which the sketch does not do.",
    "For a baseline in 8 bit the sketch divides by 1.4; here it is by what the precision brings on the mix, 1.5 and "
    "more, since the time it saves takes clocks and leakage with it.",
    "The style stays that of warps of threads: wide vectors, as on TPU, would take less and are outside the default.",
)
"""Why factors here are not those of the sketch."""

MENDS = (
    "**MI300X and MI325X are far too high.** N5 follows the fit of N4, which moved its energy by more than a third to"
    " meet H100. AMD's N5 at 1.1 to 1.45 GHz shows none of that; with the foundry's claim for N5 the same points "
    "stand at {claim}. It follows N4 all the same: both are one family of transistors, only H100 was fitted, and a "
    "rule that is chosen for the rows it is held against proves nothing by them.",
    "**Desktop boards at 2.2 to 2.5 GHz are too high**: the supply is a line in the clock that was drawn up to 1.9 "
    "GHz.",
    "**h100-pcie-gemm** says 628 TFLOP/s at 350 W: less energy for a FLOP in 16 bit than any other board on this "
    "silicon, by more than a third. What was multiplied is not told; zeros or short runs would do it.",
    "**B200's die is far too small in the model.** Its area was never printed, but a teardown finds two reticles, and "
    "its 208 thousand million transistors on the area of the model would be 177 million to the mm²; products of this "
    "process have 98 to 126. What a unit of Blackwell holds beside what the model knows of is not published.",
    "**Gaudi 2's die** was never published; lists give A100's figure, which is no proof. The model makes it less than "
    "half of that: its 24 vector cores, each with a program of its own, and its 24 network ports are hardly in it. Its "
    "watts are too low with it, so that its own ratio, a guess, counts.",
    "**TPU v3's die** is as much too large as it was too small before the common memory and the arrays of TPU v4 were "
    "taken from what is published of TPU v4i: what is left of v4's die is put on its vector memory, for want of "
    "anything better, and memory shrinks more from node to node than lanes do.",
    "**v100-gemm**: sums pass registers after every four products, as its instructions say, which the model charges in "
    "full. Owners report 97 TFLOP/s on this board and 101 on the one limited to 250 W, so that its 300 W may be too "
    "much rather than too little. Left out of the fit it is twice too high: its node then stands at the foundry's "
    "claim against N7, which neither this board nor T4 shows.",
    "**TPU v3 and v4**: whether their watts hold the memory is not told where these are published; here they are taken "
    "to. Idle, they keep clock, supply and links as in work, which GPUs do not; v3 draws still more.",
)
"""What is known of the worst rows."""


def chip_document() -> dict[str, Any]:
    """Points, scores and bars of the model of chips as plain data."""
    found = rows()
    return {
        "points": [_told(each) for each in found],
        "scores": [asdict(each) for each in chip_scores(found)],
        "generations": [asdict(each) | {"error": each.error} for each in steps_of_chips(found)],
        "products": [asdict(each) | {"error": each.errors[0]} for each in products()],
        "bars": [asdict(each) for each in bars(found)],
        "told": [asdict(each) for each in told()],
    }


def _told(row: Row) -> dict[str, Any]:
    point, model = row.point, row.model
    return {
        "id": point.id,
        "chip": point.chip,
        "quantity": point.quantity,
        "without": row.without,
        "groups": list(row.groups),
        "measured": point.measured.value,
        "model": {"value": model.value, "low": model.low, "high": model.high},
        "error": row.error,
        "inside": row.inside,
        "source": point.measured.source,
    }


def chip_lines() -> Iterator[str]:
    """The bars on a screen."""
    yield "chips:"
    for bar in bars(rows()):
        yield f"  {'ok  ' if bar.met else 'MISS'} {bar.what}: {bar.asked}; {bar.found}"


# --- the page -----------------------------------------------------------------------------------------------------


def chip_page(*, thorough: bool) -> Iterator[str]:
    """The section of the page.

    Parameters
    ----------
    thorough
        Whether to search designs for the baselines of a sketch, which takes some minutes.
    """
    found = rows()
    names = ", ".join(table("accelerators").rows[chip].name for chip in FIT_ON)
    yield "# Chips"
    yield ""
    yield (
        f"The model of chips ([chips.md](chips.md)) beside chips on sale. Constants of silicon are fitted to {names} "
        f"(`make fit-chips`): areas to their dies, then leakage to their idle boards, then energies to nine boards at"
        f" work. Nothing was moved for any other row. *Inside* says whether the 90 % interval of the model holds what"
        f" was measured. A *guess in part* is a row whose watts are a cap or a share of a server, or whose die was "
        f"never published."
    )
    yield ""
    yield from _bars(found)
    yield from _spreads()
    yield from _scores(found)
    yield from _points(found)
    yield from _generations(found)
    yield from _products()
    yield from _unknown()
    if thorough:
        yield from _note(beside())


def _bars(found: Sequence[Row]) -> Iterator[str]:
    yield "| what | asked for | found | met |"
    yield "|---|---|---|---|"
    for bar in bars(found):
        yield f"| {bar.what} | {bar.asked} | {bar.found} | {'yes' if bar.met else 'no'} |"
    yield ""


def _spreads() -> Iterator[str]:
    yield "## How wide intervals are"
    yield ""
    wide = {name: exp(SCORE_AT_95 * sigma) for name, sigma in spreads(every_apart()).items()}
    yield (
        f"Each of the four chips is left out of the fit in turn, its points are computed from what the others leave, "
        f"priors where they tell nothing, and the mean of its errors is squared. The mean of these squares, less the "
        f"mean square of what explains them otherwise, is how far a chip may be from all its constants: the constants' "
        f"own spreads, to the first order and on the side that would lessen the error, as a node may well take more "
        f"than its foundry claims and hardly less; and how well a point was measured. Of four errors, their mean shows "
        f"no common shift smaller than the whole by √4: so a quarter of it is common to all chips, "
        f"`chip_power_ratio`, and falls out of ratios of two; the rest is each chip's own, `design_power_ratio`. No "
        f"board outside the four has a part in these. How far a die is from its model, `chip_area_ratio`, is taken "
        f"from all dies that are left out, as four tell too little; in the rows below, from all but the die itself. "
        f"As 90 % factors: {'; '.join(f'`{name}` {value:.2f}' for name, value in wide.items())}. A node that no "
        f"fitted chip is of follows N4 or 12FFN by the ratio of its prior to theirs and keeps the whole spread of its"
        f" prior."
    )
    yield ""
    yield "| chip | quantity | error without it | by constants alone (one sigma) |"
    yield "|---|---|---|---:|"
    for each in left_out():
        errors = ", ".join(signed(exp(error) - 1) for error in each.errors)
        yield f"| {each.chip} | {CHIP_QUESTIONS[each.quantity]} | {errors} | {percent(float(each.sigmas.mean()))} |"
    yield ""
    yield (
        "The intervals that follow are wide, a factor of 1.8 either way for a board at work, and hold more of "
        "the boards left out than they need to: of the four chips V100 is badly off without a chip of its own node in"
        " the fit, and makes most of the width. Ratios of two designs share constants and the common part, and are "
        "surer; a chip whose boards were measured has a ratio of its own from them, which this page does not use."
    )
    yield ""


def _scores(found: Sequence[Row]) -> Iterator[str]:
    yield "## Errors by group"
    yield ""
    yield "| quantity | rows | n | median error | mean error | bias | inside | interval, times or over | worst |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|---|"
    for each in chip_scores(found):
        worst = f"{each.worst} {signed(each.worst_error)}"
        yield (
            f"| {CHIP_QUESTIONS[each.quantity]} | {each.group} | {each.n} | {percent(each.median)} | "
            f"{percent(each.mean)} | {signed(each.bias)} | {percent(each.inside)} | {each.wide:.2f} | {worst} |"
        )
    yield ""


def _points(found: Sequence[Row]) -> Iterator[str]:
    yield "## Every row"
    yield ""
    for quantity, what in CHIP_QUESTIONS.items():
        unit = UNITS.get(quantity, "W")
        yield f"### {what[0].upper()}{what[1:]}"
        yield ""
        yield f"| row | chip | of | measured, {unit} | model | error | 90 % interval | inside | source | note |"
        yield "|---|---|---|---:|---:|---:|---:|---|---|---|"
        for each in found:
            if each.point.quantity == quantity:
                point, model = each.point, each.model
                numbers = f"{point.measured.value:,.0f} | {model.value:,.0f} | {signed(each.error)}"
                interval = f"{model.low:,.0f} to {model.high:,.0f}"
                yield (
                    f"| {point.id} | {point.chip} | {each.groups[-1]} | {numbers} | {interval} | "
                    f"{'yes' if each.inside else 'no'} | {point.measured.source} | {point.measured.note} |"
                )
        yield ""
    yield "### What is known of the worst"
    yield ""
    claims = [error for _, error in by_claim(found)]
    span = f"{signed(min(claims))} to {signed(max(claims))}"
    yield from (f"- {each.format(claim=span, node=CLAIMED)}" for each in MENDS)
    yield ""


def _generations(found: Sequence[Row]) -> Iterator[str]:
    yield "## Energy of a FLOP from generation to generation"
    yield ""
    yield (
        "In 16 bit, watts over rate of the rows above; B200's are guesses, and V100's training ran at a fifth of "
        "its peak."
    )
    yield ""
    yield "| what | from | to | measured | model | error |"
    yield "|---|---|---|---:|---:|---:|"
    for each in steps_of_chips(found):
        yield (
            f"| {each.what} | {each.older} | {each.newer} | {each.measured:.2f} | {each.model:.2f} | "
            f"{signed(each.error)} |"
        )
    yield ""


def _products() -> Iterator[str]:
    yield "## Products on A100, M × 12,288 × 12,288 in 16 bit"
    yield ""
    yield (
        "Launch, and the longer of waves of full tiles and of bytes, as one formula. What products reach of a peak and "
        "the launch were taken from the same paper, so that rows of 1,024 and 4,096 prove the waves rather than the "
        "rate. Beside it the search for tilings of LLMCompass, by its own figures, and a roofline."
    )
    yield ""
    yield "| M | measured | model | error | LLMCompass | roofline |"
    yield "|---:|---:|---:|---:|---:|---:|"
    for each in products():
        model, searched, roofline = each.errors
        yield (
            f"| {each.rows:,} | {1e3 * each.measured_s:.3g} ms | {1e3 * each.model_s:.3g} ms | {signed(model)} | "
            f"{signed(searched)} | {signed(roofline)} |"
        )
    yield ""


def _unknown() -> Iterator[str]:
    yield "## What boards of four chips do not tell"
    yield ""
    by_name = {each.name: each for each in told()}
    node = by_name[NODE]
    yield (
        "A board's watts are one sum. Voltages are not published, and a node's factor, its supply and the traffic of "
        "operands multiply each other. With supplies and tiles free as well as what the fit moves, this is what nine "
        "rows leave of each prior (standard deviations of logarithms), how much of that goes together with the energy "
        "of N4, and what would be left after one measurement that nobody has published: watts and rates of products in "
        f"16 and 8 bit on one H100 with its clock locked at {', '.join(f'{each / 1e9:g}' for each in LOCKED_HZ)} GHz, "
        "each known to 2 %."
    )
    yield ""
    yield "| constant | before | left | of it | with N4 | after locked clocks |"
    yield "|---|---:|---:|---:|---:|---:|"
    for each in told():
        together = "" if each.name == NODE else f"{each.together:+.2f}"
        yield (
            f"| {each.name} | {each.prior:.2f} | {each.left:.2f} | {percent(each.left / each.prior)} | {together} | "
            f"{each.measured:.2f} |"
        )
    yield ""
    slope = by_name["processes/n4/supply_slope_v_per_hz"]
    tiles = by_name["silicon/chip/held_share"]
    yield (
        f"Nothing is told of supplies ({percent(slope.left / slope.prior)} of the prior is left for N4) nor of tiles "
        f"and the traffic they set ({percent(tiles.left / tiles.prior)}). N4's energy looks told, but only as what is"
        f" left of H100 once all else stands at its prior: it moved from 0.67, by the foundry's claim, to the ceiling"
        f" that N6 sets it. Locked clocks would take the supply line to {percent(slope.measured / slope.prior)} of "
        f"its prior and split what goes with the clock from what goes with the FLOP; tiles and local memory need "
        f"products of other shapes besides. N4's own spread would fall from {node.left:.2f} to {node.measured:.2f}."
    )
    yield ""


NOT_IN_NOTE = ("memory", "utilisation", "layout")
"""Parts that the sketch has no lever for from its oldest baseline."""


def _apart(oldest: Beside) -> Iterator[str]:
    less = oldest.factor.value / prod(factor for name, factor in oldest.parts if name in NOT_IN_NOTE)
    yield (
        f"From A100 the sketch counts neither memory nor gates nor layouts; without these parts the factor here is "
        f"{less:.1f}."
    )
    yield ""


def _note(found: Sequence[Beside]) -> Iterator[str]:
    yield "## Beside another model"
    yield ""
    yield (
        "An earlier sketch of this model was smaller: twelve constants, nine points, one rate of training, levers one "
        "after the other. Its factors at the accelerators beside what `thirdwatt chip search` finds from the same "
        "baseline within its defaults, with the 90 % interval, the probability of 3, the same at IT, and what the "
        "design would be worth with constants as they were before any fit."
    )
    yield ""
    yield "| from | in | nodes | sketch | here | interval | 3 or more | at IT | with priors |"
    yield "|---|---|---|---|---:|---:|---:|---:|---:|"
    for each in found:
        asked, factor = each.asked, each.factor
        yield (
            f"| {asked.baseline} | {asked.precision} | {', '.join(asked.nodes)} | {asked.note or 'not asked'} | "
            f"{factor.value:.2f} | {factor.low:.2f} to {factor.high:.2f} | {percent(each.probability)} | "
            f"{each.servers:.2f} | {each.prior:.2f} |"
        )
    yield ""
    yield "| from | in | nodes | parts here, in order | levers of the sketch |"
    yield "|---|---|---|---|---|"
    for each in found:
        parts = ", ".join(f"{name} {factor:.2f}" for name, factor in each.parts)
        asked = each.asked
        yield f"| {asked.baseline} | {asked.precision} | {', '.join(asked.nodes)} | {parts} | {asked.levers} |"
    yield ""
    yield from _apart(found[0])
    yield "Where they differ:"
    yield ""
    yield from (f"- {each}" for each in DIFFERENT)
    yield ""
