"""How constants of silicon were fitted, in words: what moved, what is left unsure, how far off the model is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from thirdwatt.amounts import percent, plain
from thirdwatt.report.chips import aligned, signed, wrapped

QUANTITIES: Mapping[str, tuple[str, str]] = {
    "die_area_mm2": ("area of dies", "mm2"),
    "accelerator_idle_power_w": ("watts at rest", "W"),
    "blueprint_power_w": ("watts at work", "W"),
}
"""What is fitted, in words, and its unit."""

TITLE = "Constants of silicon: before any fit, as dies and boards say, and how far off they are"
HOW = (
    "Moved: by how many of the prior's standard deviations. Left: how much of what was unsure before still is. What is "
    "left near 100 % the points do not tell. Errors are of the model to what was measured; nothing is fitted to what "
    "is left out, and a guess is measured in part only."
)


def summary_rows(found: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Head and rows of how far off the model is, by quantity, in the median of sizes of errors."""
    rows: list[tuple[str, ...]] = [("how far off, in the median", "fitted to", "error", "left out", "error")]
    for quantity, (words, _) in QUANTITIES.items():
        cells: list[str] = []
        for fitted in (True, False):
            errors = [
                abs(each["error"])
                for each in found["points"]
                if each["quantity"] == quantity and each["fitted"] == fitted
            ]
            cells += [str(len(errors)), percent(median(errors)) if errors else ""]
        rows.append((words, *cells))
    return rows


def constant_rows(found: Mapping[str, Any], quantity: str) -> list[tuple[str, ...]]:
    """Head and rows of the constants that are fitted to a quantity."""
    rows: list[tuple[str, ...]] = [(f"fitted to {QUANTITIES[quantity][0]}", "prior", "fitted", "moved", "left")]
    for each in found["constants"]:
        if each["fitted_to"] == quantity:
            sigma = each["prior_log_sigma"]
            moved = math.log(each["fitted"] / each["prior"]) / sigma
            left = percent(each["left_log_sigma"] / sigma)
            rows.append((each["name"], f"{each['prior']:.3g}", f"{each['fitted']:.3g}", f"{moved:+.1f}", left))
    return rows


def point_rows(found: Mapping[str, Any], quantity: str) -> list[tuple[str, ...]]:
    """Head and rows of what was measured of a quantity, and the model's figure."""
    words, symbol = QUANTITIES[quantity]
    rows: list[tuple[str, ...]] = [(words, f"measured, {symbol}", f"model, {symbol}", "error", "")]
    for each in found["points"]:
        if each["quantity"] == quantity:
            kind = "fitted" if each["fitted"] else "left out"
            named = each["id"] if each["id"].startswith(each["chip"]) else f"{each['chip']} {each['id']}"
            rows.append(
                (named, plain(each["measured"]), plain(each["model"]), signed(each["error"]),
                 f"{kind}, a guess" if each["assumed"] else kind)
            )  # fmt: skip
    return rows


def text(found: Mapping[str, Any], width: int, *, whole: bool = False) -> str:
    """The fit on a screen.

    Parameters
    ----------
    found
        The document of the fit.
    whole
        Every point too.
    """
    blocks: list[Sequence[str]] = [[*wrapped(TITLE, width)], [*aligned(summary_rows(found), width)]]
    blocks += [[*aligned(constant_rows(found, each), width, (1,))] for each in QUANTITIES]
    if whole:
        blocks += [[*aligned(point_rows(found, each), width, (4,))] for each in QUANTITIES]
    more = "--json has sources" if whole else "--all: every point · --json has sources"
    blocks.append([*wrapped(HOW, width), f"next: {more}"])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"
