"""Whether a model falls under the EU's duties for general-purpose AI, by the compute of its training.

Three thresholds of training compute: the presumption of a general-purpose model, the presumption of systemic risk, and,
for whoever changes somebody else's model, a share of that model's own training compute. This is arithmetic and no
legal advice.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from thirdwatt.amounts import percent
from thirdwatt.facts import table
from thirdwatt.ledger import Ledger, Total
from thirdwatt.ledger.ledger import total
from thirdwatt.ledger.samples import Array
from thirdwatt.report.phrases import number, sized
from thirdwatt.report.text import WIDTH
from thirdwatt.scenario import InsufficientError


@dataclass(frozen=True, slots=True)
class Threshold:
    """One threshold, how the training stands to it, and the share of draws in which it is reached."""

    name: str
    what: str
    threshold_flop: float
    ratio: float
    ratio_low: float
    ratio_high: float
    reached: bool
    probability: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Training compute with its interval and how it stands to each threshold."""

    name: str
    base: str | None
    training_flop: float
    low: float
    high: float
    thresholds: tuple[Threshold, ...]


def standing(ledger: Ledger, base: Ledger | None = None) -> Standing:
    """How a training stands to the thresholds; ``base`` is the ledger of the model that it changes.

    Raises
    ------
    InsufficientError
        If the compute of either is not known.
    """
    own, flop = _compute(ledger)
    law = table("standards").rows["eu-ai-act"].figures
    general, systemic = law["general_purpose_training_flop"].value, law["systemic_risk_training_flop"].value
    limits = [
        ("general_purpose", "presumed to be a general-purpose model", np.full_like(own, general)),
        ("systemic_risk", "presumed to carry systemic risk", np.full_like(own, systemic)),
    ]
    if base is not None:
        of_base, _ = _compute(base)
        share = law["modifier_compute_share"].value
        limits.append(("modifier", f"{percent(share)} of the compute of {base.scenario.name}", share * of_base))
    return Standing(
        name=ledger.scenario.name,
        base=None if base is None else base.scenario.name,
        training_flop=flop.value,
        low=flop.low,
        high=flop.high,
        thresholds=tuple(_threshold(name, what, own, limit) for name, what, limit in limits),
    )


def _compute(ledger: Ledger) -> tuple[Array, Total]:
    drawn, flop = ledger.samples("training_flop"), ledger.totals["training_flop"]
    if drawn is None or flop is None:
        raise InsufficientError(f"the training compute of {ledger.scenario.name} is not known: state workload.flop")
    return drawn, flop


def _threshold(name: str, what: str, own: Array, limit: Array) -> Threshold:
    drawn = own / limit
    ratio = total(drawn)
    return Threshold(
        name=name,
        what=what,
        threshold_flop=float(limit[0]),
        ratio=ratio.value,
        ratio_low=ratio.low,
        ratio_high=ratio.high,
        reached=ratio.value > 1,
        probability=float(np.mean(drawn[1:] > 1)) if len(drawn) > 1 else None,
    )


def document(found: Standing) -> dict[str, Any]:
    """The standing as plain data, schema ``thirdwatt/gpai/1``."""
    return {"schema": "thirdwatt/gpai/1", **asdict(found)}


def text(found: Standing, columns: int = WIDTH) -> str:
    """The standing in a few lines."""
    return "\n".join(_lines(found, columns)) + "\n"


def _lines(found: Standing, columns: int) -> Iterator[str]:
    flop = sized(Total(found.training_flop, found.low, found.high), "FLOP")
    yield from textwrap.wrap(f"{found.name}: {flop} of training", columns, subsequent_indent=" " * 9)
    for each in found.thresholds:
        odds = "" if each.probability is None else f"; reached in {percent(each.probability)} of draws"
        ratio = sized(Total(each.ratio, each.ratio_low, each.ratio_high), "")
        line = (
            f"{'REACHED' if each.reached else 'below':8} {number(each.threshold_flop)} FLOP, {each.what}: "
            f"{ratio} times it{odds}"
        )
        yield from textwrap.wrap(line, columns, subsequent_indent=" " * 9)
    yield from textwrap.wrap(
        "Thresholds of Regulation (EU) 2024/1689 and the Commission's guidelines of 2025; compute of development runs "
        "and of synthetic data counts too if it was spent. Arithmetic, not legal advice.",
        columns,
    )
