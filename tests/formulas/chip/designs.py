"""Designs drawn from what a search may build, and what the book makes of them on every process."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import product

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from thirdwatt.facts import Figure
from thirdwatt.ledger.blueprints import FITTED, PRIOR, alone
from thirdwatt.ledger.samples import Array
from thirdwatt.ledger.variants import Numbers, Variants, variants
from thirdwatt.scenario.blueprint import OPTIONS, Blueprint, shipping
from thirdwatt.scenario.blueprint_form import FOLLOWS
from thirdwatt.search.blueprint.space import NUMBERS

NODES = ("16ff", "12ffn", "n7", "n6", "n5", "n4", "n3e", "n3p", "n2")
"""Processes of one foundry, the oldest first."""
WITH_SAMSUNG = (*NODES[:2], "8n-samsung", *NODES[2:])
"""With one of another, of which no chip is fitted."""
PRECISIONS = ("fp32", "tf32", "bf16", "fp8", "fp4")
"""The widest first."""

J_PER_FLOP = (
    "format_datapath_j_per_flop", "format_control_j_per_flop", "format_register_j_per_flop",
    "format_local_j_per_flop", "format_last_level_j_per_flop",
)  # fmt: skip
POWERS = ("product_power_w", "accelerator_idle_power_w", "waiting_power_w", "full_clock_power_w", "leakage_power_w")
AREAS = ("die_area_mm2", "compute_unit_mm2", "last_level_mm2", "crossbar_mm2", "interface_mm2")
ASKED = (*J_PER_FLOP, *POWERS, *AREAS, "last_level_j_per_byte", "accelerator_peak_flop_per_s", "built_unit_count")

Design = Mapping[str, float]

some = settings(max_examples=25, deadline=None)
"""As many designs as a property is tried on: each is priced on many processes."""


def built(process: str, precision: str, silicon: str, operands: str, accumulators: str) -> dict[str, Figure]:
    """Leaves of a design whose numbers are still those of B200."""
    base = shipping("b200-sxm-180gb")
    figures = {name: figure for name, figure in base.figures.items() if name not in FOLLOWS}
    choices = {**base.choices, "process": process, "operands": operands, "accumulators": accumulators}
    return alone(Blueprint("a design", base.like, choices, figures), precision, silicon)


@cache
def ready(processes: tuple[str, ...], precisions: tuple[str, ...], operands: str, accumulators: str) -> Variants:
    """Both sets of constants, every process, every precision: made ready once."""
    every = product((FITTED, PRIOR), processes, precisions)
    return variants([built(node, narrow, silicon, operands, accumulators) for silicon, node, narrow in every], ASKED)


def made(
    design: Design,
    processes: tuple[str, ...] = ("n4",),
    precisions: tuple[str, ...] = ("bf16",),
    options: tuple[str, str] = ("local", "array"),
) -> dict[str, Array]:
    """What the book makes of a design, shape (2, processes, precisions); narrow products of what has two formats."""
    every = ready(processes, precisions, *options)
    shape = (2, len(processes), len(precisions))
    count = int(np.prod(shape))
    numbers = Numbers({name: np.full(count, value) for name, value in design.items()}, {})
    found = every.of(np.arange(count), numbers)
    return {name: (values if values.ndim == 1 else values[0]).reshape(shape) for name, values in found.items()}


AXES = {axis.quantity: axis.values for axis in NUMBERS if axis.quantity is not None}
"""Values of every number that a search decides."""

designs = st.fixed_dictionaries(
    {name: st.sampled_from(values) for name, values in AXES.items()}
    | {"scheduler_count": st.sampled_from((1.0, 2.0, 4.0, 8.0))}
)
options = st.tuples(*(st.sampled_from(OPTIONS[name]) for name in ("operands", "accumulators")))
