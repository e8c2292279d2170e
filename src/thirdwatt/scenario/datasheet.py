"""A datasheet: an accelerator that is in no table, as its maker describes it.

From the section ``[datasheet]`` to a row like those of the table of accelerators, or to the list of everything that is
wrong with it. What no datasheet says, how much of a peak kernels reach, which host and network stand around it and what
it rents for, is that of the chip on sale which it is used like.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from thirdwatt.facts import Figure, Row, table
from thirdwatt.scenario.bounds import range_mistakes
from thirdwatt.scenario.mistakes import Mistake
from thirdwatt.scenario.scenario import Finding, Scenario, Warn
from thirdwatt.scenario.schema import Datasheet, ScenarioFile, Stated

SECTION = "datasheet"
PEAK = "accelerator_peak_flop_per_s"
TDP, IDLE, FOOTPRINT = "accelerator_tdp_w", "accelerator_idle_power_w", "accelerator_embodied_kg"

FIELDS: Mapping[str, str] = {
    "tdp_w": TDP,
    "memory_byte": "accelerator_memory_byte",
    "memory_byte_per_s": "accelerator_memory_byte_per_s",
    "link_byte_per_s": "accelerator_link_byte_per_s",
    "idle_w": IDLE,
    "fabric": "fabric_accelerator_count",
    "torus_dimensions": "torus_dimension_count",
    "units": "compute_unit_count",
    "price_usd": "accelerator_price_usd",
    "embodied_kg": FOOTPRINT,
}
"""Fields of a datasheet, and the quantity of each."""
NEEDED = ("tdp_w", "memory_byte", "memory_byte_per_s", "link_byte_per_s")
"""Fields without which nothing can be said of an accelerator, its peaks apart."""
OF_HOST = ("fabric_accelerator_count", "torus_dimension_count")
"""What goes with the host and the network, where a datasheet does not say it."""

DECADE = 10
"""How far beyond every accelerator of the table a figure may be before it is refused: its unit is wrong."""
UNSURE = 2
"""How far either way a guess in the place of an unsaid figure may be off."""
HINTS: Mapping[str, str] = {
    "_flop_per_s": "a TFLOP/s is 1e12",
    "_byte": "a GB is 1e9",
    "_byte_per_s": "a TB/s is 1e12, a GB/s 1e9",
}
USUAL_PRECISIONS = ("bf16", "fp16", "fp32")
"""What a chip trains in where nobody says, the first that it has, unless its like's usual one is among its own."""


def listed(file: ScenarioFile, chosen: Mapping[str, str]) -> tuple[Row | None, dict[str, str], list[Finding]]:
    """The row that the section of a file states, the choices without its own, and what is to be said of it.

    Parameters
    ----------
    chosen
        Rows of fact tables that the whole document names.
    """
    form = file.datasheet
    if form is None:
        return None, dict(chosen), []
    if file.blueprint is not None:
        return None, dict(chosen), [Mistake(SECTION, "is stated, and [blueprint] is a chip too", "state one")]
    others = {name: row for name, row in chosen.items() if name != "based_on"}
    base = table("accelerators").rows[chosen["based_on"]] if "based_on" in chosen else None
    like = others.get("accelerator") or (base.id if base else None)
    if like is None:
        missing = [] if form.based_on else [Mistake("cluster.accelerator", "missing", LIKE)]
        return None, others, [*missing, *_wrong(form, base)]
    beside = table("accelerators").rows[like]
    if mistakes := list(_wrong(form, base)):
        return None, {**others, "accelerator": like}, [*mistakes]
    figures, guessed = _figures(form, base, beside)
    name = form.name or (base.name if base else SECTION)
    row = Row(SECTION, {**beside.text, "name": name, "precision": _usual(beside, figures)}, figures)
    return row, {**others, "accelerator": like}, [Warn("datasheet", _said(name, beside, guessed))]


LIKE = (
    "name the chip on sale whose kernels, software, host, network and rents it is used with: like = 'h100-sxm-80gb' in "
    "its file, or cluster.accelerator beside it"
)


def accelerator(scenario: Scenario) -> Row:
    """What a scenario trains on: its own datasheet, or the row of the accelerator that it names."""
    return scenario.datasheet or table("accelerators").rows[scenario.choices["accelerator"]]


# --- figures ------------------------------------------------------------------------------------------------------


def _stated(form: Datasheet) -> Iterator[tuple[str, str, Stated]]:
    """Path, name among the figures of a row, and number of everything that it states."""
    for precision, number in form.peak_flop_per_s.items():
        yield f"{SECTION}.peak_flop_per_s.{precision}", f"{PEAK}@{precision}", number
    for field, quantity in FIELDS.items():
        if (number := getattr(form, field)) is not None:
            yield f"{SECTION}.{field}", quantity, number


def _figures(form: Datasheet, base: Row | None, like: Row) -> tuple[dict[str, Figure], list[str]]:
    """Figures of the row, and what of them is guessed."""
    found = dict(base.figures) if base else {name: like.figures[name] for name in OF_HOST if name in like.figures}
    if base and form.peak_flop_per_s:
        found = {name: each for name, each in found.items() if not name.startswith(PEAK)}
    found |= {name: _figure(form, path, name, number, base or like) for path, name, number in _stated(form)}
    guesses = {name: each for name, each in _guesses(like, found[TDP]) if name not in found}
    return found | guesses, list(guesses)


def _figure(form: Datasheet, path: str, name: str, number: Stated, same: Row) -> Figure:
    """A figure as it is stated; one that says what a row on sale says is drawn with it."""
    kind = number.kind if "kind" in number.model_fields_set else "published"
    low = number.value if number.low is None else number.low
    high = number.value if number.high is None else number.high
    stream = f"given/{name}"
    known = same.figures.get(name)
    if known is not None and (known.value, known.low, known.high) == (number.value, low, high):
        stream = known.stream
    return Figure(number.value, low, high, kind, number.source or form.source or path, stream)


def _guesses(like: Row, limit: Figure) -> Iterator[tuple[str, Figure]]:
    """What stands for figures that datasheets seldom say: watts at rest by the limit, the footprint as it is."""
    for name, ratio in ((IDLE, limit.value / like.figures[TDP].value), (FOOTPRINT, 1.0)):
        known = like.figures.get(name)
        if known is not None:
            value, source = known.value * ratio, f"guess from {like.id}"
            stream = f"given/{name}"
            yield name, Figure(value, value / UNSURE, value * UNSURE, "assumed", source, stream)


def _usual(like: Row, figures: Mapping[str, Figure]) -> str:
    has = [name.partition("@")[2] for name in figures if name.startswith(PEAK)]
    return next((each for each in (like.text["precision"], *USUAL_PRECISIONS) if each in has), has[0])


def _said(name: str, like: Row, guessed: list[str]) -> str:
    words = {IDLE: "watts at rest", FOOTPRINT: "footprint"}
    own = f"; its {' and '.join(words[each] for each in guessed)} are guessed from it" if guessed else ""
    return f"{name} is used like {like.id}: what kernels reach, host, network and rents are those of {like.id}{own}"


# --- what is wrong ------------------------------------------------------------------------------------------------


def _wrong(form: Datasheet, base: Row | None) -> Iterator[Mistake]:
    if not form.peak_flop_per_s and base is None:
        said = "state the dense peak in each precision: {bf16 = 989e12, fp8 = 1979e12}"
        yield Mistake(f"{SECTION}.peak_flop_per_s", "missing", said)
    for field in NEEDED:
        if base is None and getattr(form, field) is None:
            yield Mistake(f"{SECTION}.{field}", "missing", f"state it, or another accelerator with {SECTION}.based_on")
    for path, name, number in _stated(form):
        yield from _unlikely(path, name, _figure(form, path, name, number, _NONE))
    idle, limit = (_value(form, base, field) for field in ("idle_w", "tdp_w"))
    if idle is not None and limit is not None and idle > limit:
        yield Mistake(f"{SECTION}.idle_w", f"{idle:g} W at rest is more than the limit of {limit:g} W", "check both")


_NONE = Row("", {}, {})


def _value(form: Datasheet, base: Row | None, field: str) -> float | None:
    stated: Stated | None = getattr(form, field)
    if stated is not None:
        return stated.value
    known = base.figures.get(FIELDS[field]) if base else None
    return None if known is None else known.value


def _unlikely(path: str, name: str, figure: Figure) -> Iterator[Mistake]:
    quantity = name.partition("@")[0]
    if wrong := list(range_mistakes(quantity, figure, path)):
        yield from wrong
        return
    low, high = _seen().get(quantity, (0.0, 0.0))
    if low > 0 and not low / DECADE <= figure.value <= high * DECADE:
        hint = next((each for ending, each in HINTS.items() if quantity.endswith(ending)), "")
        said = f"{figure.value:g} is a decade away from all accelerators of the tables, {low:g} to {high:g}"
        yield Mistake(path, said, f"check its unit{f': {hint}' if hint else ''}")


@cache
def _seen() -> Mapping[str, tuple[float, float]]:
    """Least and most that any accelerator of the table has of each quantity."""
    found: dict[str, tuple[float, float]] = {}
    for row in table("accelerators"):
        for name, figure in row.figures.items():
            quantity = name.partition("@")[0]
            low, high = found.get(quantity, (figure.value, figure.value))
            found[quantity] = min(low, figure.value), max(high, figure.value)
    return found
