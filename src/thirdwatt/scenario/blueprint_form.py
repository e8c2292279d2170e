"""From the section ``[blueprint]`` to a blueprint, or to the list of everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache

from thirdwatt.facts import Figure, table
from thirdwatt.scenario.blueprint import CHOSEN, COOLING, OPTIONS, Blueprint, shipping
from thirdwatt.scenario.bounds import range_mistakes
from thirdwatt.scenario.known import unfit
from thirdwatt.scenario.mistakes import Mistake
from thirdwatt.scenario.schema import ChipDesign
from thirdwatt.scenario.stated import QUANTITY_OF, Given, figure_of

SECTION = "blueprint"

DECADE = 10
"""How far beyond the facts an energy of an operation may be before it is refused."""

OPTIONAL = frozenset(
    ("spare_unit_ratio", "spare_stack_ratio", "die_count", "cluster_unit_count", "accumulator_byte",
     "double_lane_count", "gated_share", "leaking_share")
)  # fmt: skip
"""Quantities of a design that have a usual value."""

FIELDS: Mapping[str, str] = {
    path.partition(".")[2]: quantity for path, quantity in QUANTITY_OF.items() if path.startswith(f"{SECTION}.")
}
"""Fields of a design that state quantities, and the quantity of each."""


def design(
    form: ChipDesign | None, chosen: Mapping[str, str], given: Mapping[str, Given], names: Collection[str]
) -> tuple[Blueprint | None, dict[str, str], list[Mistake]]:
    """The blueprint that a section states, the choices without its own, and what is wrong with it.

    Parameters
    ----------
    chosen
        Rows of fact tables that the whole document names.
    given
        Quantities that its fields state.
    names
        Quantities of the book.
    """
    if form is None:
        return None, dict(chosen), []
    others = {name: row for name, row in chosen.items() if name not in (*CHOSEN, "based_on")}
    base = shipping(chosen["based_on"]) if "based_on" in chosen else None
    own: dict[str, str] = {name: chosen[name] for name in CHOSEN if name in chosen}
    own |= {name: word for name in OPTIONS if (word := getattr(form, name)) is not None}
    if form.cooling is not None:
        own["cooling"] = form.cooling
    choices = {"cooling": COOLING[0], **(base.choices if base else {}), **own}
    rates = {
        f"narrow_rate_ratio@{precision}": figure_of("narrow_rate_ratio", stated, f"{SECTION}.rates.{precision}")
        for precision, stated in form.rates.items()
    }
    known = {name: figure_of(name, stated, f"{SECTION}.known.{name}") for name, stated in form.known.items()}
    changed = _changed(base, own, given, known) if base else set()
    inherited = dict(_inherited(base, changed)) if base else {}
    figures = {name: each for name, each in inherited.items() if name.partition("@")[0] not in known} | rates | known
    mistakes = [
        *_wrong(known, names),
        *_unlikely(given),
        *(each for name in rates for each in _rate(name, rates[name])),
    ]
    if base or form.based_on is None:
        mistakes += _lacking(form, choices, figures, given)
    if mistakes or (form.based_on and not base):
        return None, others, mistakes
    accelerator = others.get("accelerator") or (base.like if base else None)
    if accelerator is not None:
        others["accelerator"] = accelerator
    sold = base is not None and not changed and OF_LIMITS.isdisjoint(known)
    name = form.name or ("blueprint" if base is None else base.name if sold else f"{base.name} (changed)")
    based_on = base.like if base else ""
    return Blueprint(name, accelerator or "", choices, figures, form.constants, based_on, sold), others, []


FOLLOWS: Mapping[str, tuple[str, ...]] = {
    "accelerator_tdp_w": (),
    "accelerator_idle_power_w": (),
    "design_power_ratio@fitted": (),
    "accelerator_memory_byte": ("memory", "memory_stack_count"),
    "accelerator_memory_byte_per_s": ("memory", "memory_stack_count"),
}
"""What is published or measured of a chip on sale and holds of a design based on it as long as nothing of these is
changed; where nothing is named, nothing at all."""


OF_LIMITS = frozenset(("accelerator_tdp_w", "die_area_mm2", "least_supply_v", "supply_v"))
"""What is known of a chip on sale and makes another of it: what limits of building it are held against."""


def _changed(
    base: Blueprint, own: Mapping[str, str], given: Mapping[str, Given], known: Mapping[str, Figure]
) -> set[str]:
    """Choices and quantities in which a design differs from the one that it is based on."""
    changed = {name for name, word in own.items() if word != base.choices[name]}
    changed |= {name for name, rows in CHOSEN.items() if known.keys() & _usual(rows).keys()}
    return changed | {
        name
        for name in FIELDS.values()
        if name in given and (name not in base.figures or given[name].figure.value != base.figures[name].value)
    }


def _inherited(base: Blueprint, changed: Collection[str]) -> Iterator[tuple[str, Figure]]:
    """Figures of the design that another is based on, without those that its changes make untrue."""
    for name, figure in base.figures.items():
        if name not in FOLLOWS or not (set(changed) & set(FOLLOWS[name]) if FOLLOWS[name] else changed):
            yield name, figure


def _lacking(
    form: ChipDesign, choices: Mapping[str, str], figures: Mapping[str, Figure], given: Mapping[str, Given]
) -> Iterator[Mistake]:
    fix = "state it, or another design with blueprint.based_on"
    for name in (*CHOSEN, *OPTIONS):
        if name not in choices and getattr(form, name) is None:
            yield Mistake(f"{SECTION}.{name}", "missing", fix)
    for field, quantity in FIELDS.items():
        if quantity not in OPTIONAL and quantity not in figures and quantity not in given:
            yield Mistake(f"{SECTION}.{field}", "missing", fix)
    if not any(name.startswith("narrow_rate_ratio@") for name in figures):
        yield Mistake(f"{SECTION}.rates", "missing", "state the rate of each precision to that of 16 bit: {bf16 = 1}")

    held = given["accumulator_byte"].figure if "accumulator_byte" in given else figures.get("accumulator_byte")
    if choices.get("accumulators") == "array" and (held is None or held.value == 0):
        said = "is nothing, and sums are kept beside the arrays"
        yield Mistake(f"{SECTION}.accumulator_byte", said, "state it, or blueprint.accumulators = registers")


def _wrong(known: Mapping[str, Figure], names: Collection[str]) -> Iterator[Mistake]:
    usual = {**_usual("silicon"), **{name: ends for rows in CHOSEN.values() for name, ends in _usual(rows).items()}}
    for name, figure in known.items():
        path = f"{SECTION}.known.{name}"
        if wrong := [*unfit(path, name, names), *range_mistakes(name, figure, path)]:
            yield from wrong
            continue
        low, high = usual.get(name, (0.0, 0.0))
        if low > 0 and not low / DECADE <= figure.value <= high * DECADE:
            said = f"{figure.value:g} is a decade away from what is published, {low:g} to {high:g}"
            yield Mistake(path, said, "check its unit, which is the ending of its name")


UNITS: Mapping[str, tuple[str, str]] = {
    "clock_hz": ("chips", "a GHz is 1e9"),
    "accelerator_link_byte_per_s": ("accelerators", "a GB/s is 1e9"),
}
"""Fields whose unit is easily taken for another: the table that tells what they usually are, and what to write."""


def _unlikely(given: Mapping[str, Given]) -> Iterator[Mistake]:
    """Fields a decade beyond every chip: their unit is another."""
    for quantity in FIELDS.values():
        if quantity not in UNITS or quantity not in given:
            continue
        rows, hint = UNITS[quantity]
        (low, high), stated = _usual(rows)[quantity], given[quantity]
        if stated.figure.value > 0 and not low / DECADE <= stated.figure.value <= high * DECADE:
            said = f"{stated.figure.value:g} is a decade away from chips on sale, {low:g} to {high:g}"
            yield Mistake(stated.path, said, f"check its unit: {hint}")


def _rate(name: str, figure: Figure) -> Iterator[Mistake]:
    quantity, _, precision = name.partition("@")
    yield from range_mistakes(quantity, figure, f"{SECTION}.rates.{precision}")


@cache
def _usual(name: str) -> Mapping[str, tuple[float, float]]:
    """Least and most that rows of a table, or their conditions, have of each quantity."""
    found: dict[str, tuple[float, float]] = {}
    for row in table(name):
        for each, figure in row.figures.items():
            quantity, _, condition = each.partition("@")
            if condition == "fitted":
                continue
            low, high = found.get(quantity, (figure.low, figure.high))
            found[quantity] = min(low, figure.low), max(high, figure.high)
    return found
