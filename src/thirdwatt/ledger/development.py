"""A whole project beside its final run: development by part and by account, and what failures take by size.

Everything is a product of draws: each draw of an account times the same draw of the ratio. The totals of the ledger
stay those of the final run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from thirdwatt.amounts import percent, plain
from thirdwatt.facts import Figure, table
from thirdwatt.ledger.ledger import ACCOUNTED, Ledger, Total, total
from thirdwatt.ledger.samples import Array

SIZES = (8, 64, 512, 1_024, 4_096, 16_384, 65_536, 131_072)
"""Accelerators for which failures are told, beside as many as the scenario has."""

PARTS = {"failed_runs": "failed_run_ratio", "ablations": "ablation_ratio", "search": "search_ratio"}
"""Parts of development and the quantity that each is."""
WHOLE = "development"
"""The one part where the parts are not known."""

MULTIPLIER = "development_multiplier_ratio"

OF_THIS_SIZE = (
    "time_between_failures_h", "checkpoint_interval_h", "checkpoint_ratio", "lost_to_failure_ratio",
    "daly_interval_h", "failure_waste_ratio", "failure_waste_share", "daly_waste_share",
)  # fmt: skip
"""Quantities that hold for one number of accelerators: what is stated of them is not carried to another."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of development, in units of the final run's work, and how it came about."""

    name: str
    ratio: Total
    how: str
    source: str
    kind: str


@dataclass(frozen=True, slots=True)
class Both:
    """Something that development takes, and that the whole project takes."""

    development: Total
    project: Total


@dataclass(frozen=True, slots=True)
class Failures:
    """What failures take of a job of one size, at Young's interval and at the centre.

    Shares are of all time; ``waste_ratio`` is to productive time. ``daly_waste_share`` is by the full model, which
    holds where the first order does not any more.
    """

    accelerators: float
    time_between_failures_h: float
    young_interval_h: float
    daly_interval_h: float
    checkpoint_share: float
    lost_share: float
    waste_share: float
    waste_ratio: float
    daly_waste_share: float


@dataclass(frozen=True, slots=True)
class Published:
    """A project that published what it took beside its final run."""

    id: str
    name: str
    year: str
    counts: str
    multiplier: float
    kind: str
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Development:
    """A whole project beside its final run.

    ``accounts`` are those of the ledger by name, at its boundary; what is not known there is ``None``.
    """

    ratio: Total
    multiplier: Total
    parts: tuple[Part, ...]
    accounts: Mapping[str, Both | None]
    accelerator_hours: Both | None
    energy_kwh: Total | None
    time_share: float
    expected_failures: Total | None
    failures: tuple[Failures, ...]
    published: tuple[Published, ...]


def development(ledger: Ledger) -> Development | None:
    """The project of a ledger; ``None`` if the ledger was not asked for it."""
    ratio = ledger.samples("development_ratio")
    if ratio is None:
        return None
    whole = ledger.samples(MULTIPLIER)
    assert whole is not None  # noqa: S101 - they are asked for together
    energy = ledger.samples("facility_energy_kwh")
    return Development(
        ratio=total(ratio),
        multiplier=total(whole),
        parts=_parts(ledger),
        accounts={name: _both(ledger.samples(account.quantity), ratio) for name, account in ACCOUNTED.items()},
        accelerator_hours=_both(ledger.samples("accelerator_hours"), ratio),
        energy_kwh=None if energy is None else total(energy * ratio),
        time_share=float(ratio[0] / (1 + ratio[0])),
        expected_failures=ledger.of("failure_count"),
        failures=failures(ledger),
        published=published(),
    )


def _both(run: Array | None, ratio: Array) -> Both | None:
    if run is None:
        return None
    beside = run * ratio
    return Both(total(beside), total(run + beside))


# --- parts --------------------------------------------------------------------------------------------------------


def _parts(ledger: Ledger) -> tuple[Part, ...]:
    """Parts that make up the ratio: those that are told apart, or the one figure for all."""
    way = ledger.program.plan.chosen.get("development_ratio")
    if way is not None and way.alternative == "parts":
        return tuple(_part(ledger, name, quantity) for name, quantity in PARTS.items())
    if way is None:
        return (_stated(ledger, WHOLE, "development_ratio", "stated"),)
    if way.alternative == "multiplier":
        multiplier = ledger.figures[MULTIPLIER]
        how = f"the whole project is {plain(multiplier.value)} times its final run, less that run"
        return (replace(_stated(ledger, WHOLE, MULTIPLIER, how), ratio=_total(ledger, "development_ratio")),)
    how = f"nothing is stated: the spread of {len(published())} projects that published theirs"
    return (_stated(ledger, WHOLE, "typical_development_ratio", how),)


def _total(ledger: Ledger, quantity: str) -> Total:
    found = ledger.of(quantity)
    assert found is not None  # noqa: S101 - the ratio was computed from it
    return found


def _stated(ledger: Ledger, name: str, quantity: str, how: str) -> Part:
    figure = ledger.figures[quantity]
    return Part(name, _total(ledger, quantity), how, _located(figure), figure.kind)


def _part(ledger: Ledger, name: str, quantity: str) -> Part:
    figure = ledger.scenario.given.get(quantity)
    if figure is not None:
        said = "stated" if figure.value or figure.spread else "none stated"
        return _stated(ledger, name, quantity, said)
    how, source = _search(ledger)
    return Part(name, _total(ledger, quantity), how, source, "modelled")


def _search(ledger: Ledger) -> tuple[str, str]:
    """How the search is counted, and whose figure it rests on."""
    way = ledger.scenario.choices.get("search", "none")
    if way == "none":
        return "none stated", "development.search"
    if way == "mutransfer":
        figure = ledger.figures["transfer_search_ratio"]
        return "hyperparameters of small models, transferred", _located(figure)
    trials, share = (ledger.figures[name] for name in ("search_trial_count", "search_run_work_share"))
    many = f"{plain(trials.value)} trials of {percent(share.value)} of the final run"
    if way == "halving":
        rate = ledger.figures["halving_factor"]
        return f"successive halving of {many} at its end, one in {plain(rate.value)} goes on", _located(rate)
    if way == "ladder":
        rung = ledger.figures["ladder_to_grid_share"]
        return f"a fitted law for {percent(rung.value)} of a grid of {many}", _located(rung)
    return f"{way}: {many} each", _located(trials)


def _located(figure: Figure) -> str:
    from thirdwatt.ledger.document import locate  # it shows what is made here

    return locate(figure.source)


# --- failures -----------------------------------------------------------------------------------------------------


def failures(ledger: Ledger) -> tuple[Failures, ...]:
    """What failures take by number of accelerators, all else as the scenario has it."""
    from thirdwatt.ledger.sweep import sweep  # it prices scenarios, and what prices them shows what is made here

    count, between = ledger.of("accelerator_count"), ledger.scenario.given.get("time_between_failures_h")
    sizes = sorted({*map(float, SIZES), *(() if count is None else (count.value,))})
    over: dict[str, Array] = {"accelerator_count": np.array(sizes)}
    if between is not None and count is not None:
        over["failure_per_accelerator_per_h"] = np.full(len(sizes), 1 / (count.value * between.value))
    given = {name: figure for name, figure in ledger.scenario.given.items() if name not in OF_THIS_SIZE}
    found = sweep(replace(ledger.scenario, given=given), over, OF_THIS_SIZE)
    time = 1 + found["failure_waste_ratio"]
    columns = {
        "accelerators": over["accelerator_count"],
        "time_between_failures_h": found["time_between_failures_h"],
        "young_interval_h": found["checkpoint_interval_h"],
        "daly_interval_h": found["daly_interval_h"],
        "checkpoint_share": found["checkpoint_ratio"] / time,
        "lost_share": found["lost_to_failure_ratio"] / time,
        "waste_share": found["failure_waste_share"],
        "waste_ratio": found["failure_waste_ratio"],
        "daly_waste_share": found["daly_waste_share"],
    }
    return tuple(
        Failures(**{name: float(column[number]) for name, column in columns.items()}) for number in range(len(sizes))
    )


# --- what others published ----------------------------------------------------------------------------------------


def published() -> tuple[Published, ...]:
    """Projects that published what they took, the smallest multiplier first."""
    rows = []
    for row in table("developments"):
        figure = row.figures[MULTIPLIER]
        rows.append(
            Published(
                id=row.id,
                name=row.name,
                year=row.text["year"],
                counts=row.text["counts"],
                multiplier=figure.value,
                kind=figure.kind,
                source=_located(figure),
                note=figure.note,
            )
        )
    return tuple(sorted(rows, key=lambda each: each.multiplier))


def document(ledger: Ledger) -> dict[str, Any] | None:
    """The project as plain data, the block ``development`` of ``estimate --json``; ``None`` if it was not asked for."""
    found = development(ledger)
    if found is None:
        return None
    phase = {
        "phase": WHOLE,
        "time_share": found.time_share,
        "energy_kwh": None if found.energy_kwh is None else found.energy_kwh.value,
    }
    return {
        "ratio": asdict(found.ratio),
        "multiplier": asdict(found.multiplier),
        "parts": [
            {"part" if key == "name" else key: each for key, each in asdict(part).items()} for part in found.parts
        ],
        "accounts": {name: None if both is None else asdict(both) for name, both in found.accounts.items()},
        "accelerator_hours": None if found.accelerator_hours is None else asdict(found.accelerator_hours),
        "phases": [phase],
        "expected_failures": None if found.expected_failures is None else asdict(found.expected_failures),
        "failures": [asdict(each) for each in found.failures],
        "sources": [asdict(each) for each in found.published],
    }
