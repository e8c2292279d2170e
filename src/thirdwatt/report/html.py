"""The report as one page: self-contained, without scripts or requests, fit for print."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import thirdwatt
from thirdwatt.amounts import amount, percent, plain, span, unit_to_read
from thirdwatt.facts import digest, sources
from thirdwatt.facts.prices import today
from thirdwatt.facts.scopes import ESRS
from thirdwatt.ledger import Ledger, Total
from thirdwatt.ledger.development import development
from thirdwatt.ledger.ledger import ACCOUNTED, WITHIN, Account
from thirdwatt.report.charts import charts
from thirdwatt.report.comparison import SHOWN, converted, ratio
from thirdwatt.report.development import Sheet, accounts, expected, failures, meaning, others, summary
from thirdwatt.report.phrases import (
    UNKNOWN,
    basis,
    citation,
    column,
    component_column,
    difference,
    headline,
    located,
    measure,
    readable,
    sized,
    tested,
    used,
)
from thirdwatt.report.steps import buckets, sentences


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure of the headline."""

    name: str
    value: str
    interval: str
    basis: str


def page(ledger: Ledger, against: Ledger | None = None) -> str:
    """The report of a ledger as HTML, beside another ledger if there is one.

    Notes
    -----
    The other ledger is shown at this one's boundary; where that is not its own, the page says so.
    The date is today's, or that of ``SOURCE_DATE_EPOCH``; otherwise the same ledger gives the same bytes.
    """
    other = None if against is None else against.within(ledger.boundary)
    drawn = charts(ledger, other)
    rendered: str = template("report.html.j2").render(
        title=ledger.scenario.title or ledger.scenario.name,
        name=ledger.scenario.name,
        note=ledger.scenario.note,
        headline=headline(ledger),
        difference=difference(ledger),
        boundary=ledger.boundary,
        included=WITHIN[ledger.boundary].takes_in,
        date=today().isoformat(),
        version=thirdwatt.__version__,
        digest=digest(),
        seed=ledger.scores.seed,
        samples=ledger.scores.samples,
        assumed=None if ledger.assumed_share is None else percent(ledger.assumed_share),
        tiles=tiles(ledger),
        charts=[(chart, chart.svg()) for chart in drawn],
        against=None if other is None else _beside(other, ledger),
        converted="" if against is None else converted(against, ledger.boundary),
        development=_development(ledger),
        duties=_duties(ledger),
        totals=_totals(ledger),
        step=sentences(ledger),
        buckets=buckets(ledger),
        components=_components(ledger),
        equivalents=readable(ledger.equivalents(), 6),
        plain=plain,
        tested=tested(ledger),
        inputs=_inputs(ledger),
        ways=_ways(ledger),
        sources=_sources(ledger),
        warnings=ledger.warnings,
        choices=_choices(ledger),
        appendix=json.dumps(ledger.to_dict(), ensure_ascii=False, allow_nan=False),
        cite=citation(ledger),
    )
    return rendered


def template(name: str) -> Any:
    """A page's template; pages share their head, their looks and how they show a chart."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_source),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breakable"] = _breakable
    return environment.get_template(name)


def _source(name: str) -> str:
    from importlib import resources

    return resources.files("thirdwatt.report").joinpath("templates", name).read_text(encoding="utf-8")


def _breakable(name: str) -> Any:
    """A name that may be broken after its underscores."""
    from markupsafe import Markup, escape

    return Markup("_<wbr>").join(map(escape, name.split("_")))


def tiles(ledger: Ledger) -> list[Tile]:
    """Energy, cost, carbon by both accounts, water and time; what is not known says so."""
    accounts = [
        _tile(account.title, ledger.totals[account.name], account.unit, _tile_basis(ledger, account))
        for account in ACCOUNTED.values()
    ]
    return [
        *accounts,
        _tile("time", ledger.totals["wall_time_h"], "h", _hours(ledger.totals["accelerator_hours"])),
    ]


def _tile_basis(ledger: Ledger, account: Account) -> str:
    """The basis of an account in as many words as a tile has room for."""
    choices = ledger.scenario.choices
    short = {
        "energy_kwh": f"boundary {ledger.boundary}",
        "carbon_kg": f"{choices['region']}, {choices['basis']}",
        "embodied_kg": "share of making the machines",
    }
    return short.get(account.name) or basis(ledger, account)


def _hours(hours: Total | None) -> str:
    return "" if hours is None else f"{plain(hours.value)} accelerator hours"


def _tile(name: str, total: Total | None, unit: str, basis: str) -> Tile:
    found = sized(total, unit)
    return Tile(name, found.value, found.interval if found.ends else "", basis)


def _totals(ledger: Ledger) -> list[tuple[str, str, str]]:
    found = {name: measure(ledger, total, unit_to_read(name)) for name, total in ledger.totals.items()}
    return [(name, each.value, each.interval) for name, each in found.items()]


def _beside(other: Ledger, ledger: Ledger) -> tuple[str, list[tuple[str, ...]]]:
    """Name of another ledger, and each total of both with the interval of their ratio over paired draws."""
    rows: list[tuple[str, ...]] = []
    for name in SHOWN:
        one, two, relative = other.totals[name], ledger.totals[name], ratio(other, ledger, name)
        symbol = unit_to_read(name)
        beside = column([None if each is None else each.value for each in (one, two)], symbol)
        said = [UNKNOWN if each is None else beside.amount(each.value) for each in (one, two)]
        if relative is None:
            rows.append((name, *said, "not compared", ""))
            continue
        three = relative.ratio
        less = "" if relative.less is None else percent(relative.less)
        rows.append((name, *said, f"{plain(three.value)} ({plain(three.low)} to {plain(three.high)})", less))
    return other.scenario.name, rows


def _development(ledger: Ledger) -> tuple[tuple[str, ...], tuple[Sheet, ...]] | None:
    """Sentences and tables of development, if it was asked for; its parts are the table of a chart."""
    found = development(ledger)
    if found is None:
        return None
    said = (summary(found), f"{expected(ledger, found)} {meaning()}")
    return said, (accounts(found), failures(ledger, found), others(found))


def _duties(ledger: Ledger) -> list[tuple[str, str, str]]:
    """Where the figures stand in the European reporting standards."""
    rows = []
    for name, datapoint in ESRS[ledger.scenario.choices["tenure"]].items():
        found = ledger.totals[name] if name in ledger.totals else ledger.of(name)
        if found is not None:
            rows.append((name, datapoint, amount(found.value, unit_to_read(name))))
    return rows


def _components(ledger: Ledger) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Heads and rows of the table of components."""
    columns = [component_column(ledger, account) for account in ACCOUNTED.values()]
    heads = ("component", *(head for head, _ in columns), "electricity stands in", "embodied stands in")
    rows = [
        (row.name.replace("_", " "), *(cells[number] for _, cells in columns), row.scope, row.embodied_scope)
        for number, row in enumerate(ledger.components)
    ]
    return heads, rows


def _inputs(ledger: Ledger) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for row in ledger.inputs:
        figure, symbol = row.figure, unit_to_read(row.quantity)
        value = amount(figure.value, symbol, 6)
        if figure.spread:
            value += f" ({span(figure.low, figure.high, symbol, figure.value)})"
        read = f"read {figure.retrieved}" if figure.retrieved else ""
        source = " · ".join(filter(None, (located(figure.source), figure.note, read)))
        share = "" if row.spread_share is None else percent(row.spread_share)
        rows.append((row.quantity, value, figure.kind, source, share))
    return rows


def _ways(ledger: Ledger) -> list[tuple[str, str, str]]:
    """Every formula that was used: quantity, what it says, where it stands."""
    return [(name, formula.meaning, formula.where) for name, formula in sorted(ledger.program.plan.chosen.items())]


def _choices(ledger: Ledger) -> dict[str, str]:
    """Choices by name; an option that nobody stated is said as everything is that is not known."""
    chosen = sorted(ledger.scenario.choices.items())
    return {name: UNKNOWN if choice == "unknown" else choice for name, choice in chosen}


def _sources(ledger: Ledger) -> list[tuple[str, str, str, str]]:
    known = [sources()[name] for name in sorted(used(ledger)) if name in sources()]
    return [(found["title"], found["year"], found["locator"], found["licence"]) for found in known]
