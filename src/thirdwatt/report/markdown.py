"""The ledger as Markdown: for a README, an issue, a paper's appendix."""

from __future__ import annotations

from collections.abc import Iterator

from thirdwatt.amounts import amount, percent, span, unit_to_read
from thirdwatt.ledger import Ledger
from thirdwatt.ledger.development import development
from thirdwatt.ledger.document import cited, locate
from thirdwatt.ledger.ledger import ACCOUNTED
from thirdwatt.report.development import markdown as told
from thirdwatt.report.formats.markup import clean, markdown
from thirdwatt.report.phrases import component_column, difference, headline, measure, signature
from thirdwatt.report.steps import sentences


def _cell(text: str) -> str:
    return markdown(clean(text))


def _sources(source: str) -> str:
    """Every source of a figure; each is cut by itself, so that none is lost."""
    return "; ".join(_cell(locate(each)) for each in cited(source))


def estimate(ledger: Ledger) -> str:
    """Totals, components, inputs and notes as tables."""
    return "\n".join(_lines(ledger)) + "\n"


def _lines(ledger: Ledger) -> Iterator[str]:
    yield f"## {_cell(ledger.scenario.title or ledger.scenario.name)}"
    yield ""
    yield f"**{headline(ledger)}**, boundary: {ledger.boundary}. {difference(ledger)}"
    yield ""
    yield "| total | value | 90 % interval |"
    yield "|---|---:|---:|"
    for name, total in ledger.totals.items():
        found = measure(ledger, total, unit_to_read(name))
        yield f"| {name} | {found.value} | {found.interval} |"
    yield ""
    for said in sentences(ledger):
        yield _cell(said)
        yield ""
    columns = [component_column(ledger, account) for account in ACCOUNTED.values()]
    heads = " | ".join(head for head, _ in columns)
    yield f"| component (whole facility) | {heads} | power share | quadrant | essay |"
    yield f"|---|{'---:|' * len(columns)}---:|---|---|"
    for number, row in enumerate(ledger.components):
        cells = " | ".join(cells[number] for _, cells in columns)
        yield (
            f"| {row.name} | {cells} | {percent(row.power_share)} "
            f"| {row.quadrant or ''} | {row.reference_quadrant or ''} |"
        )
    yield ""
    yield "Values and parts add up; lows and highs do not."
    project = development(ledger)
    if project is not None:
        yield from told(ledger, project)
    yield ""
    yield "| rests on | value | range | kind | source | share of variance |"
    yield "|---|---:|---:|---|---|---:|"
    for leaf in ledger.inputs:
        figure, symbol = leaf.figure, unit_to_read(leaf.quantity)
        share = "" if leaf.spread_share is None else percent(leaf.spread_share)
        certain = figure.low == figure.high
        spread = "" if certain else span(figure.low, figure.high, symbol, figure.value)
        yield (
            f"| {leaf.quantity} | {amount(figure.value, symbol, 6 if certain else 3)} | {spread} "
            f"| {figure.kind} | {_sources(figure.source)} | {share} |"
        )
    for warning in ledger.warnings:
        yield ""
        yield f"Note ({warning.code}): {_cell(warning.text)}"
    yield ""
    yield f"{signature(ledger)}."
