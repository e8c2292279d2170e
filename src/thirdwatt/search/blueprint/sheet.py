"""A chip's sheet: area, limits, speed and power of a blueprint, and where every joule goes.

Everything is read from the ledger's own quantities; parts of a joule add up to the whole in every draw.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from thirdwatt.facts import Figure, table
from thirdwatt.ledger import Ledger, Total, estimate, scenario_of
from thirdwatt.ledger.blueprints import alone
from thirdwatt.ledger.book import book
from thirdwatt.ledger.evaluate import chunks, needed
from thirdwatt.ledger.graph import program
from thirdwatt.ledger.leaves import columns, figures, informed
from thirdwatt.ledger.ledger import total
from thirdwatt.ledger.limits import LIMITED, broken, demand_buildable
from thirdwatt.ledger.samples import Array, Scores
from thirdwatt.quantity import BOUNDARIES, J_PER_KWH, PHASES
from thirdwatt.scenario import InputError, Mistake, Scenario
from thirdwatt.scenario.blueprint import MEASURED, Blueprint
from thirdwatt.scenario.datasheet import PEAK, accelerator
from thirdwatt.scenario.mistakes import nearest
from thirdwatt.scenario.parse import BOUNDARY_QUANTITY
from thirdwatt.scenario.read import SECTIONS, SUFFIXES, chip_of, presets, read
from thirdwatt.search.blueprint.known import known_by
from thirdwatt.search.blueprint.mix import MIXES, Document, Workload, document_of, laid_out
from thirdwatt.search.blueprint.price import gain, of_blueprint

SAMPLES = 1_000
SHOWN_ON = "llama-3.1-405b"
"""What a chip is shown training, unless another run is named."""
LIKE = "b200-sxm-180gb"
"""Chip whose host and network a design is used with that says none."""
WAITING = "waiting"

PARTS: Mapping[str, str] = {
    "multipliers and adders": "datapath_power_w",
    "instructions": "control_power_w",
    "registers": "register_power_w",
    "local memory": "local_power_w",
    "shared memory and wires": "last_level_power_w",
    "clocks and other logic": "clock_power_w",
    "leakage": "leakage_power_w",
    "refresh and board": "standing_power_w",
    "memory": "memory_power_w",
    "links": "link_power_w",
}
"""Parts of a joule while a chip works, and the power of each."""

FORMATS: Mapping[str, str] = {
    "multipliers and adders": "format_datapath_j_per_flop",
    "instructions": "format_control_j_per_flop",
    "registers": "format_register_j_per_flop",
    "local memory": "format_local_j_per_flop",
}
TIMED: Mapping[str, str] = {
    "clocks and other logic": "full_clock_power_w",
    "leakage": "leakage_power_w",
    "refresh and board": "standing_power_w",
    "links": "awake_link_power_w",
}
"""Parts of a joule in large products: with the FLOP, and with time."""

UNITS: Mapping[str, str] = {
    "what runs instructions": "sequencer_mm2",
    "arrays": "array_mm2",
    "registers": "register_mm2",
    "local memory": "local_mm2",
}
WHOLE: Mapping[str, str] = {
    "shared memory": "last_level_mm2",
    "crossbar": "crossbar_mm2",
    "memory and link ports, rest": "interface_mm2",
}
"""Parts of the area: of every unit, and of the dies."""

FIGURES = (
    "accelerator_peak_flop_per_s", "product_power_w", "accelerator_tdp_w", "accelerator_idle_power_w", "supply_v",
    "die_area_mm2", "die_yield_share", "wafer_die_count", "accelerator_cost_usd", "accelerator_price_usd",
    "accelerator_embodied_kg", "accelerator_memory_byte", "accelerator_memory_byte_per_s", "sustained_flop_per_j",
    "design_power_ratio",
)  # fmt: skip
"""What a sheet says of a chip beside its parts."""

_FOR_PARTS = (
    *FIGURES, *LIMITED, *FORMATS.values(), *TIMED.values(), *UNITS.values(), *WHOLE.values(), "built_unit_count",
    "chip_area_ratio", "format_last_level_j_per_flop", "format_memory_byte_per_flop", "last_level_j_per_byte",
    "memory_j_per_byte", "kernel_share", "chip_power_ratio", "die_count", "clock_hz",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Joules:
    """Where energy goes: J for every FLOP by part, and the whole, which they add up to."""

    parts: Mapping[str, Total]
    whole: Total


@dataclass(frozen=True, slots=True)
class Training:
    """A chip while it trains something.

    Attributes
    ----------
    joules
        For every FLOP of the model.
    power_w, mfu
        Mean draw of an accelerator, and how much of its peak the model gets.
    boundaries
        J for every FLOP of the model within each boundary.
    """

    model: str
    count: int
    precision: str
    joules: Joules
    power_w: Total
    mfu: Total
    boundaries: Mapping[str, Total]


@dataclass(frozen=True, slots=True)
class Against:
    """A figure that is published of a chip, and what the model has for it when that is kept from it."""

    quantity: str
    published: Figure
    model: Total

    @property
    def error(self) -> float:
        """The model to what is published, less 1."""
        return self.model.value / self.published.value - 1


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a blueprint: what it is, and how that is known."""

    name: str
    value: float | str
    kind: str
    source: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything that follows from a blueprint.

    Attributes
    ----------
    name, id, named
        What people call it, its row or file, and how it was asked for.
    area
        mm² of all dies by part.
    limits
        Shares of what can be built that it takes, by quantity.
    broken
        Limits that it passes; nothing of a chip that is sold.
    peaks
        Dense peak by precision.
    product
        Where a joule goes in large products at full clock; ``training`` where it goes in training, ``None`` where
        that does not fit, for the reason in ``no_training``.

    Of a chip that only a datasheet tells of there is no blueprint, and nothing is known of what its area and joules are
    made of.
    """

    name: str
    id: str
    named: str
    blueprint: Blueprint | None
    precision: str
    sold: bool
    figures: Mapping[str, Total]
    area: Mapping[str, Total]
    limits: Mapping[str, Total]
    broken: tuple[str, ...]
    peaks: Mapping[str, float]
    product: Joules | None
    training: Training | None
    no_training: str
    against: tuple[Against, ...]
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """How a chip stands to the first of several on a mix: how many times less energy it takes, at each boundary."""

    sheet: Sheet
    factors: Mapping[str, Total]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Chips side by side.

    Attributes
    ----------
    models
        Workloads of the mix that all of them hold.
    left_out
        Those that do not fit one of them, and which.
    """

    chips: tuple[Beside, ...]
    models: tuple[str, ...]
    left_out: Mapping[str, str]


# --- what is asked for --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chip:
    """A chip by its id, or a file with its blueprint or datasheet; ``kind`` says which of the two its section is."""

    id: str
    section: Mapping[str, Any]
    like: str
    named: str
    kind: str = "blueprint"


def chip(named: str) -> Chip:
    """The chip that a name or a file says.

    Raises
    ------
    InputError
        If no such chip is known, or the file holds none.
    """
    if (path := Path(named)).suffix.lower() in SUFFIXES:
        found = chip_of(named)
        kind = next(each for each in SECTIONS if each in found)
        section = found[kind]
        usual = LIKE if kind == "blueprint" else ""
        like = found.get("cluster", {}).get("accelerator") or section.get("based_on") or usual
        return Chip(path.name, section, like, named, kind)
    row = table("accelerators").find(named)
    if row is None:
        known = table("accelerators").rows
        fix = (
            nearest(named, known) or "see thirdwatt facts accelerators; or name a file with [blueprint] or [datasheet]"
        )
        raise InputError([Mistake(named, "is neither a chip nor a file", fix)])
    kind = "blueprint" if row.id in table("chips").rows else "datasheet"
    return Chip(row.id, {"based_on": row.id}, row.id, row.id, kind)


WANTED = ("bf16", "fp16", "fp32")
"""Precisions in which chips are shown and compared where none is said, the first that they have."""


def precision_of(asked: Chip, precision: str | None) -> str:
    """The precision to show a chip in.

    Raises
    ------
    InputError
        If it does not have the one that was asked for.
    """
    bare = _bare(asked, None)
    has = listed_precisions(bare) if bare.blueprint is None else bare.blueprint.precisions
    if precision is None:
        return next((each for each in WANTED if each in has), has[0])
    if precision not in has:
        raise InputError([Mistake("--precision", f"{asked.id} has no {precision}", f"allowed: {', '.join(has)}")])
    return precision


def _bare(asked: Chip, precision: str | None) -> Scenario:
    document: Document = {"cluster": {"accelerator": asked.like} if asked.like else {}, asked.kind: dict(asked.section)}
    if precision is not None:
        document["layout"] = {"precision": precision}
    else:  # the precision that a section is sure to have
        rates = asked.section.get("rates") or asked.section.get("peak_flop_per_s") or {}
        first = next(iter(rates), None)
        if first is not None and "based_on" not in asked.section:
            document["layout"] = {"precision": first}
    return scenario_of(document, name=asked.id)


# --- a sheet ------------------------------------------------------------------------------------------------------


def sheet(
    named: str, precision: str | None = None, workload: str = SHOWN_ON, *, samples: int = SAMPLES, seed: int = 0
) -> Sheet:
    """The sheet of a chip or a file.

    Parameters
    ----------
    precision
        What it computes in; 16 bit if it has it.
    workload
        Preset that it is shown training.

    Raises
    ------
    InputError
        With every mistake.
    """
    asked = chip(named)
    chosen = precision_of(asked, precision)
    document = _training(asked, chosen, workload)
    (whole,) = laid_out([document])
    return _sheet(asked, chosen, _trained(whole, samples, seed), Scores(samples, seed), workload)


def compare(
    names: Sequence[str], precision: str | None = None, mix: str = "today", *, samples: int = SAMPLES, seed: int = 0
) -> Comparison:
    """Chips side by side, on the workloads of a mix that fit all of them.

    Raises
    ------
    InputError
        With every mistake.
    """
    asked, chosen = _all_asked(names, precision, mix)
    scores = Scores(samples, seed)
    ledgers: list[dict[str, Ledger | None]] = []
    for each, own in zip(asked, chosen, strict=True):
        documents = [_run(one, each, own) for one in MIXES[mix]]
        trained = [_trained(document, samples, seed) for document in laid_out(documents)]
        ledgers.append({one.model: ledger for one, ledger in zip(MIXES[mix], trained, strict=True)})
    left = {
        one.model: ", ".join(each.id for each, own in zip(asked, ledgers, strict=True) if own[one.model] is None)
        for one in MIXES[mix]
    }
    held = tuple(each for each in MIXES[mix] if not left[each.model])
    weights = np.array([each.weight for each in held])
    shown = SHOWN_ON if any(each.model == SHOWN_ON for each in held) or not held else held[0].model
    chips = []
    for each, own, ledger in zip(asked, chosen, ledgers, strict=True):
        factors = {}
        for boundary in BOUNDARIES if held else ():
            first, other = (
                np.stack([_per_flop(_ledger(side, one), BOUNDARY_QUANTITY[boundary]) for one in held])
                for side in (ledgers[0], ledger)
            )
            factors[boundary] = total(gain(first, other, weights))
        chips.append(Beside(_sheet(each, own, ledger[shown], scores, shown), factors))
    return Comparison(tuple(chips), tuple(each.model for each in held), {one: who for one, who in left.items() if who})


def _all_asked(names: Sequence[str], precision: str | None, mix: str) -> tuple[list[Chip], list[str]]:
    mistakes = [] if mix in MIXES else [Mistake("--mix", f"{mix!r} is none", f"allowed: {', '.join(MIXES)}")]
    asked, chosen = [], []
    for name in names:
        try:
            asked.append(chip(name))
            chosen.append(precision_of(asked[-1], precision))
            bare = _bare(asked[-1], chosen[-1])
            demand_buildable(bare, figures(bare))
        except InputError as error:
            mistakes += error.mistakes
    if mistakes:
        raise InputError(mistakes, "chip compare")
    return asked, chosen


def _ledger(ledgers: Mapping[str, Ledger | None], workload: Workload) -> Ledger:
    found = ledgers[workload.model]
    assert found is not None  # noqa: S101 - it fits
    return found


def _training(asked: Chip, precision: str, workload: str) -> Document:
    """The training of a preset on a chip: as the mix has it, or as the preset is published."""
    for one in (each for mix in MIXES.values() for each in mix):
        if one.model == workload:
            return _run(one, asked, precision)
    if workload not in presets():
        raise InputError([Mistake("--workload", f"{workload!r} is no preset", nearest(workload, presets()))])
    _, found = read(workload)
    count = found.get("cluster", {}).get("count", 1)
    document = _run(Workload(workload, count), asked, precision)
    return {**document, "workload": found.get("workload", {})}


def _run(workload: Workload, asked: Chip, precision: str) -> Document:
    """The training of a workload on a chip, its layout still open."""
    document = document_of(workload, asked.section, asked.like, precision, "facility")
    if asked.kind != "blueprint":
        document[asked.kind] = document.pop("blueprint")
        document["title"] = f"{workload.model} on an accelerator by its datasheet"
    return document


def training(document: Document, *, samples: int = SAMPLES, seed: int = 0) -> Training | None:
    """A laid out run on a blueprint: where its joules go; ``None`` if it does not fit."""
    ledger = _trained(document, samples, seed)
    model = document["workload"].get("model", "a run")
    return None if ledger is None else _training_of(ledger, document["layout"]["precision"], model)


def _trained(document: Document, samples: int, seed: int) -> Ledger | None:
    """The ledger of a run, if its memory holds it."""
    found = estimate(scenario_of(document), samples=samples, seed=seed)
    used = found.of("memory_used_ratio")
    return None if used is None or used.value > 1 else found


def _sheet(asked: Chip, precision: str, ledger: Ledger | None, scores: Scores, workload: str) -> Sheet:
    scenario = _bare(asked, precision)
    run = None if ledger is None else _training_of(ledger, precision, workload)
    lacks = f"{workload} does not fit {asked.id}, however it is laid out, or its architecture is not known"
    lacks = "" if ledger is not None else lacks
    blueprint = scenario.blueprint
    if blueprint is None:
        return _listed(asked, scenario, precision, run, lacks)
    values = _alone(scenario, precision, scores)
    built = blueprint.sold
    centre = {name: float(values[name][0]) for name in LIMITED if name in values}
    return Sheet(
        name=blueprint.name,
        id=asked.id,
        named=asked.named,
        blueprint=blueprint,
        precision=precision,
        sold=built,
        figures={name: total(values[name]) for name in FIGURES if name in values},
        area=_areas(values),
        limits={name: total(values[name]) for name in LIMITED[:3] if name in values},
        broken=() if built else tuple(broken(centre)),
        peaks={each: _peak(scenario, each) for each in blueprint.precisions},
        product=_product(values),
        training=run,
        no_training=lacks,
        against=tuple(_against(scenario, precision, scores)) if built else (),
        fields=tuple(_fields(scenario, precision, asked.section)),
    )


def _alone(scenario: Scenario, precision: str, scores: Scores, without: Sequence[str] = ()) -> dict[str, Array]:
    """Quantities of a blueprint by itself, (..., width), column 0 the centre."""
    blueprint = scenario.blueprint
    assert blueprint is not None  # noqa: S101 - it was asked for
    kept = {name: each for name, each in blueprint.figures.items() if name not in without}
    leaves = alone(replace(blueprint, figures=kept), precision) | of_blueprint(scenario.given)
    plan = program(book(), informed(leaves), _FOR_PARTS)
    (chunk,) = chunks(plan, columns([leaves], needed(plan)), scores, 1)
    found = {}
    for name, value in chunk.values.items():
        flat = value[..., 0, :]
        found[name] = np.broadcast_to(flat, (*flat.shape[:-1], scores.width)).astype(np.float64, copy=False)
    return found


def _areas(values: Mapping[str, Array]) -> dict[str, Total]:
    ratio = values["chip_area_ratio"]
    units = {name: values[quantity] * values["built_unit_count"] * ratio for name, quantity in UNITS.items()}
    whole = {name: values[quantity] * ratio for name, quantity in WHOLE.items()}
    return {name: total(each) for name, each in (units | whole).items()}


def _product(values: Mapping[str, Array]) -> Joules:
    """Where a joule goes in large narrow products: the parts of ``product_power_w`` over their FLOP."""
    differs = values["chip_power_ratio"] * values["design_power_ratio"]
    rate = values["accelerator_peak_flop_per_s"] * values["kernel_share"]
    moved = values["format_memory_byte_per_flop"][0]
    parts = {name: values[quantity][0] for name, quantity in FORMATS.items()}
    shared = values["format_last_level_j_per_flop"][0] + moved * values["last_level_j_per_byte"]
    parts["shared memory and wires"] = shared
    parts |= {name: values[quantity] / rate for name, quantity in TIMED.items()}
    parts["memory"] = moved * values["memory_j_per_byte"]
    taking = {name: each for name, each in parts.items() if each.any()}  # links of most chips sleep meanwhile
    return Joules(
        {name: total(each * differs) for name, each in taking.items()}, total(values["product_power_w"] / rate)
    )


def _per_flop(ledger: Ledger, quantity: str) -> Array:
    energy, flop = ledger.samples(quantity), ledger.samples("training_flop")
    assert energy is not None  # noqa: S101 - a blueprint's run has its energy
    assert flop is not None  # noqa: S101 - and its FLOP
    return energy * J_PER_KWH / flop


def _training_of(ledger: Ledger, precision: str, workload: str) -> Training:
    """Where a joule of the accelerators goes: its parts while they work, and the rest of it, in which they wait; of a
    datasheet the whole.
    """
    parts = {} if ledger.scenario.blueprint is None else _parts_of(ledger)
    power, mfu = ledger.of("accelerator_power_w"), ledger.of("mfu")
    assert power is not None  # noqa: S101 - a run has its draw
    assert mfu is not None  # noqa: S101 - and its speed
    return Training(
        model=workload,
        count=int(ledger.values["accelerator_count"][0]),
        precision=precision,
        joules=Joules(parts, total(_per_flop(ledger, "accelerators_energy_kwh"))),
        power_w=power,
        mfu=mfu,
        boundaries={name: total(_per_flop(ledger, BOUNDARY_QUANTITY[name])) for name in BOUNDARIES},
    )


def _parts_of(ledger: Ledger) -> dict[str, Total]:
    """J for every FLOP by part, on a blueprint."""
    drawn = {name: ledger.values[quantity] for name, quantity in PARTS.items()}
    working = sum(drawn.values(), np.zeros(ledger.scores.width))
    time = ledger.values["phase_time_share"]
    busy = (time[PHASES.index("compute")] + time[PHASES.index("lost_to_failure")]) * ledger.values["busy_share"]
    whole = _per_flop(ledger, "accelerators_energy_kwh")
    in_work = whole * ledger.values["capped_power_w"] * busy / ledger.values["accelerator_power_w"]
    parts = {name: total(in_work * each / working) for name, each in drawn.items()}
    parts[WAITING] = total(whole - in_work)
    return parts


def _peak(scenario: Scenario, precision: str) -> float:
    blueprint = scenario.blueprint
    assert blueprint is not None  # noqa: S101 - it was asked for
    leaves = alone(blueprint, precision) | of_blueprint(scenario.given)
    plan = program(book(), informed(leaves), ("accelerator_peak_flop_per_s",))
    (chunk,) = chunks(plan, columns([leaves], needed(plan)), Scores(1, 0), 1)
    return float(chunk.values["accelerator_peak_flop_per_s"].item())


def listed_precisions(scenario: Scenario) -> tuple[str, ...]:
    """Precisions of which an accelerator's datasheet has the peak."""
    names = accelerator(scenario).figures
    return tuple(name.partition("@")[2] for name in names if name.startswith(PEAK))


def _listed(asked: Chip, scenario: Scenario, precision: str, run: Training | None, lacks: str) -> Sheet:
    """The sheet of a chip that only its datasheet tells of."""
    row = accelerator(scenario)
    whole = {name: Total(each.value, each.low, each.high) for name, each in row.figures.items()}
    figures = {PEAK: whole[f"{PEAK}@{precision}"]} | {name: whole[name] for name in FIGURES if name in whole}
    fields = tuple(
        Field(name, each.value, known_by(each.kind, each.source), each.source) for name, each in row.figures.items()
    )
    return Sheet(
        name=row.name,
        id=asked.id,
        named=asked.named,
        blueprint=None,
        precision=precision,
        sold=asked.named in table("accelerators").rows,
        figures=figures,
        area={},
        limits={},
        broken=(),
        peaks={each: whole[f"{PEAK}@{each}"].value for each in listed_precisions(scenario)},
        product=None,
        training=run,
        no_training=lacks,
        against=(),
        fields=fields,
    )


COMPARED = ("die_area_mm2", "accelerator_idle_power_w")
"""What is published of chips and follows from their blueprints too."""


def _against(scenario: Scenario, precision: str, scores: Scores) -> Iterator[Against]:
    assert scenario.blueprint is not None  # noqa: S101 - it is sold
    chip_id = scenario.blueprint.based_on  # not what it is used like
    own, listed = table("chips").rows[chip_id].figures, table("accelerators").rows[chip_id]
    values = _alone(scenario, precision, scores, COMPARED)
    for name in COMPARED:
        published = own.get(name + MEASURED) or listed.figures.get(name)
        if published is not None and published.kind not in ("assumed", "modelled"):
            yield Against(name, published, total(values[name]))


def _fields(scenario: Scenario, precision: str, section: Mapping[str, Any]) -> Iterator[Field]:
    """What a sheet rests on: choices, fields, and constants of process, memory, links and silicon."""
    blueprint = scenario.blueprint
    assert blueprint is not None  # noqa: S101 - it was asked for
    for name, word in blueprint.choices.items():
        yield Field(name, word, "stated" if name in section else "datasheet", "")
    leaves = alone(blueprint, precision) | of_blueprint(scenario.given)
    for name in sorted(needed(program(book(), informed(leaves), _FOR_PARTS))):
        if not name.endswith("_code"):
            figure = leaves[name]
            yield Field(name, figure.value, known_by(figure.kind, figure.source), figure.source)


__all__ = ["Against", "Beside", "Comparison", "Joules", "Sheet", "Training", "chip", "compare", "sheet", "training"]
