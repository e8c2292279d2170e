"""A mix that is priced in no time, and spaces of designs that are small enough to be looked at whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from thirdwatt.ledger import estimate
from thirdwatt.ledger.samples import Array
from thirdwatt.scenario.parse import BOUNDARY_QUANTITY
from thirdwatt.search.blueprint.answer import space_of
from thirdwatt.search.blueprint.mix import Document, Workload, document_of, laid_out
from thirdwatt.search.blueprint.price import HOURS, Limits, Mixed, Pricer, gain, on, within
from thirdwatt.search.blueprint.question import Question, asked
from thirdwatt.search.blueprint.space import Axis, Designs, Space

BASELINE = "b200-sxm-180gb"
MIX = (Workload("vit-l-16", 8, 1.0), Workload("llama-3.1-8b", 64, 2.0))
"""One model of vision, and one of language that counts twice."""
WEIGHTS = np.array([each.weight for each in MIX])

DESIGN = {
    "clock_hz": 1.0e9, "units": 128.0, "macs": 4096.0, "vector_lanes": 128.0, "tile_rows": 128.0, "tile_columns":
    256.0, "tile_depth": 16.0, "cluster": 2.0, "register_byte": 262_144.0, "local_byte": 262_144.0,
    "accumulator_byte": 262_144.0, "last_level_byte": 134_217_728.0, "stacks": 8.0, "gated_share": 0.2,
    "leaking_share": 1.0, "process": "n3e", "memory": "hbm4", "link": "nvlink-5", "operands": "local",
    "accumulators": "array", "precision": "bf16",
}  # fmt: skip
"""One of the middle of the space."""


@cache
def documents(boundary: str = "accelerators") -> tuple[Document, ...]:
    """The mix on the baseline, laid out."""
    based = {"based_on": BASELINE}
    return tuple(laid_out([document_of(each, based, BASELINE, "bf16", boundary) for each in MIX]))


def taken(of: Sequence[Document], boundary: str = "accelerators") -> Mixed:
    """What workloads take, each priced by a ledger of its own: V = 1."""
    ledgers = [estimate(document, samples=1) for document in of]
    energy, hours = (
        np.array([[ledger.values[name].item()] for ledger in ledgers]) for name in (BOUNDARY_QUANTITY[boundary], HOURS)
    )
    return Mixed(energy, hours, np.ones(1, dtype=bool))


def space(**axes: Sequence[Any]) -> Space:
    """The space of a search with the axes that are given, and one value along all others."""
    whole = space_of(asked(Question()))
    return replace(whole, axes=tuple(_axis(each, axes.get(each.field)) for each in whole.axes))


def _axis(axis: Axis, values: Sequence[Any] | None) -> Axis:
    return replace(axis, values=(DESIGN[axis.field],) if values is None else tuple(values))


def every(of: Space) -> Designs:
    """All designs of a space."""
    return np.array(list(product(*(range(size) for size in of.sizes))), dtype=np.intp)


@dataclass(frozen=True, slots=True)
class Looked:
    """What a space holds, each design looked at."""

    designs: Designs
    factor: Array
    time_ratio: Array


def looked_at(pricer: Pricer, limits: Limits, slowest: float) -> Looked:
    """Every design of a space that can be built within limits, fits and is fast enough."""
    base = taken(documents())
    able = every(pricer.space)
    able = able[pricer.space.buildable(able)]
    able = able[within(pricer.built(able), limits)]
    mixed = pricer.mixed(able)
    factor, time = gain(base.energy_kwh, mixed.energy_kwh, WEIGHTS), 1 / gain(base.hours, mixed.hours, WEIGHTS)
    good = mixed.fits & (time <= slowest)
    return Looked(able[good], factor[good], time[good])


def placed(of: Space, design: Sequence[int]) -> list[Document]:
    """The mix on a design of a space, with the baseline's layouts."""
    section, precision = of.blueprint(design)
    return [on(document, section, precision) for document in documents()]
