"""A ledger held against a budget: each figure beside its limit, by its value or by a quantile of its draws."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from thirdwatt.amounts import amount
from thirdwatt.ledger import Ledger
from thirdwatt.ledger.ledger import ACCOUNTED
from thirdwatt.ledger.samples import Array
from thirdwatt.report import gpai_check
from thirdwatt.report.phrases import terms
from thirdwatt.report.text import WIDTH
from thirdwatt.scenario import InsufficientError


@dataclass(frozen=True, slots=True)
class Result:
    """How one figure stands to its limit, and the share of draws that are over it."""

    quantity: str
    unit: str
    limit: float
    compared: float
    over: bool
    probability_over: float | None


@dataclass(frozen=True, slots=True)
class Budget:
    """Every figure that has a limit; ``confidence`` is the quantile that is compared, ``None`` for the value."""

    name: str
    boundary: str
    confidence: float | None
    results: tuple[Result, ...]

    @property
    def over(self) -> bool:
        """Whether any limit is exceeded."""
        return any(result.over for result in self.results)


def held(ledger: Ledger, limits: Mapping[str, float], confidence: float | None = None) -> Budget:
    """Hold a ledger against limits.

    Parameters
    ----------
    limits
        The most that an account may come to, by its name.
    confidence
        Quantile of the draws that is compared in place of the value; it needs a ledger with draws.

    Raises
    ------
    InsufficientError
        If a figure that has a limit cannot be told.
    """
    results = tuple(_result(ledger, name, limit, confidence) for name, limit in limits.items())
    return Budget(ledger.scenario.name, ledger.boundary, confidence, results)


def _result(ledger: Ledger, name: str, limit: float, confidence: float | None) -> Result:
    account = ACCOUNTED[name]
    drawn = ledger.samples(account.quantity)
    if drawn is None:
        raise InsufficientError(f"no {account.title} of {ledger.scenario.name}: {_lacking(ledger, name)}")
    compared = _compared(drawn, confidence)
    chance = float(np.mean(drawn[1:] > limit)) if len(drawn) > 1 else None
    return Result(name, account.unit, limit, compared, compared > limit, chance)


def _compared(drawn: Array, confidence: float | None) -> float:
    """The value, column 0, or a quantile of the draws behind it."""
    return float(drawn[0] if confidence is None else np.quantile(drawn[1:], confidence))


def _lacking(ledger: Ledger, name: str) -> str:
    """What is missing for a figure, and what to state."""
    wanted = ledger.lacking(ACCOUNTED[name].quantity)
    state = f"state {', '.join(wanted)} or known.{name}" if wanted else f"state known.{name}"
    return f"{terms(ledger)}; {state}" if name == "cost_usd" else state


def document(found: Budget, standing: gpai_check.Standing | None = None) -> dict[str, Any]:
    """The budget as plain data, schema ``thirdwatt/check/1``, with a standing beside it if there is one."""
    both = {} if standing is None else {"gpai": asdict(standing)}
    return {
        "schema": "thirdwatt/check/1",
        "name": found.name,
        "boundary": found.boundary,
        "confidence": found.confidence,
        "over": found.over,
        "results": [asdict(row) for row in found.results],
        **both,
    }


def text(found: Budget, columns: int = WIDTH) -> str:
    """One line a limit."""
    return "\n".join(_lines(found, columns)) + "\n"


def _lines(found: Budget, columns: int) -> Iterator[str]:
    what = "value" if found.confidence is None else f"{found.confidence:.0%} quantile"
    for row in found.results:
        odds = "" if row.probability_over is None else f"; {row.probability_over:.0%} of draws are over"
        line = (
            f"{'OVER' if row.over else 'ok':5}{row.quantity}: {what} {amount(row.compared, row.unit)}, "
            f"limit {amount(row.limit, row.unit)}{odds}"
        )
        yield from textwrap.wrap(line, columns, subsequent_indent=" " * 5)
