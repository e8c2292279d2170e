"""Tables of a ledger for a paper: totals and components, with booktabs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from thirdwatt.amounts import percent, scale
from thirdwatt.ledger import Ledger, Total
from thirdwatt.ledger.ledger import ACCOUNTED, WITHIN, Account
from thirdwatt.report.formats import markup
from thirdwatt.report.phrases import (
    LEFT_OUT,
    UNKNOWN,
    location,
    notes,
    rests_on,
    rows,
    signature,
    title,
)

COLUMNS = ("energy_kwh", "carbon_kg", "cost_usd")
"""Accounts in the table of components: as many as fit a page with their intervals."""

DIGITS = 3
"""Significant digits of the largest component."""


def latex(ledger: Ledger) -> str:
    r"""Both tables; ``\usepackage{booktabs}`` is all they need."""
    return "\n".join([*_head(ledger), *_totals(ledger), "", *_components(ledger)]) + "\n"


def _head(ledger: Ledger) -> Iterator[str]:
    yield f"% {signature(ledger)}; needs \\usepackage{{booktabs}}"
    for note in notes(ledger):
        yield f"% note: {note}"


def _row(*cells: str) -> str:
    return f"{' & '.join(map(markup.latex, cells))} \\\\"


def _totals(ledger: Ledger) -> Iterator[str]:
    here = WITHIN[ledger.boundary]
    caption = (
        f"Estimated cost of the training run: {title(ledger)}. Boundary {here.name}: {here.takes_in}. Location-based "
        f"and market-based carbon are never added. {LEFT_OUT} Rests on {rests_on(ledger)} ({signature(ledger)})."
    )
    body = [(row.name, row.measure.value, row.measure.interval, row.boundary, row.basis) for row in rows(ledger)]
    heads = ("", "value", "90 % interval", "boundary", "basis")
    yield from _table(caption, "tab:thirdwatt-totals", r"lrrlp{0.3\linewidth}", (heads,), body)


def _components(ledger: Ledger) -> Iterator[str]:
    found = ledger.components
    if not found:
        yield f"% energy by component: {UNKNOWN}"
        return
    accounts = [ACCOUNTED[name] for name in COLUMNS]
    columns = [_column(ledger, [row.accounts[account.name] for row in found], account) for account in accounts]
    heads = ("component", *(account.head for account in accounts), "share of energy")
    units = ("", *(unit for unit, _ in columns), "")
    body = [
        (row.name.replace("_", " "), *(cells[place] for _, cells in columns), percent(row.power_share))
        for place, row in enumerate(found)
    ]
    interval = "in brackets 90 % intervals" if ledger.scores.width > 1 else "no intervals drawn"
    caption = (
        f"Components of the training run ({title(ledger)}), whole facility, {interval}. Carbon is location-based: "
        f"{location(ledger)}. Values add up before rounding, ends of intervals do not ({signature(ledger)})."
    )
    yield from _table(caption, "tab:thirdwatt-components", "lrrrr", (heads, units), body)


def _column(ledger: Ledger, totals: Sequence[Total | None], account: Account) -> tuple[str, list[str]]:
    """Unit and cells of an account of all components: one unit and as many decimals, so that they can be compared."""
    largest = max((total.value for total in totals if total is not None), default=0.0)
    factor, unit = scale([largest], account.unit)
    decimals = max(0, DIGITS - len(str(int(largest / factor))))
    cells = [UNKNOWN if total is None else _cell(ledger, total, factor, decimals) for total in totals]
    return f"{unit}{account.after}", cells


def _cell(ledger: Ledger, total: Total, factor: float, decimals: int) -> str:
    value, low, high = (_decimal(each / factor, decimals) for each in (total.value, total.low, total.high))
    return value if ledger.scores.width == 1 or total.low == total.high else f"{value} ({low} to {high})"


def _decimal(value: float, decimals: int) -> str:
    least = 10.0**-decimals
    return f"<{least:g}" if 0 < value < least / 2 else f"{value:,.{decimals}f}"


def _table(
    caption: str, label: str, columns: str, heads: Sequence[Sequence[str]], body: Sequence[Sequence[str]]
) -> Iterator[str]:
    yield r"\begin{table}"
    yield r"\centering\footnotesize"
    yield f"\\caption{{{markup.latex(caption)}}}"
    yield f"\\label{{{label}}}"
    yield f"\\begin{{tabular}}{{{columns}}}"
    yield r"\toprule"
    yield from (_row(*head) for head in heads)
    yield r"\midrule"
    yield from (_row(*line) for line in body)
    yield r"\bottomrule"
    yield r"\end{tabular}"
    yield r"\end{table}"
