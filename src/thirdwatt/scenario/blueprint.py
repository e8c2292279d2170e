"""A blueprint: a chip as a design, from which what it does, draws and costs follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from thirdwatt.facts import Figure, table

CHOSEN: Mapping[str, str] = {"process": "processes", "memory": "memories", "link": "links"}
"""What a blueprint chooses among rows of fact tables, and the table of each."""

OPTIONS: Mapping[str, tuple[str, ...]] = {
    "operands": ("registers", "local"),
    "accumulators": ("registers", "array"),
}
"""What else it chooses: where arrays take operands from, and where they keep sums."""

COOLING = ("liquid", "air")
"""What takes the heat away, the usual way first."""

MEASURED = "@measured"
"""Ending of figures of a shipping chip that its blueprint is held against, and never made of."""


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A chip as a design.

    Attributes
    ----------
    name
        What people call it.
    like
        Row of the accelerators whose host, network, software and rents it is used with.
    choices
        Rows and options by what they decide: ``process``, ``memory``, ``link``, ``operands``, ``accumulators``,
        ``cooling``.
    figures
        Its axes, and whatever else of it is known, by quantity; ``narrow_rate_ratio`` by precision behind an ``@``.
    constants
        Which constants of silicon it is computed with: ``fitted`` to boards and dies, or ``prior`` to that.
    based_on
        Chip on sale that it has what it does not say of; empty if it says everything.
    sold
        Whether it is a chip on sale with nothing changed, which is built whatever a model of limits says.
    """

    name: str
    like: str
    choices: Mapping[str, str]
    figures: Mapping[str, Figure]
    constants: str = "fitted"
    based_on: str = ""
    sold: bool = False

    @property
    def precisions(self) -> tuple[str, ...]:
        """Precisions that its arrays have."""
        return tuple(name.partition("@")[2] for name in self.figures if name.startswith("narrow_rate_ratio@"))


@cache
def shipping(chip: str) -> Blueprint:
    """Blueprint of a chip that is sold.

    Raises
    ------
    KeyError
        If no blueprint of it is known.
    """
    row = table("chips").rows[chip]
    own = table("accelerators").rows[chip]
    figures = {name: each for name, each in row.figures.items() if not name.endswith(MEASURED)}
    for name in ("compute_unit_count", "accelerator_link_byte_per_s", *STATED):
        if name in own.figures:
            figures.setdefault(name, own.figures[name])
    choices = {name: row.text[name] for name in (*CHOSEN, *OPTIONS)} | {"cooling": COOLING[0]}
    return Blueprint(own.name, chip, choices, figures, based_on=chip, sold=True)


STATED = ("accelerator_tdp_w", "accelerator_idle_power_w", "accelerator_memory_byte", "accelerator_memory_byte_per_s")
"""What is published of a shipping chip, so that its blueprint does not guess it."""
