"""Checks across fields: what is sound by itself and yet does not go together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from thirdwatt.facts import Figure, Row, table
from thirdwatt.facts.prices import OLD_YEARS, offers
from thirdwatt.facts.stacks import UNNAMED
from thirdwatt.scenario.blueprint import Blueprint
from thirdwatt.scenario.datasheet import SECTION
from thirdwatt.scenario.mistakes import Mistake
from thirdwatt.scenario.scenario import Finding, Warn
from thirdwatt.scenario.schema import Development, Layout, ScenarioFile

TDP_MARGIN = 1.1
"""How far above its rating an accelerator may draw for the length of a run; no more than meters and boards differ."""


def findings(
    file: ScenarioFile,
    choices: Mapping[str, str],
    given: Mapping[str, Figure],
    blueprint: Blueprint | None = None,
    datasheet: Row | None = None,
) -> Iterator[Finding]:
    """Everything that does not go together.

    Parameters
    ----------
    choices
        Every choice, those filled in too.
    """
    chip = datasheet or table("accelerators").rows[choices["accelerator"]]
    yield from _precision(chip, choices, given) if file.blueprint is None else _designed(blueprint, choices, given)
    if file.blueprint is not None and blueprint is not None:
        yield from _used_like(blueprint, choices, given)
    yield from _cooling(given)
    yield from _copies(given)
    yield from _rent(file, choices, given)
    yield from _stack(file.software.stack, choices)
    yield from _power(chip, given)
    yield from _fraction(given)
    yield from _region(file, given)
    yield from _development(file.development)
    if isinstance(file.layout, Layout):
        count = given.get("accelerator_count")
        yield from _layout(file.layout, None if count is None else count.value)


def _precision(chip: Row, choices: Mapping[str, str], given: Mapping[str, Figure]) -> Iterator[Mistake]:
    wanted = choices["precision"]
    peaks = [name.split("@")[1] for name in chip.figures if name.startswith("accelerator_peak_flop_per_s@")]
    if wanted not in peaks and "accelerator_peak_flop_per_s" not in given:
        yield Mistake("layout.precision", f"{_called(chip)} has no {wanted}", f"allowed: {', '.join(peaks)}")
    elif (
        chip.id == SECTION and f"matmul_share@{wanted}" not in table("generations").rows[choices["generation"]].figures
    ):
        said = f"what kernels reach of a peak in {wanted} on chips like {choices['accelerator']} is not known"
        yield Mistake(
            "layout.precision", said, f"name a chip with {wanted} as cluster.accelerator, or as like in a file"
        )


def _called(chip: Row) -> str:
    """Id of an accelerator of the tables, name of another."""
    return chip.name if chip.id == SECTION else chip.id


def _designed(
    blueprint: Blueprint | None, choices: Mapping[str, str], given: Mapping[str, Figure]
) -> Iterator[Mistake]:
    """What a blueprint cannot be trained in, and limits that would go against its design."""
    if blueprint is not None and choices["precision"] not in blueprint.precisions:
        said = f"{blueprint.name} has no {choices['precision']}"
        fix = f"allowed: {', '.join(blueprint.precisions)}; or state its rate to 16 bit in blueprint.rates"
        yield Mistake("layout.precision", said, fix)
    for name, path in (("power_cap_w", "cluster.power_cap_w"), ("clock_ratio", "cluster.clock")):
        if name in given:
            yield Mistake(path, "cannot be set of a blueprint, which has a clock of its own", "set blueprint.clock_hz")


def _used_like(blueprint: Blueprint, choices: Mapping[str, str], given: Mapping[str, Figure]) -> Iterator[Warn]:
    """What a design has of a chip on sale that it is used like, and not of its own."""
    base = blueprint.based_on
    other = base not in ("", blueprint.like)
    if other:
        said = f"{blueprint.name} is based on {base} and used like {blueprint.like}, with its host, network and kernels"
        yield Warn("blueprint_like", f"{said}; state cluster.accelerator = {base} for those that it is sold with")
    if (other or not blueprint.sold) and choices["tenure"] == "rented" and "rent_usd_per_accelerator_h" not in given:
        said = f"nobody rents out {blueprint.name}: its rent is that of {blueprint.like}"
        yield Warn("blueprint_rent", f"{said}; state site.rent_usd_per_h for another")


def _cooling(given: Mapping[str, Figure]) -> Iterator[Mistake]:
    cooling = given.get("cooling_share")
    if cooling is None:
        return
    if cooling.high >= 1:
        yield Mistake("site.cooling_share", "cooling cannot be the whole facility", "state a share below 1")
    elif "pue" in given and cooling.value * given["pue"].value > given["pue"].value - 1:
        pue, share = given["pue"].value, cooling.value
        most = (pue - 1) / pue if pue else 0.0
        problem = f"cooling of {share:.0%} of the facility contradicts a PUE of {pue:g}, whose whole overhead is"
        yield Mistake(
            "site.cooling_share", f"{problem} {most:.1%}", f"at that share the PUE is at least {1 / (1 - share):.2f}"
        )


def _copies(given: Mapping[str, Figure]) -> Iterator[Mistake]:
    if "storage_copies" in given and "erasure_data_count" in given:
        yield Mistake("storage.copies", "copies and erasure coding are both stated", "state one")


def _rent(file: ScenarioFile, choices: Mapping[str, str], given: Mapping[str, Figure]) -> Iterator[Warn]:
    year = file.software.year
    if choices["tenure"] != "rented" or "rent_usd_per_accelerator_h" in given or not year:
        return
    found = offers(choices["accelerator"], choices.get("vendor"), choices["term"])
    if found and int(found[0].month[:4]) - year >= OLD_YEARS:
        text = f"the run is of {year}, its rent of {found[0].month}"
        yield Warn("later_price", f"{text}; state site.rent_usd_per_h for what was paid")


def _stack(stack: str | None, choices: Mapping[str, str]) -> Iterator[Warn]:
    if stack and choices["stack"].startswith(UNNAMED) and not stack.startswith(UNNAMED):
        yield Warn("unknown_stack", f"no measurements of the stack {stack}: the interval stays wide")


def _power(chip: Row, given: Mapping[str, Figure]) -> Iterator[Warn]:
    power = given.get("accelerator_power_w")
    rated = given.get("accelerator_tdp_w") or chip.figures.get("accelerator_tdp_w")
    if power is not None and rated is not None and power.value > TDP_MARGIN * rated.value:
        text = (
            f"accelerator_power_w of {power.value:g} is above the {rated.value:g} W that {_called(chip)} is rated for"
        )
        yield Warn("power_above_tdp", f"{text}; give that of one accelerator, without its share of the server")


def _fraction(given: Mapping[str, Figure]) -> Iterator[Warn]:
    count = given.get("accelerator_count")
    if count is not None and count.value % 1:
        yield Warn("fractional_count", f"accelerator_count of {count.value:g} is no whole number of accelerators")


def _region(file: ScenarioFile, given: Mapping[str, Figure]) -> Iterator[Warn]:
    stated = given.get("grid_intensity_kg_per_kwh")
    if stated is not None and file.site.region:
        text = f"carbon is at the stated {stated.value:g} kg/kWh; {file.site.region} gives only price, water and"
        yield Warn("stated_intensity", f"{text} what else is not stated")


# --- development --------------------------------------------------------------------------------------------------

SEARCHES = ("grid", "random", "halving", "ladder")
"""Searches that are counted by their trials."""
TRIALS = ("trials", "trial_share")
"""Fields without which such a search cannot be counted; the rate of halving has a usual value."""


def _development(development: Development) -> Iterator[Mistake]:
    """Parts beside a multiplier, a search that cannot be counted, and figures of a search that do not count."""
    stated = [name for name in type(development).model_fields if getattr(development, name) is not None]
    search = development.search or "none"
    parts = [name for name in stated if name != "multiplier"]
    if "multiplier" in stated and parts:
        yield Mistake(
            "development.multiplier", f"stands beside {', '.join(parts)}", "state the multiplier or its parts"
        )
    needed = TRIALS if search in SEARCHES else ()
    for name in needed:
        if name not in stated:
            yield Mistake(f"development.{name}", f"is not stated, and search = '{search}' cannot be counted without it")
    counted = (*needed, *(("halving_rate",) if search == "halving" else ()))
    for name in (*TRIALS, "halving_rate"):
        if name in stated and name not in counted:
            ways = "halving" if name == "halving_rate" else ", ".join(SEARCHES)
            yield Mistake(f"development.{name}", f"does not count with search = '{search}'", f"allowed: {ways}")
    if development.trials is not None and 0 <= development.trials.value < 1:
        yield Mistake("development.trials", f"{development.trials.value:g} is less than one trial", "state 1 or more")


# --- layout -------------------------------------------------------------------------------------------------------

SPREAD = ("tensor", "pipeline", "context", "data")
"""Degrees whose product is the number of accelerators; experts lie inside data and context."""


def _layout(layout: Layout, count: float | None) -> Iterator[Mistake]:
    """Degrees that do not make up the accelerators.

    One that is left out may be anything, until data is stated, which is what is left after the others.
    """
    degrees = {name: degree for name in SPREAD if (degree := getattr(layout, name))}
    product = math.prod(degrees.values())
    if count is not None and degrees:
        said = " x ".join(degrees)
        if layout.data and product != count:
            missing = " and ".join(name for name in SPREAD if name not in degrees)
            fix = f"state {missing} too, or another count" if missing else "state degrees that make it up"
            yield Mistake("layout", f"{said} is {product}, cluster.count is {count:g}", fix)
        elif count % product:
            yield Mistake("layout", f"{said} is {product}, which does not divide cluster.count of {count:g}")
    room = _room(layout, count)
    if layout.expert and room is not None and room % layout.expert:
        problem = f"{layout.expert} does not divide data x context x tensor of {room:g}"
        yield Mistake("layout.expert", problem, "experts are spread inside data, context and tensor")


def _room(layout: Layout, count: float | None) -> float | None:
    """Accelerators over which experts may be spread: those of one pipeline stage, as far as they are known."""
    if layout.data:
        return layout.data * (layout.context or 1) * (layout.tensor or 1)
    return None if count is None else count / (layout.pipeline or 1)
