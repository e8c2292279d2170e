"""A scenario as the ledger takes it: choices among facts, and quantities that are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from thirdwatt.facts import Figure, Row
from thirdwatt.quantity import Observation
from thirdwatt.scenario.blueprint import Blueprint
from thirdwatt.scenario.mistakes import Mistake


@dataclass(frozen=True, slots=True)
class Warn:
    """Something a reader of the result should know: a stable code and a sentence."""

    code: str
    text: str


Finding: TypeAlias = Mistake | Warn
"""What a check finds: a mistake, which refuses the scenario, or a warning, which goes with it."""


@dataclass(frozen=True, slots=True)
class Quadrant:
    """Shares of power and cost from which a component counts as high, and what cost means."""

    power_share: float = 0.05
    cost_share: float = 0.05
    cost: str = "capex"


@dataclass(frozen=True, slots=True)
class Measured:
    """A quantity that was measured of a scenario like another one."""

    scenario: Scenario
    quantity: str
    value: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """What somebody states about a training run.

    Attributes
    ----------
    choices
        Rows of fact tables and options, by what they decide (``accelerator``, ``region``, ``tenure`` ...).
    given
        Quantities that are stated, known or observed; each cuts the graph where it stands.
    document
        The scenario as a file would say it, to be written out and read again.
    observations
        What a meter or a scan saw of it.
    calibration
        Steps and watts measured on the same machines and software, which move the constants of the step model.
    blueprint
        The design of its chip, if it is one that nobody sells.
    datasheet
        Its accelerator as its maker describes it, if it is in no table.
    """

    name: str
    title: str
    note: str
    boundary: str
    choices: Mapping[str, str]
    given: Mapping[str, Figure]
    document: Mapping[str, Any]
    quadrant: Quadrant = Quadrant()
    warnings: tuple[Warn, ...] = field(default=())
    observations: tuple[Observation, ...] = field(default=())
    calibration: tuple[Measured, ...] = field(default=())
    blueprint: Blueprint | None = None
    datasheet: Row | None = None

    @property
    def chip(self) -> str:
        """What its accelerator is called in a line: its id, or the name of a blueprint or a datasheet."""
        own = self.blueprint or self.datasheet
        return self.choices["accelerator"] if own is None else own.name

    @property
    def on_sale(self) -> bool:
        """Whether its accelerator is a row of the tables, of which runs and rents are known."""
        return self.blueprint is None and self.datasheet is None
