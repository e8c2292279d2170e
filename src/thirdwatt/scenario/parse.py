"""From a raw document to a scenario, or to the list of everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError

from thirdwatt.facts import Figure, table
from thirdwatt.facts.prices import OLD_DAYS, OLD_YEARS, age_days, offers, rent
from thirdwatt.facts.table import plain
from thirdwatt.quantity import Observation, axis, limits
from thirdwatt.scenario.mistakes import InputError, Mistake, nearest
from thirdwatt.scenario.scenario import Quadrant, Scenario, Warn
from thirdwatt.scenario.schema import Layout, ScenarioFile, Section, Stated

BASES = ("life-cycle", "direct")
"""What a grid's intensity counts: also mines, wells and the making of plants, or stacks alone. Never mixed."""

UNSAID_BASIS = "as stated"
"""Basis of an intensity that a scenario states without one."""

STACKS = ("megatron-lm", "megatron-core", "torchtitan", "llm-foundry", "maxtext", "nemo", "levanter")

_WORDS: Mapping[str, Mapping[Any, float]] = {
    "embedding_copies": {True: 1.0, False: 2.0},
    "norm_factor": {"rms": 1.0, "layer": 2.0, "none": 0.0},
}
"""Values of fields that are words, as the numbers of their quantities."""

BOUNDARY_QUANTITY = {
    "accelerators": "accelerators_energy_kwh",
    "accelerators+facility": "accelerators_facility_energy_kwh",
    "it": "it_energy_kwh",
    "facility": "facility_energy_kwh",
}


def parse(
    raw: Mapping[str, Any],
    quantities: Collection[str],
    *,
    name: str = "scenario",
    observations: Collection[Observation] = (),
) -> Scenario:
    """Build a scenario from a document.

    Parameters
    ----------
    raw
        The document, as TOML, YAML or JSON gave it.
    quantities
        Names that ``[known]``, ``[range]`` and observations may use.
    name
        What to call the scenario in results.
    observations
        What a meter or scan saw; rows of scope ``rate`` replace what would be modelled.

    Raises
    ------
    InputError
        With every mistake found.
    """
    file, mistakes = _validate(raw)
    warnings: list[Warn] = []
    given: dict[str, Figure] = {}
    choices = _options(file)

    where: dict[str, str] = {}
    for path, stated in _stated(file):
        quantity = _quantity_of(path)
        given[quantity] = _figure(quantity, stated, path)
        where[quantity] = path
    for table_name, path, wanted in _chosen(file):
        row = table(table_name).find(wanted)
        if row is None:
            close = table(table_name).nearest(wanted)
            fix = f"did you mean {close}?" if close else f"see the ids of {table_name}"
            mistakes.append(Mistake(path, f"{wanted!r} is in no row of {table_name}", fix))
            continue
        choices[path.rsplit(".", 1)[-1]] = row.id
        if plain(wanted) != row.id:
            warnings.append(Warn("alias", f"{wanted} is taken as {row.id} ({row.name})"))

    _experts(given)
    _instance(choices, given, mistakes)
    _known(file, given, where, quantities, mistakes, warnings)
    _observed(observations, given, quantities, mistakes, warnings)
    _defaults(choices, given, mistakes, warnings)
    _grid(choices, given, mistakes, warnings)
    _consistency(file, choices, given, mistakes, warnings)
    for quantity, figure in given.items():
        mistakes += _range_mistakes(quantity, figure, where.get(quantity, f"observations.{quantity}"))
    if mistakes:
        raise InputError(mistakes, name)

    quadrant = file.quadrant
    return Scenario(
        name=name,
        title=_line(file.title),
        note=_line(file.note),
        boundary=file.boundary,
        choices=choices,
        given=given,
        document=file.model_dump(mode="json", exclude_unset=True),
        quadrant=Quadrant(quadrant.power_share, quadrant.cost_share, quadrant.cost),
        warnings=tuple(warnings),
        observations=tuple(observations),
    )


def _line(text: str) -> str:
    """A text as one line of what prints: nothing in it moves a cursor or turns the direction of reading."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


# --- the form -----------------------------------------------------------------------------------------------------


def _validate(raw: Mapping[str, Any]) -> tuple[ScenarioFile, list[Mistake]]:
    """The form of a document, and what is wrong with it; the form leaves out what is wrong, so that later checks
    still find their own mistakes.
    """
    mistakes: list[Mistake] = []
    document: Any = raw
    while True:
        try:
            return ScenarioFile.model_validate(document), mistakes
        except ValidationError as error:
            named = {mistake.path for mistake in mistakes}
            for mistake in _form_mistakes(error):
                if mistake.path not in named:
                    mistakes.append(mistake)
                    named.add(mistake.path)
            places = [problem["loc"] for problem in error.errors(include_url=False, include_context=False)]
            sound = _without(document, {_place(document, place) for place in places})
            document = sound if sound != document else {}
        except RecursionError:
            raise InputError([Mistake("", "the document is nested too deeply")]) from None


def _place(document: Any, location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """The part of a location that exists in the document; the rest names branches of the form."""
    place: tuple[int | str, ...] = ()
    for part in location:
        if isinstance(document, Mapping) and part in document:
            document = document[part]
            place += (part,)
    return place


def _without(document: Any, places: set[tuple[int | str, ...]]) -> Any:
    if not isinstance(document, Mapping):
        return document
    return {
        key: _without(value, {place[1:] for place in places if len(place) > 1 and place[0] == key})
        for key, value in document.items()
        if (key,) not in places
    }


def _form_mistakes(error: ValidationError) -> Iterator[Mistake]:
    for problem in error.errors(include_url=False, include_context=False):
        location = [str(part) for part in problem["loc"]]
        branch = [part for part in location if part in ("Layout", "literal['auto']")]
        if branch == ["literal['auto']"] and isinstance(problem["input"], Mapping):
            continue  # the other branch says what is wrong inside the table
        path = ".".join(part for part in location if part not in branch)
        shown = repr(problem["input"])
        shown = shown if len(shown) <= 60 else shown[:57] + "..."
        if problem["type"] == "extra_forbidden":
            yield Mistake(path, "unknown key", nearest(location[-1], _keys(location[:-1])))
        elif problem["type"] == "model_type":
            expected = "a number, or a table with value, low, high, source"
            if path in ScenarioFile.model_fields or path == "workload.transformer":
                expected = "a table of fields"
            yield Mistake(path, f"{shown} is not {expected}")
        elif problem["type"] == "missing":
            yield Mistake(path, "missing", "a table that states a number needs value")
        else:
            message = problem["msg"][0].lower() + problem["msg"][1:]
            yield Mistake(path, f"{shown}: {message}")


def _keys(location: list[str]) -> list[str]:
    model: type[BaseModel] = ScenarioFile
    for part in location:
        if part in ("Layout",):
            model = Layout
            continue
        inner = _section(model, part)
        if inner is None:
            return list(Stated.model_fields)
        model = inner
    return list(model.model_fields)


def _section(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    field = model.model_fields.get(name)
    if field is None:
        return None
    options = getattr(field.annotation, "__args__", (field.annotation,))
    for option in options:
        if isinstance(option, type) and issubclass(option, Section) and option is not Stated:
            return option
    return None


def _sections(file: ScenarioFile) -> Iterator[tuple[str, Section]]:
    yield "workload", file.workload
    if file.workload.transformer:
        yield "workload.transformer", file.workload.transformer
    yield "cluster", file.cluster
    if isinstance(file.layout, Layout):
        yield "layout", file.layout
    yield "software", file.software
    yield "site", file.site
    yield "storage", file.storage


def _extra(section: Section, name: str) -> dict[str, str]:
    extra = type(section).model_fields[name].json_schema_extra
    return extra if isinstance(extra, dict) else {}  # type: ignore[return-value]


def _quantities() -> dict[str, str]:
    found = {}
    for path, section in _sections(ScenarioFile.model_validate({"workload": {"transformer": {}}})):
        for name in type(section).model_fields:
            if "quantity" in (extra := _extra(section, name)):
                found[f"{path}.{name}"] = extra["quantity"]
    return found


QUANTITY_OF = _quantities()
"""Quantity that each field of a scenario states, by its path."""


def _quantity_of(path: str) -> str:
    return QUANTITY_OF[path]


def _stated(file: ScenarioFile) -> Iterator[tuple[str, Stated]]:
    for path, section in _sections(file):
        for name in section.model_fields_set:
            value: Any = getattr(section, name)
            quantity = QUANTITY_OF.get(f"{path}.{name}")
            if quantity is None or value is None:
                continue
            if quantity == "sliding_layer_share":
                value = Stated(value=1 - 1 / value)
            elif not isinstance(value, Stated):
                value = Stated(value=_word(quantity, value))
            yield f"{path}.{name}", value
    if file.storage.erasure:
        data, parity = map(float, file.storage.erasure.split("+"))
        yield "storage.erasure.data", Stated(value=data)
        yield "storage.erasure.parity", Stated(value=parity)


QUANTITY_OF["storage.erasure.data"] = "erasure_data_count"
QUANTITY_OF["storage.erasure.parity"] = "erasure_parity_count"


def _word(quantity: str, value: Any) -> float:
    return _WORDS[quantity][value] if quantity in _WORDS else float(value)


def _chosen(file: ScenarioFile) -> Iterator[tuple[str, str, str]]:
    for path, section in _sections(file):
        for name in section.model_fields_set:
            value = getattr(section, name)
            if value is not None and "table" in (extra := _extra(section, name)):
                yield extra["table"], f"{path}.{name}", value


def _options(file: ScenarioFile) -> dict[str, str]:
    options = {"method": file.workload.method, "adapter": file.workload.adapter, "term": file.site.term}
    optional = {
        "tenure": file.site.tenure,
        "vendor": file.site.vendor and plain(file.site.vendor),
        "stack": file.software.stack and plain(file.software.stack),
        "precision": file.layout.precision if isinstance(file.layout, Layout) else None,
        "basis": file.site.basis,
    }
    return options | {name: value for name, value in optional.items() if value}


# --- quantities ---------------------------------------------------------------------------------------------------


def _figure(quantity: str, stated: Stated, path: str) -> Figure:
    return Figure(
        value=stated.value,
        low=stated.value if stated.low is None else stated.low,
        high=stated.value if stated.high is None else stated.high,
        kind=stated.kind,
        source=stated.source or path,
        stream=f"given/{quantity}",
    )


def _known(
    file: ScenarioFile,
    given: dict[str, Figure],
    where: dict[str, str],
    quantities: Collection[str],
    mistakes: list[Mistake],
    warnings: list[Warn],
) -> None:
    for section, names in (("known", file.known), ("range", file.range)):
        for name in names:
            path = f"{section}.{name}"
            if name == "energy_kwh":
                asked = "facility_energy_kwh, it_energy_kwh, accelerators_energy_kwh"
                mistakes.append(Mistake(path, "an energy without its boundary", f"say which: {asked}"))
            else:
                mistakes += _unfit(path, name, quantities)
    for name, stated in file.known.items():
        if name in given and given[name].value != stated.value:
            text = f"known.{name} = {stated.value:g} replaces {where[name]} = {given[name].value:g}"
            warnings.append(Warn("stated_twice", f"{text}; state it once"))
        given[name] = _figure(name, stated, f"known.{name}")
        where[name] = f"known.{name}"
    for name, (low, high) in file.range.items():
        middle = given.get(name) or _figure(name, Stated(value=(low + high) / 2), f"range.{name}")
        given[name] = replace(middle, low=low, high=high)
        where[name] = f"range.{name}"


def _unfit(path: str, name: str, quantities: Collection[str]) -> Iterator[Mistake]:
    """Why one number cannot stand for a quantity."""
    if name not in quantities:
        yield Mistake(path, "no such quantity", nearest(name, quantities))
    elif name in table("constants").rows["exact"].figures:
        yield Mistake(path, "is a definition and cannot be changed")
    elif name.endswith("_code"):
        yield Mistake(path, "is a choice between formulas", "make it by name in its own section, not by number")
    elif axis(name):
        parts = ", ".join(axis(name))
        yield Mistake(path, f"has a value for each of {parts}", "state the quantities it is made of")


def _observed(
    observations: Collection[Observation],
    given: dict[str, Figure],
    quantities: Collection[str],
    mistakes: list[Mistake],
    warnings: list[Warn],
) -> None:
    whole = sum(seen.scope != "rate" for seen in observations)
    if whole:
        text = f"{whole} observed of one whole run: not used, since only rates hold for another length of run"
        warnings.append(Warn("run_not_used", text))
    for seen in observations:
        if seen.scope != "rate":
            continue
        path = f"observations.{seen.quantity}"
        unfit = list(_unfit(path, seen.quantity, quantities))
        if unfit:
            mistakes += unfit
            continue
        if seen.quantity in given and given[seen.quantity].value != seen.value:
            warnings.append(
                Warn(
                    "observed_replaces_stated",
                    f"{seen.quantity}: observed {seen.value:g} replaces stated {given[seen.quantity].value:g}",
                )
            )
        given[seen.quantity] = Figure(seen.value, seen.low, seen.high, seen.kind, seen.source, f"given/{seen.quantity}")


def _range_mistakes(quantity: str, figure: Figure, path: str) -> Iterator[Mistake]:
    floor, ceiling = limits(quantity)
    if figure.kind == "assumed" and not figure.spread:
        yield Mistake(path, "is assumed and has no range", "give low and high")
    if not figure.low <= figure.value <= figure.high:
        yield Mistake(path, f"{figure.value:g} lies outside its own range {figure.low:g} to {figure.high:g}")
    if figure.low < floor:
        yield Mistake(path, f"{figure.low:g} is below {floor:g}, the least {quantity} can be")
    elif figure.high > ceiling:
        yield Mistake(path, f"{figure.high:g} is above {ceiling:g}, the most {quantity} can be")
    elif figure.low <= 0 and _must_be_positive(quantity):
        yield Mistake(path, f"{quantity} must be more than 0")


def _must_be_positive(quantity: str) -> bool:
    return quantity in _POSITIVE


_POSITIVE = frozenset(
    [
        "token_count",
        "epochs",
        "training_flop",
        "parameter_count",
        "active_parameter_count",
        "accelerator_count",
        "accelerator_hours",
        "wall_time_h",
        "mfu",
        "goodput",
        "layer_count",
        "hidden_width",
        "head_count",
        "kv_head_count",
        "head_width",
        "sequence_length",
        "tokens_per_s_per_accelerator",
        "accelerator_power_w",
        "accelerator_tdp_w",
        "storage_copies",
        "global_batch_count",
        "own_utilisation_share",
        "accelerator_peak_flop_per_s",
        "it_life_year",
        "plant_life_year",
        "building_life_year",
        "training_flop_per_token",
        "trained_token_count",
        "workload_flop",
        "typical_mfu_share",
        "failure_per_accelerator_per_h",
        "time_between_failures_h",
        "checkpoint_interval_h",
        "distribution_at_unit_overhead_ratio",
        "it_energy_kwh",
        "facility_energy_kwh",
    ]
)
"""Quantities that formulas divide by: zero would not mean *none* but *nonsense*."""


def _experts(given: dict[str, Figure]) -> None:
    """With experts in every layer there is no dense block whose width could be stated."""
    dense = given.get("dense_layer_count")
    if "expert_count" in given and "ffn_width" not in given and (dense is None or dense.value == 0):
        source = "workload.transformer: experts in every layer"
        given["ffn_width"] = Figure(0.0, 0.0, 0.0, "stated", source, "given/ffn_width")


# --- choices ------------------------------------------------------------------------------------------------------


def _instance(choices: dict[str, str], given: dict[str, Figure], mistakes: list[Mistake]) -> None:
    if "instance" not in choices:
        return
    row = table("instances").rows[choices["instance"]]
    chip = row.text["accelerator"]
    if choices.setdefault("accelerator", chip) != chip:
        mistakes.append(
            Mistake("cluster.accelerator", f"{choices['accelerator']} is not in {row.id}", f"it has {chip}")
        )
    for part in ("network", "host"):
        if part in row.text:
            choices.setdefault(part, row.text[part])
    given.setdefault("accelerator_count", row.figures["accelerator_count"])


def _defaults(choices: dict[str, str], given: dict[str, Figure], mistakes: list[Mistake], warnings: list[Warn]) -> None:
    """Fill what follows from other choices; a scenario without an accelerator is priced on the commonest one."""
    chip = table("accelerators").rows[choices.setdefault("accelerator", "h100-sxm-80gb")]
    choices.setdefault("generation", chip.text["generation"])
    choices.setdefault("precision", chip.text["precision"])
    choices.setdefault("host", chip.text["host"])
    choices.setdefault("network", chip.text["network"])
    host = table("hosts").rows[choices["host"]]
    choices.setdefault("region", "world")
    _vendor(choices)
    priced = "rent_usd_per_accelerator_h" in given or rent(chip.id, choices.get("vendor"), choices["term"])
    choices.setdefault("tenure", "rented" if priced else "own")
    of_region = any("typical_pue_ratio" in row.figures for row in table("grids").lineage(choices["region"]))
    choices["overhead"] = "region" if of_region and "facility" not in choices else "facility"
    by_tenure = {"rented": "hyperscale", "colo": "colo", "own": "enterprise"}
    home = host.text.get("facility", "")
    rented_out = home == "room" and choices["tenure"] != "own"
    choices.setdefault("facility", by_tenure[choices["tenure"]] if rented_out or not home else home)
    choices.setdefault("media", host.text.get("media", "hdd"))
    if choices["tenure"] == "rented" and not priced:
        vendor, term = choices.get("vendor", "any vendor"), choices["term"]
        fix = "state site.rent_usd_per_h, another vendor or term, or site.tenure = 'own'"
        mistakes.append(Mistake("site.tenure", f"no {term} rent of {chip.id} by {vendor} is known", fix))
    elif choices["tenure"] == "rented" and "rent_usd_per_accelerator_h" not in given:
        newest = offers(chip.id, choices.get("vendor"), choices["term"])[0]
        if age_days(newest.month) > OLD_DAYS:
            text = f"the newest rent of {chip.id} known is of {newest.month}, more than {OLD_DAYS} days ago"
            warnings.append(Warn("old_price", f"{text}; state site.rent_usd_per_h"))


def _vendor(choices: dict[str, str]) -> None:
    """Whoever's machine or region is named sets the price, if its price for the chip is known."""
    for named in (choices.get("instance", ""), choices.get("region", "")):
        provider, colon, _ = named.partition(":")
        if colon and "vendor" not in choices and offers(choices["accelerator"], provider, choices["term"]):
            choices["vendor"] = provider


def _intensity(basis: str) -> str:
    return f"grid_intensity_kg_per_kwh@{basis}"


def _grid(choices: dict[str, str], given: Mapping[str, Figure], mistakes: list[Mistake], warnings: list[Warn]) -> None:
    """Basis of the grid's intensity: the one asked for, or what the nearest grid that publishes one has."""
    lineage = table("grids").lineage(choices["region"])
    conflict = lineage[0].text.get("conflict")
    if "grid_intensity_kg_per_kwh" in given:
        choices.setdefault("basis", UNSAID_BASIS)
        return
    if conflict:
        warnings.append(Warn("mapping_conflict", f"{choices['region']}: {conflict}"))
    wanted = (choices["basis"],) if "basis" in choices else BASES
    nearest_row = next((row for row in lineage if any(_intensity(each) in row.figures for each in BASES)), None)
    for row in lineage:
        for basis in wanted:
            if _intensity(basis) in row.figures:
                if row is not nearest_row:
                    text = f"no {basis} intensity of {choices['region']} is published; that of {row.id} stands in"
                    warnings.append(Warn("stand_in", text))
                choices["basis"] = basis
                return
    asked = choices["basis"]
    fix = "leave site.basis out, or state site.intensity_kg_per_kwh"
    mistakes.append(Mistake("site.basis", f"no {asked} intensity of {choices['region']} is published", fix))


def _consistency(
    file: ScenarioFile,
    choices: dict[str, str],
    given: dict[str, Figure],
    mistakes: list[Mistake],
    warnings: list[Warn],
) -> None:
    chip = table("accelerators").rows[choices["accelerator"]]
    peaks = [name.split("@")[1] for name in chip.figures if name.startswith("accelerator_peak_flop_per_s@")]
    if choices["precision"] not in peaks and "accelerator_peak_flop_per_s" not in given:
        mistakes.append(
            Mistake("layout.precision", f"{chip.id} has no {choices['precision']}", f"allowed: {', '.join(peaks)}")
        )
    if "cooling_share" in given and given["cooling_share"].high >= 1:
        mistakes.append(Mistake("site.cooling_share", "cooling cannot be the whole facility", "state a share below 1"))
    elif "pue" in given and "cooling_share" in given:
        pue, share = given["pue"].value, given["cooling_share"].value
        if share * pue > pue - 1:
            most = (pue - 1) / pue if pue else 0.0
            mistakes.append(
                Mistake(
                    "site.cooling_share",
                    f"cooling of {share:.0%} of the facility contradicts a PUE of {pue:g}, "
                    f"whose whole overhead is {most:.1%}",
                    f"at that share the PUE is at least {1 / (1 - share):.2f}",
                )
            )
    if "storage_copies" in given and "erasure_data_count" in given:
        mistakes.append(Mistake("storage.copies", "copies and erasure coding are both stated", "state one"))
    if choices["tenure"] == "rented" and "rent_usd_per_accelerator_h" not in given and file.software.year:
        found = offers(chip.id, choices.get("vendor"), choices["term"])
        if found and int(found[0].month[:4]) - file.software.year >= OLD_YEARS:
            text = f"the run is of {file.software.year}, its rent of {found[0].month}"
            warnings.append(Warn("later_price", f"{text}; state site.rent_usd_per_h for what was paid"))
    stack = choices.get("stack")
    if stack and stack not in STACKS:
        warnings.append(Warn("unknown_stack", f"no measurements of the stack {stack}: the interval stays wide"))
    _layout_consistency(file, given, mistakes)


def _layout_consistency(file: ScenarioFile, given: Mapping[str, Figure], mistakes: list[Mistake]) -> None:
    layout = file.layout
    if not isinstance(layout, Layout) or "accelerator_count" not in given:
        return
    degrees = [layout.tensor, layout.pipeline, layout.context, layout.data]
    if layout.tensor and layout.pipeline and layout.data:
        product = 1
        for degree in degrees:
            product *= degree or 1
        count = given["accelerator_count"].value
        if product != count:
            mistakes.append(
                Mistake("layout", f"tensor x pipeline x context x data is {product}, cluster.count is {count:g}")
            )
