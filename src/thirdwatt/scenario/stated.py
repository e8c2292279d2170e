"""What the fields of a form state: quantities, rows of fact tables, options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from thirdwatt.facts import Figure, table
from thirdwatt.facts.stacks import software
from thirdwatt.facts.table import plain
from thirdwatt.scenario.mistakes import Mistake
from thirdwatt.scenario.scenario import Finding, Warn
from thirdwatt.scenario.schema import Layout, ScenarioFile, Section, Stated

BOUNDARY_QUANTITY: Mapping[str, str] = {
    "accelerators": "accelerators_energy_kwh",
    "accelerators+facility": "accelerators_facility_energy_kwh",
    "it": "it_energy_kwh",
    "facility": "facility_energy_kwh",
}
"""Quantity that each boundary of a scenario asks for."""

_WORDS: Mapping[str, Mapping[Any, float]] = {
    "embedding_copies": {True: 1.0, False: 2.0},
    "norm_factor": {"rms": 1.0, "layer": 2.0, "none": 0.0},
}
"""Values of fields that are words, as the numbers of their quantities."""


@dataclass(frozen=True, slots=True)
class Given:
    """A quantity that is given: its figure, and the path that gives it."""

    path: str
    figure: Figure


def figure_of(quantity: str, stated: Stated, path: str) -> Figure:
    """The figure that a stated number is."""
    return Figure(
        value=stated.value,
        low=stated.value if stated.low is None else stated.low,
        high=stated.value if stated.high is None else stated.high,
        kind=stated.kind,
        source=stated.source or path,
        stream=f"given/{quantity}",
    )


def quantities(file: ScenarioFile) -> dict[str, Given]:
    """Every quantity that a field states."""
    found = {}
    for path, stated in _numbers(file):
        quantity = QUANTITY_OF[path]
        found[quantity] = Given(path, figure_of(quantity, stated, path))
    return found


NAMED_IN: Mapping[str, str] = {"chips": "accelerators"}
"""Tables whose rows are those of another, which has their names."""


def rows(file: ScenarioFile) -> tuple[dict[str, str], list[Finding]]:
    """Id of every row of a fact table that a field names, by what it decides; and names that are none."""
    choices: dict[str, str] = {}
    findings: list[Finding] = []
    for name, path, wanted in _names(file):
        named = table(NAMED_IN.get(name, name)).find(wanted)
        row = table(name).rows.get(named.id) if named is not None else None
        if row is None:
            close = table(name).nearest(wanted)
            fix = f"did you mean {close}?" if close else f"see the ids of {name}"
            findings.append(Mistake(path, f"{wanted!r} is in no row of {name}", fix))
            continue
        choices[path.rpartition(".")[2]] = row.id
        if plain(wanted) != row.id:
            findings.append(Warn("alias", f"{wanted} is taken as {row.id} ({row.name})"))
    return choices, findings


def options(file: ScenarioFile) -> dict[str, str]:
    """Every choice that is no row of a table."""
    asynchronous = "yes" if file.workload.asynchronous else "no"
    found = {
        "asynchronous": asynchronous,
        "method": file.workload.method,
        "adapter": file.workload.adapter,
        "term": file.site.term,
    }
    optional: dict[str, str | None] = {
        "tenure": file.site.tenure,
        "vendor": file.site.vendor and plain(file.site.vendor),
        "stack": software(file.software.stack, file.software.year).id,
        "basis": file.site.basis,
        "search": file.development.search,
    }
    if isinstance(file.layout, Layout):
        zero = file.layout.zero_stage
        optional |= {
            "precision": file.layout.precision,
            "zero": None if zero is None else str(zero),
            "recompute": file.layout.recompute,
            "offload": file.layout.offload,
            "context_by": file.layout.context_by,
        }
    return found | {name: value for name, value in optional.items() if value}


# --- fields -------------------------------------------------------------------------------------------------------


def _sections(file: ScenarioFile) -> Iterator[tuple[str, Section]]:
    yield "workload", file.workload
    if file.workload.transformer:
        yield "workload.transformer", file.workload.transformer
    yield "cluster", file.cluster
    if file.blueprint:
        yield "blueprint", file.blueprint
    elif file.datasheet:  # both are a mistake, and would be based on one row
        yield "datasheet", file.datasheet
    if isinstance(file.layout, Layout):
        yield "layout", file.layout
    yield "software", file.software
    yield "site", file.site
    yield "storage", file.storage
    yield "development", file.development


def _extra(section: Section, name: str) -> dict[str, str]:
    extra = type(section).model_fields[name].json_schema_extra
    return extra if isinstance(extra, dict) else {}  # type: ignore[return-value]


def _by_path() -> dict[str, str]:
    found = {"storage.erasure.data": "erasure_data_count", "storage.erasure.parity": "erasure_parity_count"}
    for path, section in _sections(ScenarioFile.model_validate({"workload": {"transformer": {}}, "blueprint": {}})):
        for name in type(section).model_fields:
            if "quantity" in (extra := _extra(section, name)):
                found[f"{path}.{name}"] = extra["quantity"]
    return found


QUANTITY_OF: Mapping[str, str] = _by_path()
"""Quantity that each field of a scenario states, by its path; ``storage.erasure`` states two."""


def _numbers(file: ScenarioFile) -> Iterator[tuple[str, Stated]]:
    for path, section in _sections(file):
        for name in _set(section):
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


def _set(section: Section) -> Iterator[str]:
    """Fields that are set, in the order of the form: that of a set would differ from run to run."""
    return (name for name in type(section).model_fields if name in section.model_fields_set)


def _word(quantity: str, value: Any) -> float:
    return _WORDS[quantity][value] if quantity in _WORDS else float(value)


def _names(file: ScenarioFile) -> Iterator[tuple[str, str, str]]:
    for path, section in _sections(file):
        for name in _set(section):
            value = getattr(section, name)
            if value is not None and "table" in (extra := _extra(section, name)):
                yield extra["table"], f"{path}.{name}", value
