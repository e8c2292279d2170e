"""How predicted memory stands against published peaks, and which published jobs are said not to fit.

``memory.csv`` is a table of scenarios, as ``estimate --table`` takes it, with the measured peak beside each. Rows are
set apart by configuration, as steps are. What a meter cannot see is known to be nothing in its row: an allocator's
count holds neither driver nor collectives, its count of what is handed out no holes either.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from thirdwatt.ledger import Total
from thirdwatt.ledger.book import book
from thirdwatt.ledger.leaves import figures
from thirdwatt.ledger.pricing import estimate_table
from thirdwatt.scenario import Scenario
from thirdwatt.scenario.parse import parse
from thirdwatt.scenario.rows import document_of
from thirdwatt.validation.cases import Case

OWN = ("id", "family", "source", "unfitted", "memory_byte", "kind", "note")
"""Columns that are no path of a scenario."""

UNSEEN: Mapping[str, tuple[str, ...]] = {
    "allocated": ("software_byte", "allocator_byte"),
    "reserved": ("software_byte",),
    "unstated": ("software_byte",),
    "used": (),
}
"""What a meter does not see, by kind; where the kind is not published, the allocator's is the usual one."""

MEMORY_QUESTIONS = {
    "memory": "peak memory of an accelerator, layout and software stated, rows that were looked at",
    "memory_apart": "peak memory of an accelerator, layout and software stated, configurations set apart",
}
"""What is asked of the memory chapter."""

ALL = "all"


@dataclass(frozen=True, slots=True)
class Peak:
    """One measured peak: the job, and the job as its meter sees it."""

    id: str
    family: str
    note: str
    scenario: Scenario
    seen: Scenario
    measured_byte: float
    unfitted: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """A job that ran and is said not to fit: what it needs, what there is, and what its meter showed."""

    run: str
    family: str
    needed_byte: float
    capacity_byte: float
    published_byte: float


@cache
def peaks() -> tuple[Peak, ...]:
    """All measured peaks."""
    text = resources.files("thirdwatt.validation").joinpath("memory.csv").read_text(encoding="utf-8")
    return tuple(
        Peak(
            id=row["id"],
            family=row["family"],
            note=row["note"],
            scenario=_scenario(row),
            seen=_scenario(row | {f"known.{name}": "0" for name in UNSEEN[row["kind"]]}),
            measured_byte=float(row["memory_byte"]),
            unfitted=row["unfitted"] == "yes",
        )
        for row in csv.DictReader(io.StringIO(text))
    )


def memory_answers(samples: int) -> Iterator[tuple[Case, Total, float | None]]:
    """Every peak with what the book gives for it."""
    table = estimate_table([(peak.id, peak.seen) for peak in peaks()], samples=samples)
    for peak, row in zip(peaks(), table, strict=True):
        predicted = None if row.totals is None else row.totals["memory_byte"]
        if predicted is not None:
            yield _case(peak), predicted, None


def refused() -> Iterator[Refused]:
    """Jobs that ran and need more than there is, at the centre."""
    table = estimate_table([(peak.id, peak.scenario) for peak in peaks()], samples=1)
    for peak, row in zip(peaks(), table, strict=True):
        needed = None if row.totals is None else row.totals["memory_byte"]
        capacity = figures(peak.scenario)["accelerator_memory_byte"].value
        if needed is not None and needed.value > capacity:
            yield Refused(peak.id, peak.family, needed.value, capacity, peak.measured_byte)


def _scenario(row: Mapping[str, str]) -> Scenario:
    cells = {path: cell for path, cell in row.items() if path not in OWN}
    return parse(document_of(cells), book().names, name=row["id"])


def _case(peak: Peak) -> Case:
    return Case(
        run=peak.id,
        question="memory_apart" if peak.unfitted else "memory",
        generation=peak.scenario.choices["generation"],
        domain=peak.family,
        scenario=peak.seen.document,
        quantity="memory_byte",
        published=peak.measured_byte,
        unfitted=peak.unfitted,
    )
