"""A design as a file that every command accepts as an accelerator: complete, readable, the same for the same answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import thirdwatt
from thirdwatt.facts import digest, table
from thirdwatt.report.chips import KIB, byte_words, clock_words, times
from thirdwatt.scenario.blueprint import CHOSEN
from thirdwatt.scenario.schema import ChipDesign
from thirdwatt.search.blueprint.answer import Answer

NOTES: Mapping[str, str] = {
    "units": "compute units that are enabled",
    "spare_unit_ratio": "more of them on the dies, so that defects can be passed by",
    "dies": "dies of the package",
    "macs": "multiply-adds of a unit and clock, in 16 bit",
    "rates": "rate of each precision to that of 16 bit",
    "vector_lanes": "lanes of a unit for everything that is no large product",
    "double_lanes": "lanes in 64 bit",
    "tile_rows": "rows of the tile of one matrix instruction",
    "tile_columns": "its columns",
    "tile_depth": "products added up in it, in 16 bit",
    "schedulers": "schedulers of a unit",
    "cluster": "units that share what they read",
    "stacks": "stacks of memory",
    "spare_stack_ratio": "more of them on the package than are enabled",
    "gated_share": "of clocks and logic beside the arrays, beyond what chips on sale gate",
    "leaking_share": "of what leaks on chips on sale",
    "operands": "where arrays take operands from",
    "accumulators": "where sums are kept",
    "known": "what else is known of it",
}
"""What fields mean, where their name and value do not say it."""
BYTES = ("register_byte", "local_byte", "accumulator_byte", "last_level_byte")
FIRST = 1e15
"""Whole numbers below this are written with all their digits."""


def chip_file(answer: Answer) -> str:
    """The best design as TOML.

    Raises
    ------
    ValueError
        If there is none.
    """
    if answer.best is None:
        raise ValueError("there is no design to write")
    lines = [f"# {each}" for each in _heading(answer)]
    lines += [f"like = {json.dumps(answer.question.baseline)}  # its host, network and software", "", "[blueprint]"]
    lines += _fields(answer.best.section)
    return "\n".join(lines) + "\n"


def _heading(answer: Answer) -> Iterator[str]:
    question = answer.question
    assert answer.best is not None  # noqa: S101 - it is written
    assert answer.factor is not None  # noqa: S101 - as there is a design
    by = f"thirdwatt {thirdwatt.__version__}, facts {digest()}"
    yield f"Found by {by}, seed {question.seed}, {question.samples} draws."
    yield (
        f"{times(answer.factor)} times less energy than {question.baseline} in {question.baseline_precision}, "
        f"boundary {question.boundary}, on the mix {question.mix}, trained in {answer.best.precision}."
    )
    others = {name: each for name, each in answer.boundaries.items() if name != question.boundary}
    yield f"At other boundaries: {', '.join(f'{name} {times(each, short=True)}' for name, each in others.items())}."
    yield "Everything below is a choice of the search, not a datasheet; thirdwatt chip show tells what follows from it."
    yield "Layouts of the answer (the documents of --json are its scenarios in full):"
    for document in answer.documents:
        changes = {"cluster.accelerator": "FILE", "cluster.count": document["cluster"]["count"]}
        changes |= {f"layout.{name}": value for name, value in document["layout"].items()}
        settings = " ".join(f"--set {path}={value}" for path, value in changes.items())
        yield f"  thirdwatt estimate {document['workload']['model']} {settings}"


def _fields(section: Mapping[str, Any]) -> Iterator[str]:
    written = {name: section[name] for name in ChipDesign.model_fields if section.get(name) is not None}
    for name, value in written.items():
        said = f"{name} = {_toml(value)}"
        note = _note(name, value)
        yield f"{said:40}  # {note}" if note else said


def _note(name: str, value: Any) -> str:
    if name in CHOSEN:
        return table(CHOSEN[name]).rows[value].name
    if name in BYTES:
        return byte_words(value) if value >= KIB else ""
    if name == "clock_hz":
        return clock_words(value)
    if name == "link_byte_per_s":
        return f"{value / 1e9:g} GB/s"
    return NOTES.get(name, "")


def _toml(value: Any) -> str:
    """A value as TOML reads it back to the last digit; whole numbers with their thousands apart."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name} = {_toml(each)}" for name, each in value.items()) + "}"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if value == int(value) and abs(value) < FIRST:
        return f"{int(value):_}"
    return repr(float(value))
