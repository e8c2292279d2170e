"""Published step times as scenarios: what the step model is held against, and what a part of it is fitted to.

``steps.csv`` is a table of scenarios, as ``estimate --table`` takes it, with the measured time of a step beside each.
Rows are set apart by configuration (model, accelerator, count), all releases of one together, before anything was
fitted.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from zlib import crc32

from thirdwatt.facts import table
from thirdwatt.ledger.book import book
from thirdwatt.scenario import Scenario
from thirdwatt.scenario.parse import parse
from thirdwatt.scenario.rows import document_of
from thirdwatt.validation.cases import UNFITTED

OWN = ("id", "family", "source", "configuration", "step_time_s", "note")
"""Columns that are no path of a scenario."""

QUANTITY = "modelled_step_s"


@dataclass(frozen=True, slots=True)
class Step:
    """One measured step.

    Attributes
    ----------
    family
        Who measured it, on one page or in one paper.
    unfitted
        Whether its configuration is one of those set apart: one in three, by its name.
    twins
        Rows of its family with the same accelerator, count, precision, method, adapter and size of model.
    """

    id: str
    family: str
    source: str
    note: str
    scenario: Scenario
    measured_s: float
    unfitted: bool
    twins: int

    @property
    def generation(self) -> str:
        """Generation of its accelerator."""
        return self.scenario.choices["generation"]

    @property
    def experts(self) -> bool:
        """Whether its model has routed experts."""
        own = self.scenario.given.get("expert_count")
        named = self.scenario.choices.get("model")
        of_model = table("models").rows[named].figures.get("expert_count") if named else None
        return bool((own and own.value) or (of_model and of_model.value))

    @property
    def tuned(self) -> bool:
        """Whether it fine-tunes a model."""
        return self.family.startswith("fine-tune")


@cache
def steps() -> tuple[Step, ...]:
    """All measured steps."""
    text = resources.files("thirdwatt.validation").joinpath("steps.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    twins = Counter(map(_alike, rows))
    return tuple(
        Step(
            id=row["id"],
            family=row["family"],
            source=row["source"],
            note=row["note"],
            scenario=_scenario(row),
            measured_s=float(row["step_time_s"]),
            unfitted=crc32(row["configuration"].encode()) % UNFITTED == 0,
            twins=twins[_alike(row)],
        )
        for row in rows
    )


def _scenario(row: Mapping[str, str]) -> Scenario:
    cells = {path: cell for path, cell in row.items() if path not in OWN}
    return parse(document_of(cells), book().names, name=row["id"])


_ALIKE = (
    "family", "workload.model", "workload.method", "workload.adapter", "workload.transformer.hidden",
    "workload.transformer.layers", "cluster.accelerator", "cluster.count", "layout.precision",
)  # fmt: skip


def _alike(row: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(row[column] for column in _ALIKE)
